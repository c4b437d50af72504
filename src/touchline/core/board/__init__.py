"""What a broadcast's score board says: the match clock, periods, the score and the names of the teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.core.board.values import BoardPlace as BoardPlace
    from touchline.core.board.values import ClockSpan as ClockSpan
    from touchline.core.board.values import KickOff as KickOff
    from touchline.core.board.values import MatchClock as MatchClock
    from touchline.core.board.values import MatchTime as MatchTime
    from touchline.core.board.values import ScoreSpan as ScoreSpan
    from touchline.core.board.values import TeamName as TeamName
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.core.board.values": (
                "BoardPlace",
                "ClockSpan",
                "KickOff",
                "MatchClock",
                "MatchTime",
                "ScoreSpan",
                "TeamName",
            ),
        },
    )
