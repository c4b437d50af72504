"""How thoroughly a video is looked at: presets that trade accuracy for time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SpeedName = Literal["fast", "balanced", "best"]


@dataclass(frozen=True, slots=True)
class Speed:
    """A preset of what costs most: the networks that look at pictures to track people and the ball.

    Attributes:
        name: its name on the command line.
        fps: pictures analysed per second of video, where the video has that many; of all of these the camera's motion
            and the cuts are found.
        detect_every: people and the ball are looked for in every this many of them.
        detector_size: width and height to which a picture is scaled for the built-in detector; None for its own.
        pitch_every: the pitch is searched for in every this many of those.

    """

    name: SpeedName
    fps: float
    detect_every: int
    detector_size: tuple[int, int] | None
    pitch_every: int


FAST = Speed("fast", fps=6.25, detect_every=1, detector_size=(960, 544), pitch_every=4)
BALANCED = Speed("balanced", fps=12.5, detect_every=2, detector_size=(1120, 640), pitch_every=3)
BEST = Speed("best", fps=12.5, detect_every=1, detector_size=None, pitch_every=3)
SPEEDS: dict[SpeedName, Speed] = {speed.name: speed for speed in (FAST, BALANCED, BEST)}
DEFAULT_SPEED: SpeedName = "best"
