"""Options that several commands on goalkeepers share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Population = Literal["all", "pictured"]
Units = Literal["yards", "metres", "percent"]

ShotsOption = Annotated[
    list[Path],
    typer.Option("--shots", metavar="FILE", help="Read shots from this CSV or these events of StatsBomb."),
]
UnitsOption = Annotated[
    Units,
    typer.Option(
        "--units", help="Read positions in a CSV as yards of 120x80, metres of 105x68 or percent of the pitch."
    ),
]
PopulationOption = Annotated[
    Population,
    typer.Option("--population", help="Estimate chances for all shots on target, or for those with an image."),
]
SaveModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="FILE",
        help="Estimate saves with this model of touchline train.",
        show_default="the built-in one",
    ),
]
PoseModelOption = Annotated[
    str | None,
    typer.Option(
        "--pose-model",
        metavar="MODEL",
        help="Find poses with this model, a name or a file, movenet, or hf:OWNER/NAME of a ViTPose.",
        show_default="the built-in pose finder",
    ),
]
ImagesArgument = Annotated[
    list[Path], typer.Argument(metavar="IMAGE...", help="Images of goalkeepers, or folders of them.")
]
BoxesOption = Annotated[
    Path | None,
    typer.Option(
        "--boxes",
        metavar="FILE",
        help="Read where the keeper is from this CSV of file,x0,y0,x1,y1 in pixels.",
        show_default="the keeper is detected",
    ),
]
WholeOption = Annotated[
    bool, typer.Option("--whole", help="Use the whole image, for images cropped to the keeper already.")
]
KeeperDetectorOption = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="MODEL",
        help="Detect the keeper with this model, a name or a file.",
        show_default="the built-in detector",
    ),
]
