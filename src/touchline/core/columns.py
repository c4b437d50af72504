"""Events of one game as columns, the unchecked form in file order that metrics read.

A :class:`~touchline.core.events.Timeline` checks and sorts its events. Official metrics also score events that a
timeline rejects (negative times, confidences above 1, two events in one frame, of which the last in the file counts),
so they read this plainer form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.clock import ms_from_us
from touchline.core.events import Timeline

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


SIDES = ("left", "right")
"""Teams of SoccerNet's ball actions since 2025: the one that defends on the left of the picture, and the other."""


@dataclass(frozen=True, slots=True, eq=False)
class EventColumns:
    """The events of one game, one row each, in file order.

    Attributes:
        labels: the distinct labels of the rows, in any order.
        label: int64 (rows,), index into ``labels``.
        half: int64 (rows,), the half of the match, from 1.
        position_ms: int64 (rows,), milliseconds from the start of the half; may be negative.
        confidence: float64 (rows,), 1 for truth; may lie outside 0 to 1.
        visible: bool (rows,), False for "not shown".
        side: int64 (rows,), index into ``SIDES`` of the team, -1 without one; None where no row has one.

    """

    labels: tuple[str, ...]
    label: IntArray
    half: IntArray
    position_ms: IntArray
    confidence: FloatArray
    visible: BoolArray
    side: IntArray | None = None

    def __post_init__(self) -> None:
        side = self.label if self.side is None else self.side
        shapes = {x.shape for x in (self.label, self.half, self.position_ms, self.confidence, self.visible, side)}
        if shapes != {(len(self.label),)}:
            raise ValueError(f"event columns of shapes {sorted(shapes)} differ; all must be (rows,)")

    def __len__(self) -> int:
        return len(self.label)

    def take(self, keep: BoolArray) -> EventColumns:
        """Return the rows where ``keep`` (rows,) is True."""
        return EventColumns(
            self.labels,
            self.label[keep],
            self.half[keep],
            self.position_ms[keep],
            self.confidence[keep],
            self.visible[keep],
            None if self.side is None else self.side[keep],
        )

    def counts(self) -> dict[str, int]:
        """Return the number of rows per label."""
        counts = np.bincount(self.label, minlength=len(self.labels))
        return {label: int(n) for label, n in zip(self.labels, counts, strict=True)}


def empty_columns() -> EventColumns:
    """Return the columns of a game without events."""
    none = np.zeros(0, np.int64)
    return EventColumns((), none, none, none, np.zeros(0), np.zeros(0, np.bool_))


def columns_from_timeline(timeline: Timeline) -> EventColumns:
    """Return the columns of a timeline; times are rounded to milliseconds."""
    labels = timeline.labels
    index = {label: i for i, label in enumerate(labels)}
    events = timeline.events
    return EventColumns(
        labels,
        np.array([index[e.label] for e in events], np.int64),
        np.array([e.half for e in events], np.int64),
        np.array([ms_from_us(e.start_us) for e in events], np.int64),
        np.array([e.confidence for e in events], np.float64),
        np.array([e.visible for e in events], np.bool_),
        sides_of([e.team for e in events]),
    )


def sides_of(teams: Sequence[object]) -> IntArray | None:
    """Return the side of each team, int64 (n,), -1 for any other value; None if no team is a side."""
    if not any(side in teams for side in SIDES):
        return None
    number = {side: i for i, side in enumerate(SIDES)}
    return np.array([number.get(team, -1) if isinstance(team, str) else -1 for team in teams], np.int64)
