"""``touchline analyze``: every task on videos, with a report for each."""

from __future__ import annotations

from touchline.cli.common import DebugOption, DeviceOption, JsonOption, OutOption, Output, run_guarded
from touchline.cli.spot import (
    DryRunOption,
    FlipOption,
    ForceOption,
    ModelOption,
    ResumeOption,
    StreamOption,
    ThresholdOption,
    VideosArgument,
)


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
    """Run all tasks on videos, one decode each: a bundle with report.html for every VIDEO."""

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
                out=out, stream=stream, thresholds=thresholds, resume=resume and not force, force=force, report=True
            ),
            dry_run=dry_run,
            list_events=False,
            output=Output(json=json),
        )

    run_guarded(run, debug=debug, json=json)
