"""SoccerNet's average-mAP for event spotting, number for number, and strict scores of the same events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.metrics.spotting.scores import SpottingReport as SpottingReport
    from touchline.metrics.spotting.scores import average_map as average_map
    from touchline.metrics.spotting.scores import evaluate_spotting as evaluate_spotting
    from touchline.metrics.spotting.scores import metric_deltas_s as metric_deltas_s
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.metrics.spotting.scores": (
                "SpottingReport",
                "average_map",
                "evaluate_spotting",
                "metric_deltas_s",
            ),
        },
    )
