"""The interface that every detector of people and the ball implements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from touchline.core.arrays import Rgb
from touchline.core.tracks import Detections

MIN_CONFIDENCE = 0.05
"""Boxes below this confidence are never reported; a tracker or a user sets the threshold that counts."""


class PeopleDetector(Protocol):
    """A detector of people and the ball in images.

    One that works on several calls at once has two more members: ``begin(pictures)``, whose result is called once for
    what :meth:`detect` returns, and ``ahead``, the number of calls to keep begun while an earlier one is waited for.

    Attributes:
        name, sha256: the model's identity, for the record.
        device_reason: the device it runs on and why.
        batch: preferred number of images per call.

    """

    name: str
    sha256: str
    device_reason: str
    batch: int

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """Return the detections in each image (h, w, 3), boxes in its own pixels."""
        ...
