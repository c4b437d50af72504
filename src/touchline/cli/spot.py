"""``touchline spot``: the events of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import DebugOption, DeviceOption, JsonOption, OutOption, Output, run_guarded

VideosArgument = Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Media files.", show_default=False)]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", help="A built-in model's name or a model file; the scores of several are averaged."),
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option("--threshold", metavar="LABEL=VALUE", help="Confidence, 0 to 1, that events of a label need."),
]
FlipOption = Annotated[
    bool | None,
    typer.Option("--flip/--no-flip", help="Average with the mirrored picture, or not; else as the model wants it."),
]
StreamOption = Annotated[int | None, typer.Option("--stream", help="Which video stream, where a file has several.")]
ResumeOption = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on where a stopped run left off.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Analyse again even where the bundle is up to date.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say how long it would take.")]


def command(
    videos: VideosArgument,
    model: ModelOption = None,
    threshold: ThresholdOption = None,
    out: OutOption = None,
    flip: FlipOption = None,
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
        from touchline.cli.batch import analyze_videos, check_requests, read_thresholds

        check_requests(videos, out=out)
        thresholds = read_thresholds(threshold or ())
        from touchline.analysis.pipeline import AnalyzeOptions

        return analyze_videos(
            videos,
            models=model or (),
            device=device,
            flip=flip,
            options=AnalyzeOptions(
                out=out, stream=stream, thresholds=thresholds, resume=resume and not force, force=force
            ),
            dry_run=dry_run,
            list_events=True,
            output=Output(json=json),
        )

    run_guarded(run, debug=debug, json=json)
