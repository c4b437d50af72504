"""Training and distillation of recognisers of clips and joint sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.recognition.recogniser_settings import DistillRecipe as DistillRecipe
    from touchline.training.recognition.recogniser_settings import RecogniserRecipe as RecogniserRecipe
    from touchline.training.recognition.skeleton_settings import SkeletonRecipe as SkeletonRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.recognition.recogniser_settings": ("DistillRecipe", "RecogniserRecipe"),
            "touchline.training.recognition.skeleton_settings": ("SkeletonRecipe",),
        },
    )
