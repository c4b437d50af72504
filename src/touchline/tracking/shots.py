"""Where a shot begins, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt


class CutFinder:
    """Says of each picture whether it is the first of a new shot."""

    def __init__(self, *, threshold: float = 0.5) -> None:
        """A finder that fires where less than ``threshold`` of the picture's structure is found again."""
        self._threshold = threshold
        self._last: npt.NDArray[np.float32] | None = None

    def update(self, luma: npt.NDArray[np.uint8]) -> bool:
        """Whether a picture, luma uint8 (H, W), starts a new shot; the very first does."""
        small = cv2.resize(luma, (64, 36), interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._last = self._last, small
        if before is None:
            return True
        first, second = np.histogram(before, 32, (0, 256))[0], np.histogram(small, 32, (0, 256))[0]
        return float(np.minimum(first, second).sum()) / small.size < self._threshold


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What tells kinds of shots apart, of one picture.

    Attributes:
        people: number of people found.
        tallest: height of the tallest, as a share of the picture's height.
        pitch: whether the pitch's lines were found.

    """

    people: int
    tallest: float
    pitch: bool


def shot_kind(facts: Sequence[PictureFacts]) -> str:
    """One of ``SHOT_KINDS`` for a shot: ``"wide"``, ``"close-up"`` or ``"other"``."""
    if not facts:
        return "other"
    tallest = float(np.median([fact.tallest for fact in facts]))
    people = float(np.median([fact.people for fact in facts]))
    if people >= 1 and tallest > 0.4:
        return "close-up"
    if people >= 6 or (people >= 3 and np.mean([fact.pitch for fact in facts]) > 0.5):
        return "wide"
    return "other"
