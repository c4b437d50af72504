"""``touchline demo``: the bundled sample clip, analysed with the built-in models."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import Device, Output, one_line, run_guarded
from touchline.cli.options import DebugOption, DeviceOption, JsonOption

DemoOutOption = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Write the bundle and its report to this folder.")
]


def command(
    out: DemoOutOption = Path("touchline-demo"),
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Analyse the bundled sample clip.

    Runs the built-in models on a simulated clip of 24 seconds. The last line of the output is the path of the report.

    Examples:
      touchline demo

    """

    def run() -> int:
        return _run(out, device=device, output=Output(json=json, debug=debug))

    run_guarded(run, debug=debug, json=json)


def _run(out: Path, *, device: Device, output: Output) -> int:
    """Analyse the sample clip into ``out``, its video inside the report."""
    from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
    from touchline.analysis.tasks.track import load_tracker
    from touchline.analysis.tasks.usual import usual_tasks
    from touchline.cli.output import found_lines, result_record
    from touchline.cli.progress import progress_bar
    from touchline.cli.running import has_detector, load_spotters
    from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, ResourceError
    from touchline.report.options import ReportOptions

    spotter = load_spotters((), device=device, flip=None, output=output)
    tracker = load_tracker(device=device) if has_detector() else None
    report = ReportOptions(embed_video=True)
    tasks = usual_tasks(spotter=spotter, tracker=tracker, sound=True, events="fused", report=report)
    with (
        as_file(files("touchline.analysis") / "sample" / "sample.mp4") as clip,
        progress_bar("sample clip") as progress,
    ):
        result = analyze_video(clip, tasks=tasks, options=AnalyzeOptions(out=out), progress=progress)
        output.record(result_record(Path(clip.name), result))
    if result.report is None:
        raise ResourceError(f"{result.bundle}: the report was not written; run the demo again with another --out")
    if not output.json:
        counts = result.summaries["spot"].counts()
        output.say(f"{counts[0]} in a simulated clip of 24 seconds:")
        for line in found_lines(result, listed=True):
            output.say(line)
        output.say("Open the report in a browser:")
        output.say(one_line(str(result.report.absolute())))
    return EXIT_DEGRADED if result.degraded else EXIT_OK
