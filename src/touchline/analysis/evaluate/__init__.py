"""Evaluation of predictions with the official metrics, as in ``touchline evaluate``, from files or values.

``spotting``, ``detection``, ``tracking``, ``gamestate``, ``recognition``, ``calibration`` and ``players`` return typed
results, whose ``record()`` gives what the command prints with ``--json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis.evaluate.by_frame import FrameEvaluation as FrameEvaluation
    from touchline.analysis.evaluate.by_frame import spotting_by_frame as spotting_by_frame
    from touchline.analysis.evaluate.cameras import CalibrationEvaluation as CalibrationEvaluation
    from touchline.analysis.evaluate.cameras import calibration as calibration
    from touchline.analysis.evaluate.clips import RecognitionEvaluation as RecognitionEvaluation
    from touchline.analysis.evaluate.clips import recognition as recognition
    from touchline.analysis.evaluate.games import SpottingEvaluation as SpottingEvaluation
    from touchline.analysis.evaluate.games import spotting as spotting
    from touchline.analysis.evaluate.gamestates import GameStateEvaluation as GameStateEvaluation
    from touchline.analysis.evaluate.gamestates import gamestate as gamestate
    from touchline.analysis.evaluate.pictures import DetectionEvaluation as DetectionEvaluation
    from touchline.analysis.evaluate.pictures import detection as detection
    from touchline.analysis.evaluate.player_events import PlayersEvaluation as PlayersEvaluation
    from touchline.analysis.evaluate.player_events import players as players
    from touchline.analysis.evaluate.sequences import TrackingEvaluation as TrackingEvaluation
    from touchline.analysis.evaluate.sequences import tracking as tracking
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.evaluate.by_frame": ("FrameEvaluation", "spotting_by_frame"),
            "touchline.analysis.evaluate.cameras": ("CalibrationEvaluation", "calibration"),
            "touchline.analysis.evaluate.clips": ("RecognitionEvaluation", "recognition"),
            "touchline.analysis.evaluate.games": ("SpottingEvaluation", "spotting"),
            "touchline.analysis.evaluate.gamestates": ("GameStateEvaluation", "gamestate"),
            "touchline.analysis.evaluate.pictures": ("DetectionEvaluation", "detection"),
            "touchline.analysis.evaluate.player_events": ("PlayersEvaluation", "players"),
            "touchline.analysis.evaluate.sequences": ("TrackingEvaluation", "tracking"),
        },
    )
