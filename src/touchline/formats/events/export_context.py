"""What a writer of events may need besides the events: facts about the video, colours and lead of labels, options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from touchline.core.clock import US_PER_S, exact_rate
from touchline.core.columns import IntArray
from touchline.core.errors import UsageError
from touchline.core.events import Event, VideoInfo
from touchline.core.frames import FrameClock

LEAD_US = LAG_US = 5 * US_PER_S
"""Time before and after a point, for formats that have intervals only."""

OWN_LEAD, OWN_LAG = "lead_us", "lag_us"
"""Keys of ``Event.extra``: lead and lag of this event alone, microseconds."""

PALETTE = (
    "#0068b5",
    "#cf4f00",
    "#00875f",
    "#b4418e",
    "#9a6b00",
    "#6b4fc0",
    "#007f8f",
    "#b3263d",
    "#5c7a00",
    "#7d5a3c",
    "#4a5b6e",
    "#a0109a",
    "#2b6e2b",
    "#8c3a00",
    "#31459c",
    "#a3475f",
)
"""Colours of labels that have none, in turn: those of the lanes of the report and the review tool."""

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class VideoFacts:
    """What is known about the video of a timeline; None where it is unknown.

    Attributes:
        path: the video file, which need not exist.
        duration_us: its duration.
        fps: its frame rate, exact (30000/1001, not 29.97).
        times_us: int64 (n,), presentation time of every frame, from 0; read before ``fps`` where both are known.
        width, height: size of the upright picture, pixels.
        has_audio: whether it has sound.

    """

    path: Path | None = None
    duration_us: int | None = None
    fps: Fraction | None = None
    times_us: IntArray | None = None
    width: int | None = None
    height: int | None = None
    has_audio: bool = False

    @classmethod
    def of(cls, info: VideoInfo, *, times_us: IntArray | None = None) -> VideoFacts:
        """Return the facts of an opened video."""
        return cls(
            path=info.path,
            duration_us=info.duration_us or None,
            fps=exact_rate(info.fps) if info.fps > 0 else None,
            times_us=times_us,
            width=info.width,
            height=info.height,
            has_audio=info.has_audio,
        )

    @property
    def name(self) -> str:
        """The file name of the video; empty if unknown."""
        return "" if self.path is None else self.path.name

    @property
    def rate(self) -> Fraction:
        """The frame rate, for a format that counts frames.

        Raises:
            UsageError: it is unknown.

        """
        if self.fps is None:
            raise UsageError("this format counts frames, and the frame rate of the video is not known; give --fps")
        return self.fps

    @property
    def frames(self) -> FrameClock:
        """The frames of the video: by their presentation times if these are known, otherwise by the rate.

        Raises:
            UsageError: neither frame times nor a frame rate are known.

        """
        times = self.times_us
        if self.fps is None and times is not None and len(times) > 1:
            return FrameClock(exact_rate(US_PER_S / float(np.median(np.diff(times)))), times)
        return FrameClock(self.rate, times if times is not None and len(times) else None)

    def frame_at(self, time_us: int) -> int:
        """Return the index of the frame that is nearest to a time; see :attr:`frames`."""
        return self.frames.index(time_us)

    def time_of(self, frame: int) -> int:
        """Return the presentation time of a frame, microseconds; see :attr:`frames`."""
        return self.frames.time_us(frame)


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How a label looks, and how much video belongs to a point of it.

    Attributes:
        name: the label.
        colour: ``"#rrggbb"``; None for one of :data:`PALETTE`.
        lead_us, lag_us: time before and after a point, microseconds; None for the default.

    """

    name: str
    colour: str | None = None
    lead_us: int | None = None
    lag_us: int | None = None


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the user chose.

    Attributes:
        lead_us, lag_us: time before and after a point, for formats with intervals only; None for the label's own.
        label_lead_us, label_lag_us: the same for single labels.
        integer_times: whether times are written in whole seconds, for tools that refuse others.
        columns: field -> column name, in order, for CSV; empty for touchline's own columns.
        step: distance of the frames that boxes are written for, in frames of the video.
        split: part of a data set that the video belongs to, such as ``"test"``; empty if it belongs to none.

    """

    lead_us: int | None = None
    lag_us: int | None = None
    label_lead_us: Mapping[str, int] = field(default_factory=lambda: _NONE)
    label_lag_us: Mapping[str, int] = field(default_factory=lambda: _NONE)
    integer_times: bool = False
    columns: Mapping[str, str] = field(default_factory=lambda: _NONE)
    step: int = 1
    split: str = ""


@dataclass(frozen=True, slots=True)
class ExportContext:
    """Everything that writers of events and boxes may use besides the events and boxes.

    Attributes:
        game: name of the game, or of the video.
        video: facts about the video.
        styles: label -> colour, lead and lag, in the order of the label set.
        options: what the user chose.
        teams: id of a team -> name.
        players: id of a player -> name.
        kept: parts of the file that was read which belong to no event, for the same format to write back.

    """

    game: str = ""
    video: VideoFacts = field(default_factory=VideoFacts)
    styles: Mapping[str, LabelStyle] = field(default_factory=lambda: _NONE)
    options: ExportOptions = field(default_factory=ExportOptions)
    teams: Mapping[str, str] = field(default_factory=lambda: _NONE)
    players: Mapping[str, str] = field(default_factory=lambda: _NONE)
    kept: Mapping[str, Any] = field(default_factory=lambda: _NONE)

    def lead_us(self, event: Event) -> int:
        """Return the time before a point: the event's own, else the user's, else the label's, else 5 s."""
        style = self.styles.get(event.label)
        chosen = self.options.label_lead_us.get(event.label, self.options.lead_us)
        return _first(event.extra.get(OWN_LEAD), chosen, style and style.lead_us, LEAD_US)

    def lag_us(self, event: Event) -> int:
        """Return the time after a point; see :meth:`lead_us`."""
        style = self.styles.get(event.label)
        chosen = self.options.label_lag_us.get(event.label, self.options.lag_us)
        return _first(event.extra.get(OWN_LAG), chosen, style and style.lag_us, LAG_US)

    def span_us(self, event: Event) -> tuple[int, int]:
        """Return the interval of an event; a point gets its lead and lag, cut at both ends of the video."""
        if event.end_us is not None:
            return event.start_us, event.end_us
        end_us = event.start_us + self.lag_us(event)
        if self.video.duration_us is not None:
            end_us = max(min(end_us, self.video.duration_us), event.start_us)
        return max(event.start_us - self.lead_us(event), 0), end_us

    def colours(self, labels: tuple[str, ...]) -> dict[str, str]:
        """Return a colour ``"#rrggbb"`` for each label with a style, then for ``labels``; the next of the palette."""
        order = tuple(dict.fromkeys((*self.styles, *labels)))
        own = {name: style.colour for name, style in self.styles.items()}
        return {label: own.get(label) or PALETTE[order.index(label) % len(PALETTE)] for label in order}


def _first(*values: object) -> int:
    """Return the first value that is a number."""
    return next(value for value in values if isinstance(value, int))
