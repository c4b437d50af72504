"""Training of the pitch finder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.pitch.pitch_finder import PitchRecipe as PitchRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.pitch.pitch_finder": ("PitchRecipe",),
        },
    )
