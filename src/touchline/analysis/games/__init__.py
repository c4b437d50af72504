"""Games of SoccerNet's layout: which videos are their halves, what contradicts itself, and one result for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis.games.half_video import HalfVideo as HalfVideo
    from touchline.analysis.games.plan import GamePlan as GamePlan
    from touchline.analysis.games.plan import plan_game as plan_game
    from touchline.analysis.games.results import game_events as game_events
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.games.half_video": ("HalfVideo",),
            "touchline.analysis.games.plan": ("GamePlan", "plan_game"),
            "touchline.analysis.games.results": ("game_events",),
        },
    )
