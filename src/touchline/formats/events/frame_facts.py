"""The frames of a video for formats that count them, and what to say about the rate that was used."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.events import Event
from touchline.core.frames import FrameClock, rate_text
from touchline.formats.events.export_context import VideoFacts

_FASTEST_EDITING = 60
"""Editing programs have no timecode for more frames per second."""


def editing_clock(video: VideoFacts) -> FrameClock:
    """Return the frames for an editing program: above 60 per second only every second, third, ... is counted."""
    clock = video.frames
    return replace(clock, rate=clock.rate / max(-(-clock.rate // _FASTEST_EDITING), 1))


def grid_span(event: Event, clock: FrameClock) -> tuple[int, int]:
    """Return the first place of an event on the regular grid, and the one after its last; a point has one."""
    start = clock.position(event.start_us)
    return start, start + 1 if event.end_us is None else max(clock.position(event.end_us), start + 1)


def grid_remarks(clock: FrameClock) -> tuple[str, ...]:
    """Return which rate the frames of an editing format are counted at."""
    return (f"at {rate_text(clock.rate)} frames per second ({clock.rate})",)


def grid_notes(clock: FrameClock) -> tuple[str, ...]:
    """Return the loss of an editing format for a video whose frames do not follow each other regularly."""
    if clock.regular:
        return ()
    half_ms = float(Fraction(500) / clock.rate)
    return (
        f"the video has a variable frame rate: other programs see times rounded to a regular {rate_text(clock.rate)} "
        f"frames per second, off by up to {half_ms:.0f} ms",
    )


def numbering_remarks(clock: FrameClock) -> tuple[str, ...]:
    """Return how a format that numbers decoded frames was given the rate."""
    source = "their presentation times" if clock.times_us is not None else "the rate alone"
    return (f"frames are numbered by {source}, at {rate_text(clock.rate)} per second",)


def numbering_notes(clock: FrameClock) -> tuple[str, ...]:
    """Return the loss of a format with frame numbers and one rate, for a video with a variable frame rate."""
    times = clock.times_us
    if times is None or clock.regular:
        return ()
    expected = np.arange(len(times)) * float(US_PER_S / clock.rate)
    worst_s = float(np.abs(times - expected).max()) / US_PER_S
    return (
        f"the video has a variable frame rate: frame numbers are right, but a program that divides them by "
        f"{rate_text(clock.rate)} is off by up to {worst_s:.2f} s",
    )
