"""Training of the model that names events of play from tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.track_events.settings import TrackEventRecipe as TrackEventRecipe
    from touchline.training.track_events.training import FAMILY as FAMILY
    from touchline.training.track_events.truth import MatchTruth as MatchTruth
    from touchline.training.track_events.truth import read_truth as read_truth
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.track_events.settings": ("TrackEventRecipe",),
            "touchline.training.track_events.training": ("FAMILY",),
            "touchline.training.track_events.truth": ("MatchTruth", "read_truth"),
        },
    )
