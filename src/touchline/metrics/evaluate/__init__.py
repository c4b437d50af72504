"""Evaluation of predictions with the official metrics, as in ``touchline evaluate``, from files or values.

``evaluate.spotting``, ``evaluate.detection``, ``evaluate.tracking`` and ``evaluate.recognition`` return typed results;
``record()`` of one gives what the command prints with ``--json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.metrics.evaluate.clips import RecognitionEvaluation as RecognitionEvaluation
    from touchline.metrics.evaluate.clips import recognition as recognition
    from touchline.metrics.evaluate.games import SpottingEvaluation as SpottingEvaluation
    from touchline.metrics.evaluate.games import spotting as spotting
    from touchline.metrics.evaluate.pictures import DetectionEvaluation as DetectionEvaluation
    from touchline.metrics.evaluate.pictures import detection as detection
    from touchline.metrics.evaluate.sequences import TrackingEvaluation as TrackingEvaluation
    from touchline.metrics.evaluate.sequences import tracking as tracking
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.metrics.evaluate.clips": ("RecognitionEvaluation", "recognition"),
            "touchline.metrics.evaluate.games": ("SpottingEvaluation", "spotting"),
            "touchline.metrics.evaluate.pictures": ("DetectionEvaluation", "detection"),
            "touchline.metrics.evaluate.sequences": ("TrackingEvaluation", "tracking"),
        },
    )
