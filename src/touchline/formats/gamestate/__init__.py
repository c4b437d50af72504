"""SoccerNet's game-state reconstruction: who is where on the pitch, read from labels and predictions, and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.gamestate.labels import LABELS as LABELS
    from touchline.formats.gamestate.labels import GameState as GameState
    from touchline.formats.gamestate.labels import Who as Who
    from touchline.formats.gamestate.labels import parse_predictions as parse_predictions
    from touchline.formats.gamestate.labels import parse_truth as parse_truth
    from touchline.formats.gamestate.tracks import GameStateTracks as GameStateTracks
    from touchline.formats.gamestate.tracks import tracks_of as tracks_of
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.gamestate.labels": (
                "GameState",
                "LABELS",
                "Who",
                "parse_predictions",
                "parse_truth",
            ),
            "touchline.formats.gamestate.tracks": ("GameStateTracks", "tracks_of"),
        },
    )
