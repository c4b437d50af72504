"""Events of one game as columns, the unchecked form in file order that metrics read.

A :class:`~touchline.core.events.Timeline` checks and sorts its events. Official metrics also score events that a
timeline rejects (negative times, confidences above 1, two events in one frame, of which the last in the file counts),
so they read this plainer form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.clock import ms_from_us
from touchline.core.events import Timeline

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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

    """

    labels: tuple[str, ...]
    label: IntArray
    half: IntArray
    position_ms: IntArray
    confidence: FloatArray
    visible: BoolArray

    def __post_init__(self) -> None:
        shapes = {x.shape for x in (self.label, self.half, self.position_ms, self.confidence, self.visible)}
        if shapes != {(len(self.label),)}:
            raise ValueError(f"event columns of shapes {sorted(shapes)} differ; all must be (rows,)")

    def __len__(self) -> int:
        return len(self.label)

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
    )
