"""``touchline batch run``: the matches of a plan on a Ray cluster."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.matches.options import (
    AttemptsOption,
    HoursOption,
    MemoryOption,
    QuotaOption,
    ScratchOption,
    StoreOption,
    work_options,
)
from touchline.cli.matches.work import carried_out
from touchline.cli.options import DebugOption, DeviceOption, JsonOption


def run(
    out: StoreOption,
    ray: Annotated[
        str,
        typer.Option(
            "--ray", metavar="ADDRESS", help="Use the Ray cluster at this address; local starts one on this machine."
        ),
    ],
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Run this many workers.",
            show_default="one a GPU, or one for each --cores of the cluster",
        ),
    ] = None,
    cores: Annotated[int, typer.Option("--cores", metavar="N", min=1, help="Give each worker this many cores.")] = 2,
    scratch: ScratchOption = None,
    scratch_gb: QuotaOption = None,
    most_memory_gb: MemoryOption = None,
    most_hours: HoursOption = 24.0,
    attempts: AttemptsOption = 3,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Analyse the matches of a plan on a Ray cluster.

    Workers are Ray actors that do what touchline batch work does, with the same results. One that dies is replaced, and
    its match is taken up where it stopped; if this command ends, run it again.

    Examples:
      touchline batch run --out s3://club/results --ray auto
      touchline batch run --out results/ --ray local --workers 2

    """
    output = Output(json=json, debug=debug)

    def body() -> int:
        from touchline.batch.on_ray import run_on_ray

        options = work_options(
            scratch=scratch,
            scratch_gb=scratch_gb,
            most_memory_gb=most_memory_gb,
            most_hours=most_hours,
            attempts=attempts,
            device=device,
        )
        work = partial(run_on_ray, out, ray_address=ray, workers=workers, cores=cores, options=options)
        return carried_out(work, output=output)

    run_guarded(body, debug=debug, json=json)
