"""What a person changed in the results of an analysis, and the results with these changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.core.corrections.actions import corrected_actions as corrected_actions
    from touchline.core.corrections.actions import players_of_tracks as players_of_tracks
    from touchline.core.corrections.events import CorrectedEvent as CorrectedEvent
    from touchline.core.corrections.events import corrected_events as corrected_events
    from touchline.core.corrections.events import corrected_timeline as corrected_timeline
    from touchline.core.corrections.history import Change as Change
    from touchline.core.corrections.history import Entry as Entry
    from touchline.core.corrections.history import History as History
    from touchline.core.corrections.history import StaleChangeError as StaleChangeError
    from touchline.core.corrections.state import Corrections as Corrections
    from touchline.core.corrections.tracks import corrected_tracks as corrected_tracks
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.core.corrections.actions": ("corrected_actions", "players_of_tracks"),
            "touchline.core.corrections.events": ("CorrectedEvent", "corrected_events", "corrected_timeline"),
            "touchline.core.corrections.history": ("Change", "Entry", "History", "StaleChangeError"),
            "touchline.core.corrections.state": ("Corrections",),
            "touchline.core.corrections.tracks": ("corrected_tracks",),
        },
    )
