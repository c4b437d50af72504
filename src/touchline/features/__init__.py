"""Feature streams of pictures and sound: extraction, reduction, and sets of games."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.features.games import GamesSet as GamesSet
    from touchline.features.games import write_games_set as write_games_set
    from touchline.features.picture_extractor import FeatureExtractor as FeatureExtractor
    from touchline.features.picture_extractor import load_feature_extractor as load_feature_extractor
    from touchline.features.reduction import Reduction as Reduction
    from touchline.features.reduction import ReductionFit as ReductionFit
    from touchline.features.reduction import load_reduction as load_reduction
    from touchline.features.sound_extractor import SoundExtractor as SoundExtractor
    from touchline.features.sound_extractor import load_sound_extractor as load_sound_extractor
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.features.games": ("GamesSet", "write_games_set"),
            "touchline.features.picture_extractor": ("FeatureExtractor", "load_feature_extractor"),
            "touchline.features.reduction": ("Reduction", "ReductionFit", "load_reduction"),
            "touchline.features.sound_extractor": ("SoundExtractor", "load_sound_extractor"),
        },
    )
