"""Events, timelines, scores, coverage and video information.

Times are integer microseconds from the first shown frame; spans are half-open, ``[start_us, end_us)``.
Each value is validated on construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt

LATEST_US = 1 << 53
"""Latest time that an event can have: 285 years; every program reads integers up to here without loss."""

MAX_HALF = 1 << 31
"""Largest number of a half."""


@dataclass(frozen=True, slots=True)
class Event:
    """A label at a point in time (``end_us`` is None) or over an interval.

    Attributes:
        label: class name, e.g. ``"PASS"``.
        start_us: microseconds from the first shown frame, >= 0.
        end_us: end of an interval, > start_us; None for a point.
        confidence: 0 to 1; ground truth has 1.
        team: ``"left"``, ``"right"`` or a name; None if unknown.
        player: an identifier; None if unknown.
        half: half of the match, from 1; a plain video is half 1.
        visible: SoccerNet's visibility; False for "not shown".
        source: origin of the event: a model's name, ``"truth"`` or ``"review"``.
        extra: values of a file format that have no field here.

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
        if max(self.start_us, self.end_us or 0) > LATEST_US:
            raise ValueError(f"start_us={self.start_us:.6g} to end_us={self.end_us or 0:.6g} is beyond {LATEST_US} us")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence={self.confidence} is outside 0 to 1")
        if not 1 <= self.half <= MAX_HALF:
            raise ValueError(f"half={str(self.half)[:20]} must be 1 or more")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of one video, sorted by half, time and label."""

    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "events", _in_order(self.events))

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct labels, sorted."""
        return tuple(sorted({event.label for event in self.events}))

    def of_half(self, half: int) -> Timeline:
        """Return the same events as events of one half of the match."""
        if all(event.half == half for event in self.events):
            return self
        return Timeline(tuple(replace(event, half=half) for event in self.events))


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return events by half, time and label, the most confident first; key by key, so that no key is held for each."""
    found = tuple(events)
    if all(map(_follows, found[1:], found)):
        return found
    ordered = sorted(found, key=attrgetter("confidence"), reverse=True)
    for name in ("label", "start_us", "half"):
        ordered.sort(key=attrgetter(name))
    return tuple(ordered)


def _follows(event: Event, former: Event) -> bool:
    """Return whether an event may stand after another one."""
    if event.half != former.half:
        return event.half > former.half
    if event.start_us != former.start_us:
        return event.start_us > former.start_us
    if event.label != former.label:
        return event.label > former.label
    return event.confidence <= former.confidence


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of a video that could not be analysed, or is doubtful, and the reason."""

    start_us: int
    end_us: int
    reason: str

    def __post_init__(self) -> None:
        if not 0 <= self.start_us <= self.end_us <= LATEST_US:
            raise ValueError(f"gap [{self.start_us}, {self.end_us}) us must satisfy 0 <= start <= end")


@dataclass(frozen=True, slots=True)
class Coverage:
    """The analysed span of a video and the parts of it that were lost.

    Attributes:
        duration_us: expected duration of the video, as well as it is known.
        frames_decoded: number of decoded frames.
        packets_skipped: number of damaged packets that were skipped.
        gaps: lost spans, in order.
        repairs: repairs made while decoding, in words (timestamps made monotonic, ...).
        doubtful: spans, in order, whose pictures were decoded but may be wrong: from a damaged picture to the next
            key frame, pictures are made from it.

    """

    duration_us: int
    frames_decoded: int
    packets_skipped: int = 0
    gaps: tuple[Gap, ...] = ()
    repairs: tuple[str, ...] = ()
    doubtful: tuple[Gap, ...] = ()

    @property
    def lost_us(self) -> int:
        """Total duration of the gaps, microseconds."""
        return sum(gap.end_us - gap.start_us for gap in self.gaps)

    @property
    def doubtful_us(self) -> int:
        """Total duration of the doubtful spans, microseconds."""
        return sum(gap.end_us - gap.start_us for gap in self.doubtful)

    @property
    def complete(self) -> bool:
        """Whether nothing was lost and nothing is doubtful."""
        return not self.gaps and not self.doubtful and self.packets_skipped == 0


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The properties of a media file as its header states them; decoding is more reliable for counts and duration.

    Attributes:
        path: the media file.
        width, height: size of the upright, square-pixel picture as shown (after rotation and aspect), pixels.
        fps: average frame rate, 0.0 if unknown.
        duration_us: duration stated by the container, 0 if unknown.
        start_us: presentation time of the first shown frame on the source's own clock.
        rotation_deg: clockwise rotation that was applied to show it upright: 0, 90, 180 or 270.
        codec, pixel_format: FFmpeg's names.
        has_audio: whether the file has an audio stream.
        stream_index: index of the chosen video stream.
        notes: remarks for the user (two video streams, interlaced, ...).

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
            raise ValueError(f"picture size {self.width}x{self.height} must be positive")
        if self.rotation_deg not in (0, 90, 180, 270):
            raise ValueError(f"rotation_deg={self.rotation_deg} must be 0, 90, 180 or 270")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The dense per-class confidence curve behind a timeline.

    Attributes:
        values: float32 (samples, classes), 0 to 1.
        times_us: int64 (samples,), strictly increasing.
        labels: class names, in column order.

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
