"""Options that several commands on features share."""

from __future__ import annotations

from typing import Annotated

import typer

FileRateOption = Annotated[
    float | None,
    typer.Option(
        "--rate",
        metavar="N",
        help="Assume this many rows per second for files that do not record it.",
        show_default="known from the file",
        min=0.01,
        max=1000,
    ),
]
