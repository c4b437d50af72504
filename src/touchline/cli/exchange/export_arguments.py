"""What ``touchline export`` takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.options import AnyDeviceOption, SharedArguments

FORMATS_OF_EVENTS = (
    "sportscode",
    "nacsport",
    "csv",
    "hudl-csv",
    "losslesscut",
    "webvtt",
    "webvtt-captions",
    "edl",
    "fcpxml",
    "otio",
    "davinci",
    "elan",
    "boris",
    "boris-tsv",
    "label-studio",
    "osl",
    "events",
    "Labels-v2",
    "Labels-ball",
    "Labels",
    "results_spotting",
)
FORMATS_OF_BOXES = ("mot", "cvat", "soccernet-mot", "sportsmot", "gamestate")
"""Names of all formats, so that help needs none of their modules; a test compares them with the registries."""


@dataclass(frozen=True, kw_only=True)
class ExportArguments(SharedArguments):
    """What ``export`` takes."""

    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="BUNDLE...",
            help="Bundles, event files of any format, or folders or zips of them.",
            show_default=False,
        ),
    ]
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=f"Write events as {', '.join(FORMATS_OF_EVENTS)}; or boxes as {', '.join(FORMATS_OF_BOXES)}.",
        ),
    ]
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Write to this file, into this folder, or boxes of all bundles into this zip.",
            show_default="into the bundle, or beside the file",
        ),
    ] = None
    reviewed: Annotated[bool, typer.Option("--reviewed", help="Only events that a person accepted or added.")] = False
    min_confidence: Annotated[
        float,
        typer.Option("--min-confidence", help="Only events of this confidence; a person's are exempt.", min=0, max=1),
    ] = 0.0
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="LABEL", help="Only events of this label.", show_default="all"),
    ] = None
    lead: Annotated[
        list[str] | None,
        typer.Option(
            "--lead",
            metavar="SECONDS|LABEL=SECONDS",
            help="Time before a point that belongs to its clip.",
            show_default="the label's, else 5",
        ),
    ] = None
    lag: Annotated[
        list[str] | None,
        typer.Option(
            "--lag",
            metavar="SECONDS|LABEL=SECONDS",
            help="Time after a point that belongs to its clip.",
            show_default="the label's, else 5",
        ),
    ] = None
    integer_times: Annotated[
        bool, typer.Option("--integer-times", help="Write whole seconds, for tools that refuse others.")
    ] = False
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="FIELD=COLUMN|FILE",
            help="Write this column of a CSV file, such as label=Name, or the columns of a file of such lines.",
            show_default="touchline's columns",
        ),
    ] = None
    fps: Annotated[
        float | None,
        typer.Option(
            "--fps",
            metavar="N",
            help="Frame rate, for formats that count frames, where the video is not there.",
            min=0.01,
            max=1000,
            show_default="the video's",
        ),
    ] = None
    device: AnyDeviceOption = "auto"
    step: Annotated[
        int, typer.Option("--step", metavar="N", help="Write the boxes of every N-th frame.", min=1, max=100_000)
    ] = 1
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="train|valid|test|challenge",
            help="Split of SoccerNet that the sequences belong to, for the image ids of gamestate.",
            show_default="image ids are frame numbers",
        ),
    ] = None
