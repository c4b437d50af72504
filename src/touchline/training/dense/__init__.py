"""Training of dense spotters, which say of every frame what happens in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.dense.settings import DenseRecipe as DenseRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(__name__, {"touchline.training.dense.settings": ("DenseRecipe",)})
