"""Training of spotting heads on feature streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.streams.settings import StreamHeadRecipe as StreamHeadRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.streams.settings": ("StreamHeadRecipe",),
        },
    )
