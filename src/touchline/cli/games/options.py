"""The options of ``touchline spot`` that are about whole games."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from touchline.cli.options import SpotArguments

GamesOption = Annotated[
    Path | None,
    typer.Option(
        "--games",
        metavar="FOLDER",
        help="Spot the games in SoccerNet's folders, LEAGUE/SEASON/GAME, one result for both halves of each.",
        show_default="single videos",
    ),
]
SplitOption = Annotated[
    str | None,
    typer.Option(
        "--split",
        metavar="NAME|FILE",
        help="With --games, only those of train, valid, test or challenge, or of a list, one a line or JSON.",
        show_default="all games in the folder",
    ),
]
ZipOption = Annotated[
    Path | None,
    typer.Option(
        "--zip",
        metavar="FILE",
        help="With --games, write a submission too, the zip that SoccerNet's evaluation reads.",
        show_default="none",
    ),
]
QualityOption = Annotated[
    Literal["720p", "HQ", "224p", "LQ"] | None,
    typer.Option(
        "--quality",
        help="With --games, take these videos of each game; LQ are those named 1.mkv and 2.mkv.",
        show_default="720p, else HQ, 224p, LQ",
    ),
]


@dataclass(frozen=True, kw_only=True)
class SpotGamesArguments(SpotArguments):
    """What ``touchline spot`` takes."""

    games: GamesOption = None
    split: SplitOption = None
    zip: ZipOption = None
    quality: QualityOption = None
