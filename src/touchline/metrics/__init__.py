"""Official metrics in NumPy, each equal to its reference implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.metrics.detection import DetectionReport as DetectionReport
    from touchline.metrics.detection import average_precision as average_precision
    from touchline.metrics.recognition import RecognitionReport as RecognitionReport
    from touchline.metrics.recognition import confusion_matrix as confusion_matrix
    from touchline.metrics.spotting import SpottingReport as SpottingReport
    from touchline.metrics.spotting import evaluate_spotting as evaluate_spotting
    from touchline.metrics.tracking import TrackingReport as TrackingReport
    from touchline.metrics.tracking import combine_tracking as combine_tracking
    from touchline.metrics.tracking import evaluate_tracking as evaluate_tracking
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.metrics.detection": ("DetectionReport", "average_precision"),
            "touchline.metrics.recognition": ("RecognitionReport", "confusion_matrix"),
            "touchline.metrics.spotting": ("SpottingReport", "evaluate_spotting"),
            "touchline.metrics.tracking": ("TrackingReport", "combine_tracking", "evaluate_tracking"),
        },
    )
