"""What ``touchline convert`` takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.options import AnyDeviceOption, SharedArguments, half_option


@dataclass(frozen=True, kw_only=True)
class ConvertArguments(SharedArguments):
    """The arguments and options of ``touchline convert``."""

    device: AnyDeviceOption = "auto"
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC",
            help="Event file of any format, or a bundle; or a folder or zip of them; or an untrimmed video.",
            show_default=False,
        ),
    ]
    target: Annotated[
        Path,
        typer.Argument(
            metavar="DST", help="File to write, named after its format, such as Labels-v2.json; or a folder."
        ),
    ]
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="NAME",
            help="Write a file of this name for each game, or of this format, such as sportscode.",
            show_default="DST is the file",
        ),
    ] = None
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="Read SRC in this format, or as events of a provider: statsbomb, wyscout, opta, statsperform, "
            "datafactory, sportec, metrica or impect.",
            show_default="recognised by what it holds",
        ),
    ] = None
    beside: Annotated[
        Path | None,
        typer.Option(
            "--beside",
            metavar="FILE",
            help="Second file of a provider: line-ups, F7, MA1 or metadata.",
            show_default="none",
        ),
    ] = None
    period_start: Annotated[
        list[str] | None,
        typer.Option(
            "--period-start",
            metavar="PERIOD=SECONDS",
            help="Time in the video at which this period of a provider's events starts.",
            show_default="every period is a half of its own",
        ),
    ] = None
    labels: Annotated[
        str,
        typer.Option("--labels", metavar="SET", help="Labels for a provider's events: ball-12 or soccernet-v2."),
    ] = "ball-12"
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="FIELD=COLUMN|FILE",
            help="Name a column of a CSV file of another tool, such as label=Name, or give a file of such lines.",
            show_default="none",
        ),
    ] = None
    item: Annotated[
        str | None,
        typer.Option(
            "--item", metavar="NAME|N", help="Read this video of a file with several.", show_default="the only one"
        ),
    ] = None
    fps: Annotated[
        float | None,
        typer.Option(
            "--fps",
            metavar="N",
            help="Frame rate of the video, for files that count frames.",
            min=0.01,
            max=1000,
            show_default="the file's own",
        ),
    ] = None
    video_ini: Annotated[
        Path | None,
        typer.Option(
            "--video-ini",
            metavar="FILE",
            help="Convert times of SoccerNet's untrimmed HQ videos to times in the halves of this video.ini.",
            show_default="times stay as they are; of a video, the one beside it",
        ),
    ] = None
    half: Annotated[
        int | None,
        half_option("Take the events, or the video, as of this half.", default="as the file or its name says"),
    ] = None
    fast: Annotated[
        bool, typer.Option("--fast", help="Copy a video without encoding, from the key frame before its half.")
    ] = False
