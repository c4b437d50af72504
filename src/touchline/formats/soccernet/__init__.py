"""SoccerNet's files: events as its evaluator reads them, games in folders and zips, and how to obtain missing files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.soccernet.games import load_games as load_games
    from touchline.formats.soccernet.games import pair_games as pair_games
    from touchline.formats.soccernet.labels import read_labels as read_labels
    from touchline.formats.soccernet.labels import write_labels as write_labels
    from touchline.formats.soccernet.labels import write_results as write_results
    from touchline.formats.soccernet.video_ini import read_video_ini as read_video_ini
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.soccernet.games": ("load_games", "pair_games"),
            "touchline.formats.soccernet.labels": ("read_labels", "write_labels", "write_results"),
            "touchline.formats.soccernet.video_ini": ("read_video_ini",),
        },
    )
