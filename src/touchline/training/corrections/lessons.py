"""What corrections teach: targets on a model's time grid, and which of them are known.

| where | known |
|---|---|
| inside a reviewed span | everything: accepted events are there, and nothing else is |
| around an accepted event elsewhere | its own label is there |
| around a rejected event elsewhere | its own label is not there |
| anywhere else | nothing: what nobody looked at is not a negative |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats32
from touchline.core.clock import frame_from_us
from touchline.core.events import Event
from touchline.formats.corrections.reviewed import ReviewedMatch

Range = tuple[int, int]
"""First grid sample and the one after the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Targets of a model on its grid, and the weight of each.

    Attributes:
        targets: float32 (n, classes), 1 around an event.
        weights: float32 (n, classes), 0 where nobody knows.

    """

    targets: Floats32
    weights: Floats32

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def known(self) -> Bools:
        """Bool (n,): samples about which anything is known."""
        return np.asarray(self.weights.any(axis=1))

    def part(self, first: int, end: int) -> Lessons:
        """Return the lessons of some samples; beyond the end of the grid nothing is known."""
        missing = ((0, max(end - len(self), 0)), (0, 0))
        targets, weights = (np.pad(values[first:end], missing) for values in (self.targets, self.weights))
        return Lessons(targets, weights)


def lessons_of(
    match: ReviewedMatch, *, labels: Sequence[str], fps: float, samples: int, radius: int, reject_radius: int
) -> Lessons:
    """Return what a match's corrections teach a model.

    Args:
        match: the decisions.
        labels: the model's classes.
        fps: samples per second of its grid.
        samples: length of the grid.
        radius: samples on each side of an event that count as the event.
        reject_radius: samples on each side of a rejected event that are negatives of its label.

    """
    targets, weights = (np.zeros((samples, len(labels)), np.float32) for _ in range(2))
    for start_us, end_us in match.spans:
        weights[frame_from_us(start_us, fps=fps) : frame_from_us(end_us, fps=fps)] = 1.0
    for event in match.rejected:
        if event.label in labels:
            weights[_around(event, fps=fps, radius=reject_radius), labels.index(event.label)] = 1.0
    for event in match.accepted:
        if event.label in labels:
            near, column = _around(event, fps=fps, radius=radius), labels.index(event.label)
            targets[near, column] = weights[near, column] = 1.0
    return Lessons(targets, weights)


def _around(event: Event, *, fps: float, radius: int) -> slice:
    centre = frame_from_us(event.start_us, fps=fps)
    return slice(max(centre - radius, 0), centre + radius + 1)


def ranges_of(known: Bools, *, margin: int) -> list[Range]:
    """Return the parts of a grid that must be looked at: known samples with a margin, joined where they meet."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    ranges: list[Range] = []
    for start, end in edges.reshape(-1, 2).tolist():
        first, last = max(start - margin, 0), end + margin
        if ranges and first <= ranges[-1][1]:
            first = ranges.pop()[0]
        ranges.append((first, last))
    return ranges
