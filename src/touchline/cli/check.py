"""``touchline check``: what is damaged in video files, and how to repair it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, one_line, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.options import AnyDeviceOption, DebugOption, FromOption, JsonOption, StreamOption, VideosArgument
from touchline.cli.progress import progress_bar
from touchline.core.clock import format_clock
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.cli.given.paths import Given
    from touchline.media.check import CheckReport

_MARKS = {"ok": "  ", "warning": "! ", "error": "x "}


def command(
    videos: VideosArgument = None,
    listed: FromOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Read the headers and the first frame only.")] = False,
    stream: StreamOption = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Check video files for damage.

    Decodes each file, lists what is wrong with it and how to repair it. Exit code 0 means that all is well, 3 that
    the file is unusable, 4 that it is damaged but usable, or that some of several files are unusable.

    Examples:
      touchline check match.mp4
      touchline check *.mp4 --quick

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.cli.given.paths import given_videos

        given = given_videos(videos, listed=listed, output=output)
        return check_all(given, quick=quick, stream=stream, output=output)

    run_guarded(run, debug=debug, json=json)


def check_all(videos: Sequence[Given], *, quick: bool, stream: int | None, output: Output) -> int:
    """Check each file, print what was found, and return the exit code of all."""
    inputs = Inputs("videos", output=output)
    for given in videos:
        video = str(given.path)
        with inputs.one(video, path=video):
            given.check()
            inputs.done(_check_one(video, quick=quick, stream=stream, output=output))
    return inputs.finish()


def _check_one(video: str, *, quick: bool, stream: int | None, output: Output) -> int:
    """Check one file and print what was found."""
    from touchline.media.check import check_video

    with progress_bar(Path(video).name) as progress:
        report = check_video(video, decode=not quick, stream=stream, progress=progress)
    code = EXIT_DEGRADED if report.severity == "error" else EXIT_OK
    output.record({**as_record(report), "exit_code": code})
    if not output.json:
        _tell(report, output)
    return code


def as_record(report: CheckReport) -> dict[str, Any]:
    """A report as plain values for JSON."""
    from dataclasses import asdict

    record = {
        "path": str(report.info.path),
        "severity": report.severity,
        "info": {**asdict(report.info), "path": str(report.info.path)},
        "coverage": None,
        "findings": [asdict(finding) for finding in report.findings],
        "sound": [asdict(track) for track in report.sound],
    }
    if report.coverage is not None:
        coverage = report.coverage
        record["coverage"] = {
            **asdict(coverage),
            "lost_us": coverage.lost_us,
            "doubtful_us": coverage.doubtful_us,
            "complete": coverage.complete,
        }
    return record


def _tell(report: CheckReport, output: Output) -> None:
    """A report in words."""
    info = report.info
    rate = f"{info.fps:.2f} fps" if info.fps else "frame rate unknown"
    output.say(
        f"{one_line(str(info.path))}: {info.codec} {info.width}x{info.height} {info.pixel_format}, {rate}, "
        f"{'with' if info.has_audio else 'without'} sound"
    )
    if report.coverage is not None:
        coverage = report.coverage
        doubtful = f", {format_clock(coverage.doubtful_us)} doubtful" if coverage.doubtful else ""
        output.say(
            f"   {counted(coverage.frames_decoded, 'frame')}, {format_clock(coverage.duration_us)} long, "
            f"{format_clock(coverage.lost_us)} lost in {counted(len(coverage.gaps), 'gap')}{doubtful}"
        )
    for track in report.sound:
        output.say(one_line(f"   sound track {track}: {track.codec}, {track.rate_hz / 1000:g} kHz"))
    for finding in report.findings:
        remedy = f" -> {finding.remedy}" if finding.remedy else ""
        output.say(f" {_MARKS[finding.severity]}{one_line(finding.message)}{remedy}")
    if report.severity == "ok":
        output.say("   fit for analysis")
