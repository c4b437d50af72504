"""``touchline spot``: the events of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import DebugOption, DeviceOption, JsonOption, OutOption, Output, run_guarded

VideosArgument = Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Media files.", show_default=False)]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="A built-in model's name or a model file; see `touchline models list`.")
]
FlipOption = Annotated[bool, typer.Option("--flip", help="Average with the mirrored picture: slower, a little better.")]
StreamOption = Annotated[int | None, typer.Option("--stream", help="Which video stream, where a file has several.")]
ResumeOption = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on where a stopped run left off.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Analyse again even where the bundle is up to date.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say how long it would take.")]


def command(
    videos: VideosArgument,
    model: ModelOption = None,
    out: OutOption = None,
    flip: FlipOption = False,
    stream: StreamOption = None,
    resume: ResumeOption = True,
    force: ForceOption = False,
    dry_run: DryRunOption = False,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Find the events of videos: events.json, results_spotting.json and scores.npz in VIDEO's bundle."""

    def run() -> int:
        from touchline.cli.batch import analyze_videos, check_requests

        check_requests(videos, out=out)
        from touchline.analysis.pipeline import AnalyzeOptions

        return analyze_videos(
            videos,
            model=model,
            device=device,
            flip=flip,
            options=AnalyzeOptions(out=out, stream=stream, resume=resume and not force, force=force),
            dry_run=dry_run,
            list_events=True,
            output=Output(json=json),
        )

    run_guarded(run, debug=debug, json=json)
