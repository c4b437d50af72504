"""Training of the detector of people and the ball."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.detection.detector import DetectorRecipe as DetectorRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.detection.detector": ("DetectorRecipe",),
        },
    )
