"""What the index of an MP4 file promises of a video track, and whether it contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.media.containers.mp4 import Movie, Track

_SAME = 0.02
"""Relative difference up to which two statements of a duration agree."""
_SLACK_US = 500_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What an index promises of a track.

    Attributes:
        samples: number of frames; None if the tables do not agree on it.
        expected_us: duration that most statements agree on; 0 if unknown.
        needed_bytes: size that the file must have to hold every frame; None if unknown.
        trimmed: whether the edit list shows only some of the frames.
        faults: where the index contradicts itself, in words; empty if it is whole.
        mistimed: whether the times of the frames are among what is contradicted.

    """

    samples: int | None
    expected_us: int
    needed_bytes: int | None
    trimmed: bool
    faults: tuple[str, ...]
    mistimed: bool


def claims_of(movie: Movie, number: int) -> Claims | None:
    """Return what an index promises of its video track; None if it lists no frames (fragments do not)."""
    track = movie.track(number)
    if track is None or track.timescale == 0 or track.other_files or (track.samples == 0 and movie.fragmented):
        return None
    lengths = _lengths(movie, track)
    expected_us, agreeing = _agreed(list(lengths.values()))
    tables, clocks = (
        list(_table_faults(movie, track)),
        list(_clock_faults(movie, track, lengths, expected_us, agreeing)),
    )
    spans = track.spans()
    needed = None if spans is None or not len(spans) else int(spans[:, 1].max())
    counts = {track.samples, int(track.steps[:, 0].sum())}
    return Claims(
        samples=track.samples if len(counts) == 1 else None,
        expected_us=expected_us,
        needed_bytes=needed,
        trimmed=len(track.edits) > 1
        or not _close(lengths.get("edits", lengths.get("steps", 0)), lengths.get("steps", 0)),
        faults=(*tables, *clocks),
        mistimed=bool(clocks) or len(counts) > 1 or track.shifts not in (-1, track.samples),
    )


def _lengths(movie: Movie, track: Track) -> dict[str, int]:
    """Return every statement of how long the track is shown, microseconds."""
    scale = track.timescale
    found = {"steps": track.length * US_PER_S // scale, "media": track.stated * US_PER_S // scale}
    if movie.timescale:
        found["track"] = track.shown * US_PER_S // movie.timescale
        found["edits"] = sum(span for span, _ in track.edits) * US_PER_S // movie.timescale
        found["movie"] = movie.stated * US_PER_S // movie.timescale
    return {name: length_us for name, length_us in found.items() if length_us > 0}


def _agreed(lengths_us: list[int]) -> tuple[int, int]:
    """Return the duration that most statements agree on, the shorter of equals, and how many do; (0, 0) of none."""
    if not lengths_us:
        return 0, 0
    agreeing = {length: sum(_close(length, other) for other in lengths_us) for length in lengths_us}
    best = max(sorted(agreeing), key=lambda length: agreeing[length])
    return best, agreeing[best]


def _close(one_us: int, other_us: int) -> bool:
    """Return whether two durations agree."""
    return abs(one_us - other_us) <= max(_SLACK_US, _SAME * max(one_us, other_us))


def _table_faults(movie: Movie, track: Track) -> Iterator[str]:
    """Yield where the tables of the samples contradict each other or the file."""
    for name in track.cut_tables:
        yield f"its table of {name} ends early"
    timed = int(track.steps[:, 0].sum())
    if timed != track.samples:
        yield f"it lists {track.samples:,} frames, and times for {timed:,}"
    if track.shifts >= 0 and track.shifts != track.samples:
        yield f"it lists {track.samples:,} frames, and presentation times for {track.shifts:,}"
    if np.any((track.runs[:, 2] < 1) | (track.runs[:, 2] > track.descriptions)):
        yield "some of its frames have a format that it does not describe"
    spans = track.spans()
    if spans is None:
        yield "its chunks do not hold as many frames as it lists"
        return
    spans = spans[np.argsort(spans[:, 0])]
    if np.any(spans[1:, 0] < spans[:-1, 1]):
        yield "it places frames over each other"
    if _outside(movie, spans):
        yield "it places frames outside the data"


def _outside(movie: Movie, spans: np.ndarray) -> bool:
    """Return whether a chunk lies outside the boxes that hold samples; what is beyond the end was cut off."""
    if not movie.data:
        return False
    starts = np.array([start for start, _ in movie.data])
    ends = np.array([end for _, end in movie.data])
    box = np.searchsorted(starts, spans[:, 0], side="right") - 1
    inside = (box >= 0) & (spans[:, 1] <= ends[np.maximum(box, 0)])
    return bool(np.any(~inside & (spans[:, 0] < movie.size)))


def _clock_faults(
    movie: Movie, track: Track, lengths: dict[str, int], expected_us: int, agreeing: int
) -> Iterator[str]:
    """Yield where the times of the samples contradict what the headers and the edit list agree on."""
    steps_us, edits_us = lengths.get("steps", 0), lengths.get("edits", 0)
    others = [length_us for name, length_us in lengths.items() if name != "steps"]
    trimmed = any(start > 0 for _, start in track.edits) or len(track.edits) > 1
    unanimous = len(others) >= 3 and all(_close(length_us, expected_us) for length_us in others)
    if (
        unanimous
        and "edits" in lengths
        and not _close(steps_us, expected_us)
        and (steps_us < expected_us or not trimmed)
    ):
        yield "the times of its frames do not add up to its duration"
    if edits_us and not _close(edits_us, lengths.get("track", edits_us)) and not _close(edits_us, steps_us):
        yield "its edit list does not last as long as it says"
    beyond = [start for _, start in track.edits if start > track.length + track.latest_shift]
    if beyond and track.length:
        yield "its edit list begins after its last frame"
    if len(track.edits) == 1 and movie.timescale and track.length:
        end = track.edits[0][1] * US_PER_S // track.timescale + edits_us
        last_us = (track.length + track.latest_shift) * US_PER_S // track.timescale
        if end > last_us + max(_SLACK_US, _SAME * last_us) and _close(edits_us, expected_us):
            yield "its edit list ends after its last frame"
