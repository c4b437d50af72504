"""Tracking metrics: HOTA, IDF1 and CLEAR MOT of boxes with ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.metrics.tracking.scores import DEFAULT_IOU as DEFAULT_IOU
    from touchline.metrics.tracking.scores import TrackingReport as TrackingReport
    from touchline.metrics.tracking.scores import combine_tracking as combine_tracking
    from touchline.metrics.tracking.scores import evaluate_tracking as evaluate_tracking
    from touchline.metrics.tracking.sequence import FrameBoxes as FrameBoxes
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.metrics.tracking.scores": (
                "DEFAULT_IOU",
                "TrackingReport",
                "combine_tracking",
                "evaluate_tracking",
            ),
            "touchline.metrics.tracking.sequence": ("FrameBoxes",),
        },
    )
