"""The options of ``touchline spot`` that are about saved scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.games.options import SpotGamesArguments
from touchline.core.errors import UsageError

ScoresOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--scores",
        metavar="FILE",
        help="Average saved scores and spot events in them, without a model; more files or folders may follow.",
        show_default="none",
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--fps",
        metavar="N",
        min=0.001,
        max=1000,
        help="With --scores, samples per second of files that do not state it.",
        show_default="25 for lRomul's",
    ),
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="LABEL,LABEL|@FILE",
        help="With --scores, name the classes of files that do not.",
        show_default="those of --model, or lRomul's",
    ),
]


@dataclass(frozen=True, kw_only=True)
class SpotScoresArguments(SpotGamesArguments):
    """What ``touchline spot`` takes."""

    scores: ScoresOption = None
    fps: RateOption = None
    labels: LabelsOption = None


def refuse_scores_options(arguments: SpotScoresArguments) -> None:
    """Refuse what makes no sense without saved scores.

    Raises:
        UsageError: one of these options.

    """
    for name, value in (("--fps", arguments.fps), ("--labels", arguments.labels)):
        if value is not None:
            raise UsageError(f"{name} {value} belongs to saved scores; name their files with --scores")


def refuse_video_options(arguments: SpotScoresArguments) -> None:
    """Refuse what makes no sense for saved scores.

    Raises:
        UsageError: one of these options.

    """
    given = {
        "--games": arguments.games,
        "--split": arguments.split,
        "--zip": arguments.zip,
        "--quality": arguments.quality,
        "--from": arguments.listed,
        "--features": arguments.features,
        "--reduction": arguments.reduction,
        "--flip": arguments.flip,
        "--stream": arguments.stream,
        "--audio-stream": arguments.audio_stream,
        "--dry-run": arguments.dry_run or None,
    }
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name}: not for saved scores, which need no video; leave it out with --scores")
    if len(arguments.model or ()) > 1:
        raise UsageError("--model: with --scores, one model may give labels, thresholds and peak settings")
