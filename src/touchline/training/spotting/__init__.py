"""Training of event spotters that process frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.spotting.ball_spotter import BallSpotterRecipe as BallSpotterRecipe
    from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe as SlowFusionRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.spotting.ball_spotter": ("BallSpotterRecipe",),
            "touchline.training.spotting.slow_fusion_settings": ("SlowFusionRecipe",),
        },
    )
