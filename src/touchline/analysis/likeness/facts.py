"""Facts about a video: what its pictures look like, how they move, and who is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from touchline.analysis.likeness.look import Look, look_of
from touchline.core.arrays import Bools, Floats32, Floats64, Indices
from touchline.core.events import VideoInfo
from touchline.core.tracks import BALL, DETECTION_LABELS, Shot
from touchline.formats.boxes.arrow_columns import numbers_of, which_say
from touchline.formats.boxes.tracks_parquet import read_track_columns
from touchline.media.frame import Frame

ANALYSED_WIDTH = 1280
"""Width in pixels at which heights of people are given: that of the built-in detector's input."""
DECIMALS = 4
_THUMB = (160, 90)
_STILL_LUMA, _STILL_SHARE = 8, 0.001
"""Two pictures are the same, but for compression, if no larger share of their pixels differs by more than this."""
_CAMERA_PX = 0.25
"""Shift of the picture in pixels of a width of 160 from which the camera moved."""
_CUT = 25.0
"""Mean difference of luma, of 255, above which two pictures belong to different shots."""


class PictureFacts:
    """A collector of facts from pictures half a second apart, in bounded memory."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self._changed: list[bool] = []
        self._moved: list[bool] = []
        self._before: Floats32 | None = None

    def add(self, frame: Frame) -> None:
        """Add the next picture."""
        self.looks.append(look_of(frame.to_rgb()))
        thumb = cv2.resize(frame.luma, _THUMB, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._before is not None:
            difference = np.abs(thumb - self._before)
            self._changed.append(float((difference > _STILL_LUMA).mean()) > _STILL_SHARE)
            if difference.mean() < _CUT:
                shift, _ = cv2.phaseCorrelate(self._before, thumb.copy(), _window())  # it overwrites both
                self._moved.append(bool(np.hypot(*shift) > _CAMERA_PX))
        self._before = thumb

    def values(self) -> dict[str, float]:
        """Return the facts by name: medians over the pictures, and shares of the steps between them."""
        values = medians([asdict(look) for look in self.looks])
        if self._changed:
            values["changing"] = float(np.mean(self._changed))
        if self._moved:
            values["camera_moves"] = float(np.mean(self._moved))
        return rounded(values)


def _window() -> Floats32:
    return cv2.createHanningWindow(_THUMB, cv2.CV_32F)  # type: ignore[return-value]


def medians(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of every value over rows that all have it."""
    return {name: float(np.median([row[name] for row in rows])) for name in (rows[0] if rows else ())}


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Return values with four decimals, as they are stored."""
    return {name: round(value, DECIMALS) for name, value in values.items()}


def facts_of_file(info: VideoInfo) -> dict[str, float]:
    """Return the facts that a video's header gives: width, aspect and frame rate."""
    facts = {"width_px": float(info.width), "aspect": info.width / info.height}
    if info.fps > 0:
        facts["fps"] = float(info.fps)
    return rounded(facts)


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """The boxes of everyone and of the ball in a video, one row each.

    Attributes:
        ball: bool (n,), whether it is the ball's.
        times_us: int64 (n,).
        heights_px: float64 (n,), in the video's own pixels.
        observed: bool (n,), False where a box was filled in between detections.

    """

    ball: Bools
    times_us: Indices
    heights_px: Floats64
    observed: Bools


def read_boxes(tracks: Path) -> Boxes:
    """Read the boxes of a bundle's ``tracks.parquet``.

    Raises:
        InputError: the file is missing or broken.

    """
    table = read_track_columns(tracks, columns=["label", "time_us", "y0", "y1", "observed"])
    times, top, bottom, observed = (numbers_of(table[name]) for name in ("time_us", "y0", "y1", "observed"))
    ball = which_say(table["label"], DETECTION_LABELS[BALL])
    return Boxes(ball, times, (bottom - top).astype(np.float64), observed.astype(np.bool_))


def facts_of_boxes(boxes: Boxes, *, shots: Sequence[Shot], width: int) -> dict[str, float]:
    """Return the facts about people, ball and camera shots; shares are of the pictures in which anybody is tracked.

    Args:
        boxes: everyone's boxes.
        shots: the camera shots.
        width: width of the video, pixels.

    """
    times, where = np.unique(boxes.times_us, return_inverse=True)
    people = ~boxes.ball
    counts = np.bincount(where[people], minlength=len(times))
    facts = {"wide": wide_share(shots), "pitch": pitch_share(shots)}
    facts["people"] = float(np.median(counts)) if len(times) else 0.0
    if people.any():
        facts["person_px"] = float(np.median(boxes.heights_px[people])) * ANALYSED_WIDTH / width
    found = np.unique(where[boxes.ball & boxes.observed])
    facts["ball"] = len(found) / len(times) if len(times) else 0.0
    return rounded(facts)


def wide_share(shots: Sequence[Shot]) -> float:
    """Return the share of the time that wide shots take."""
    whole = sum(shot.end_us - shot.start_us for shot in shots)
    return sum(shot.end_us - shot.start_us for shot in shots if shot.wide) / whole if whole else 0.0


def pitch_share(shots: Sequence[Shot]) -> float:
    """Return the share of the time in which the lines of the pitch were recognised."""
    whole = sum(shot.end_us - shot.start_us for shot in shots)
    return sum((shot.end_us - shot.start_us) * shot.pitch for shot in shots) / whole if whole else 0.0
