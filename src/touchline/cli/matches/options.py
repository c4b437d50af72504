"""The options that the commands for many matches share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from touchline.batch.running import WorkOptions

StoreOption = Annotated[
    str,
    typer.Option(
        "--out", metavar="STORE", help="Keep the plan and all results in this folder, or s3://, gs:// or az:// address."
    ),
]
MatchOption = Annotated[
    list[str] | None,
    typer.Option("--match", metavar="MATCH", help="Take this match, by its name, address or key.", show_default="all"),
]
ScratchOption = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        metavar="FOLDER",
        help="Keep videos and unfinished bundles in this folder on the local disk.",
        show_default="a folder of temporary files",
    ),
]
QuotaOption = Annotated[
    float | None,
    typer.Option(
        "--scratch-gb", metavar="GB", min=0.001, help="Stage no more than this at once.", show_default="the free disk"
    ),
]
MemoryOption = Annotated[
    float | None,
    typer.Option(
        "--most-memory-gb",
        metavar="GB",
        min=0.1,
        help="End an analysis that needs more memory than this; Linux only.",
        show_default="no limit",
    ),
]
HoursOption = Annotated[
    float, typer.Option("--most-hours", metavar="HOURS", min=0.001, help="End an analysis that takes longer than this.")
]
AttemptsOption = Annotated[
    int, typer.Option("--attempts", metavar="N", min=1, help="Give a match up after this many failures.")
]


def work_options(
    *,
    scratch: Path | None,
    scratch_gb: float | None,
    most_memory_gb: float | None,
    most_hours: float,
    attempts: int,
    device: str,
    help_others: bool = False,
) -> WorkOptions:
    """Options of a worker from those of a command line."""
    from touchline.batch.running import WorkOptions
    from touchline.batch.worker import Rules

    memory_bytes = None if most_memory_gb is None else int(most_memory_gb * 1e9)
    return WorkOptions(
        scratch=scratch,
        quota_bytes=None if scratch_gb is None else int(scratch_gb * 1e9),
        rules=Rules(attempts=attempts, memory_bytes=memory_bytes, time_s=most_hours * 3600),
        device=device,
        help_others=help_others,
    )
