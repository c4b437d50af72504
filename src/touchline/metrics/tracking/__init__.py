"""Tracking metrics: HOTA, IDF1 and CLEAR MOT of boxes with ids, and GS-HOTA of people on the pitch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.metrics.tracking.gamestate import FramePlaces as FramePlaces
    from touchline.metrics.tracking.gamestate import GameStateReport as GameStateReport
    from touchline.metrics.tracking.gamestate import combine_gamestate as combine_gamestate
    from touchline.metrics.tracking.gamestate import evaluate_gamestate as evaluate_gamestate
    from touchline.metrics.tracking.scores import DEFAULT_IOU as DEFAULT_IOU
    from touchline.metrics.tracking.scores import TrackingReport as TrackingReport
    from touchline.metrics.tracking.scores import combine_tracking as combine_tracking
    from touchline.metrics.tracking.scores import evaluate_tracking as evaluate_tracking
    from touchline.metrics.tracking.sequence import FrameBoxes as FrameBoxes
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.metrics.tracking.gamestate": (
                "FramePlaces",
                "GameStateReport",
                "combine_gamestate",
                "evaluate_gamestate",
            ),
            "touchline.metrics.tracking.scores": (
                "DEFAULT_IOU",
                "TrackingReport",
                "combine_tracking",
                "evaluate_tracking",
            ),
            "touchline.metrics.tracking.sequence": ("FrameBoxes",),
        },
    )
