"""Tracklets: one person tracked through the sampled frames of one shot, before it becomes a track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """One person, or the ball, in the sampled frames of a shot.

    Attributes:
        id: from 1, unique in the shot.
        index: int64 (n,), strictly increasing; 0 is the first sampled frame of the shot.
        rows: int64 (n,), row in its frame's detections; -1 where the box was filled in.
        boxes_xyxy: float32 (n, 4), pixels of the frame given by ``index``.
        confidence: float32 (n,), 0 to 1.
        classes: int64 (n,), indices into ``DETECTION_LABELS``; a filled-in box has its nearest detection's.
        observed: bool (n,), False where the box was filled in.
        appearance: float32 (n, D), NaN where the box was filled in; None without descriptors.

    """

    id: int
    index: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    boxes_xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    observed: npt.NDArray[np.bool_]
    appearance: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        count = len(self.index)
        if self.id < 1 or count == 0:
            raise ValueError(f"tracklet id={self.id} with {count} boxes: ids start at 1, and it needs at least one box")
        if self.boxes_xyxy.shape != (count, 4):
            raise ValueError(f"tracklet {self.id}: boxes_xyxy has shape {self.boxes_xyxy.shape}, not ({count}, 4)")
        for name in ("rows", "confidence", "classes", "observed"):
            shape = getattr(self, name).shape
            if shape != (count,):
                raise ValueError(f"tracklet {self.id}: {name} has shape {shape}, not ({count},)")
        if self.appearance is not None and (self.appearance.ndim != 2 or len(self.appearance) != count):
            raise ValueError(f"tracklet {self.id}: appearance has shape {self.appearance.shape}, not ({count}, D)")
        if not bool(np.all(np.diff(self.index) > 0)):
            raise ValueError(f"tracklet {self.id}: index must increase strictly")

    def __len__(self) -> int:
        return len(self.index)

    @property
    def start(self) -> int:
        """Index of its first frame."""
        return int(self.index[0])

    @property
    def end(self) -> int:
        """Index of its last frame."""
        return int(self.index[-1])


def join(parts: Sequence[Tracklet]) -> Tracklet:
    """Join tracklets that do not overlap in time; the result takes the id of the earliest."""
    ordered = sorted(parts, key=lambda part: part.start)
    described = all(part.appearance is not None for part in ordered)
    return Tracklet(
        id=ordered[0].id,
        index=np.concatenate([part.index for part in ordered]),
        rows=np.concatenate([part.rows for part in ordered]),
        boxes_xyxy=np.concatenate([part.boxes_xyxy for part in ordered]),
        confidence=np.concatenate([part.confidence for part in ordered]),
        classes=np.concatenate([part.classes for part in ordered]),
        observed=np.concatenate([part.observed for part in ordered]),
        appearance=np.concatenate([part.appearance for part in ordered if part.appearance is not None])
        if described
        else None,
    )
