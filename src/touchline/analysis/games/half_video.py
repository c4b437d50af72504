"""The video of one half of a game."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from touchline.core.events import VideoInfo
from touchline.formats.soccernet.video_ini import HalfSpan


@dataclass(frozen=True, slots=True)
class HalfVideo:
    """The video of one half.

    Attributes:
        half: 1 or 2.
        path: the video.
        info: its properties; None if it cannot be read.
        span: the half in an untrimmed video, whose start is 0 on the clock of labels; None if the video is trimmed.

    """

    half: int
    path: Path
    info: VideoInfo | None = None
    span: HalfSpan | None = None

    @property
    def duration_us(self) -> int:
        """Duration of the video, microseconds; 0 if unknown."""
        return 0 if self.info is None else self.info.duration_us
