"""What every detector of people and the ball has in common, whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.tracks import Detections

Rgb = npt.NDArray[np.uint8]

MIN_CONFIDENCE = 0.05
"""Boxes below it are never reported; a tracker or a user sets the threshold that counts."""


class PeopleDetector(Protocol):
    """What finds people and the ball in pictures.

    Attributes:
        name, sha256: what it is, for the record.
        device_reason: where it runs and why.
        batch: how many pictures it likes at once.

    """

    name: str
    sha256: str
    device_reason: str
    batch: int

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """What is in each picture (h, w, 3), boxes in its own pixels."""
        ...
