"""The values every part of touchline speaks: events, timelines, scores, coverage, video information.

Times are integer microseconds from the first shown frame; spans are half-open, ``[start_us, end_us)``.
Each value checks itself when made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Event:
    """A label at a time: a point (``end_us`` is None) or an interval.

    Attributes:
        label: what happened, e.g. ``"PASS"``.
        start_us: microseconds from the first shown frame, >= 0.
        end_us: end of an interval, > start_us; None for a point.
        confidence: 0 to 1; truth has 1.
        team: ``"left"``, ``"right"``, a name, or None when unknown.
        player: an identifier, or None when unknown.
        half: the half of the match, from 1; a plain video is half 1.
        visible: SoccerNet's visibility; False for "not shown".
        source: where it came from: a model's name, ``"truth"``, ``"review"``.
        extra: anything a format carries that has no field here.

    """

    label: str
    start_us: int
    end_us: int | None = None
    confidence: float = 1.0
    team: str | None = None
    player: str | None = None
    half: int = 1
    visible: bool = True
    source: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.label:
            raise ValueError(f"label={self.label!r} is empty; every event needs a label")
        if self.start_us < 0:
            raise ValueError(f"start_us={self.start_us} is negative; times count from the first shown frame")
        if self.end_us is not None and self.end_us <= self.start_us:
            raise ValueError(f"end_us={self.end_us} must be after start_us={self.start_us}; use None for a point")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence={self.confidence} is outside 0 to 1")
        if self.half < 1:
            raise ValueError(f"half={self.half} must be 1 or more")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of one video, ordered by half, time and label."""

    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.events, key=lambda e: (e.half, e.start_us, e.label, -e.confidence))
        object.__setattr__(self, "events", tuple(ordered))

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, sorted."""
        return tuple(sorted({event.label for event in self.events}))


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of a video that could not be analysed, and why."""

    start_us: int
    end_us: int
    reason: str

    def __post_init__(self) -> None:
        if not 0 <= self.start_us <= self.end_us:
            raise ValueError(f"gap [{self.start_us}, {self.end_us}) us is not a span from 0 on")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which span of a video was really analysed, and which parts of it were lost.

    Attributes:
        duration_us: what the video should span, as far as it is known.
        frames_decoded: frames that came out of the decoder.
        packets_skipped: damaged packets that were passed over.
        gaps: the lost spans, in order.
        repairs: what was mended on the way, in words (timestamps made monotonic, ...).

    """

    duration_us: int
    frames_decoded: int
    packets_skipped: int = 0
    gaps: tuple[Gap, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def lost_us(self) -> int:
        """Microseconds lost in gaps."""
        return sum(gap.end_us - gap.start_us for gap in self.gaps)

    @property
    def complete(self) -> bool:
        """Whether nothing was lost."""
        return not self.gaps and self.packets_skipped == 0


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a media file says of itself; trust decoding over this for counts and duration.

    Attributes:
        path: the file.
        width, height: of the upright, square-pixel picture as shown (after rotation and aspect).
        fps: average frame rate, 0.0 if unknown.
        duration_us: as the container states it, 0 if unknown.
        start_us: presentation time of the first shown frame on the source's own clock.
        rotation_deg: clockwise rotation that was applied to show it upright: 0, 90, 180 or 270.
        codec, pixel_format: names as FFmpeg has them.
        has_audio: whether a sound stream exists.
        stream_index: which video stream was taken.
        notes: remarks a user should hear (two video streams, interlaced, ...).

    """

    path: Path
    width: int
    height: int
    fps: float
    duration_us: int
    start_us: int = 0
    rotation_deg: int = 0
    codec: str = ""
    pixel_format: str = ""
    has_audio: bool = False
    stream_index: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"picture size {self.width}x{self.height} is not positive")
        if self.rotation_deg not in (0, 90, 180, 270):
            raise ValueError(f"rotation_deg={self.rotation_deg} must be 0, 90, 180 or 270")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The dense per-class confidence curve behind a timeline.

    Attributes:
        values: float32 (samples, classes), 0 to 1.
        times_us: int64 (samples,), strictly increasing.
        labels: the class names, in column order.

    """

    values: npt.NDArray[np.float32]
    times_us: npt.NDArray[np.int64]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape != (len(self.times_us), len(self.labels)):
            raise ValueError(
                f"scores of shape {self.values.shape} do not fit "
                f"{len(self.times_us)} times and {len(self.labels)} labels"
            )
        if len(self.times_us) > 1 and not bool(np.all(np.diff(self.times_us) > 0)):
            raise ValueError("times_us of scores must increase strictly")

    def __len__(self) -> int:
        return len(self.times_us)


def merge_timelines(timelines: Iterable[Timeline]) -> Timeline:
    """One timeline with the events of several."""
    return Timeline(tuple(event for timeline in timelines for event in timeline))
