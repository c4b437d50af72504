"""Running one analysis after another over the videos of a command line; shared by spot, analyze and demo."""

from __future__ import annotations

import re
import shutil
import stat
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Device, Output, one_line, progress_bar
from touchline.clock import format_clock
from touchline.errors import EXIT_DEGRADED, EXIT_OK, InputError, TouchlineError, UsageError

if TYPE_CHECKING:
    from touchline.analysis.pipeline import AnalysisResult, AnalyzeOptions
    from touchline.spotting.spotter import BaseSpotter
    from touchline.types import Event, VideoInfo

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://?[^/]")
_TRIAL_S = 4.0


def check_requests(videos: Sequence[Path], *, out: Path | None) -> None:
    """Refuse what can be no video at all, before any work is done.

    Raises:
        UsageError: a folder, a pipe or device, a URL, or two videos that would share one bundle.

    """
    bundles: dict[Path, Path] = {}
    for video in videos:
        _check_kind(video)
        bundle = (out or video.parent).absolute() / f"{video.stem}.touchline"
        if bundle in bundles:
            raise UsageError(
                f"{bundles[bundle]} and {video} would both be written to {bundle}; give each its own --out"
            )
        bundles[bundle] = video


def _check_kind(video: Path) -> None:
    """Refuse one request that is no file."""
    try:
        mode = video.stat().st_mode
    except (OSError, ValueError):
        if _URL.match(str(video)):
            raise UsageError(f"{video}: is a URL; download it first and give the file") from None
        return
    if stat.S_ISDIR(mode):
        raise UsageError(f"{video}: is a folder; name the videos in it, e.g. {video}/*.mp4")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{video}: is no regular file (a pipe or device); save it as a file first")


def analyze_videos(
    videos: Sequence[Path],
    *,
    models: Sequence[str],
    device: Device,
    flip: bool | None,
    options: AnalyzeOptions,
    dry_run: bool,
    list_events: bool,
    output: Output,
) -> int:
    """Load the models and analyse each video; one failing does not stop the others. Return the exit code of all."""
    spotter = load(models, device=device, flip=flip, output=output)
    spotter.thresholds_with(options.thresholds)  # a wrong one is told once, not for each video
    if dry_run:
        return estimate(videos, spotter=spotter, options=options, output=output)
    codes = [_run_video(v, spotter=spotter, options=options, output=output, list_events=list_events) for v in videos]
    return batch_code(codes)


def read_thresholds(words: Sequence[str]) -> dict[str, float]:
    """Thresholds given as ``LABEL=VALUE``; of two for one label the last holds.

    Raises:
        UsageError: a word of another form.

    """
    thresholds = {}
    for word in words:
        label, _, value = word.rpartition("=")
        try:
            thresholds[label] = float(value)
        except ValueError:
            label = ""
        if not label:
            raise UsageError(f"--threshold {word!r} is not LABEL=VALUE; write for instance --threshold PASS=0.5")
    return thresholds


def load(names: Sequence[str], *, device: Device, flip: bool | None, output: Output) -> BaseSpotter:
    """The spotter of the command line, an ensemble of several; which device each got, and why, goes to stderr."""
    from touchline.spotting.ensemble import EnsembleSpotter
    from touchline.spotting.spotter import load_spotter

    spotters = [load_spotter(name, device=device, flip=flip) for name in names or (None,)]
    for spotter in spotters:
        output.note(f"touchline: model {spotter.name}, {spotter.device_reason}")
    return spotters[0] if len(spotters) == 1 else EnsembleSpotter(spotters)


def batch_code(codes: Sequence[int]) -> int:
    """The exit code of several inputs: their own where they agree, else 4."""
    return codes[0] if len(set(codes)) == 1 else EXIT_DEGRADED


def _run_video(video: Path, *, spotter: BaseSpotter, options: AnalyzeOptions, output: Output, list_events: bool) -> int:
    """Analyse one video and tell what came of it; return its exit code."""
    from touchline.analysis.pipeline import analyze_video

    try:
        if not video.exists():
            raise InputError(f"{video}: no such file; check the path")
        with progress_bar(video.name) as progress:
            result = analyze_video(video, spotter=spotter, options=options, progress=progress)
    except TouchlineError as error:
        output.error(error, type="error", video=str(video))
        return error.exit_code
    _tell(video, result, output=output, list_events=list_events)
    return EXIT_DEGRADED if result.degraded else EXIT_OK


def _tell(video: Path, result: AnalysisResult, *, output: Output, list_events: bool) -> None:
    """Tell the result of one video."""
    if list_events:
        for event in result.timeline:
            output.record(event_record(video, event))
    output.record(result_record(video, result))
    if output.json:
        return
    output.say(one_line(f"{video}: {len(result.timeline)} events{_how(result)}"))
    if list_events:
        output.say(events_table(result.timeline.events))
    else:
        counts = Counter(event.label for event in result.timeline)
        output.say("  " + ", ".join(f"{label} {count}" for label, count in sorted(counts.items())))
    for line in coverage_lines(result):
        output.note(f"touchline: warning: {one_line(str(video))}: {line}")
    output.say(one_line(f"bundle: {result.bundle}"))
    if result.report is not None:
        output.say(one_line(f"report: {result.report}"))


def _how(result: AnalysisResult) -> str:
    """How the result came about, where that is worth saying."""
    if result.reused:
        return " (already analysed with this model; --force analyses it again)"
    if result.resumed_from_us is not None:
        return f" (taken up at {format_clock(result.resumed_from_us, decimals=0)} where an earlier run had stopped)"
    return ""


def events_table(events: Sequence[Event]) -> str:
    """The events as aligned plain text: time, label, confidence."""
    if not events:
        return "  no event reached its threshold"
    width = max(len(event.label) for event in events)
    rows = [f"  {'time':>11}  {'label':<{width}}  confidence"]
    rows += [f"  {format_clock(e.start_us):>11}  {one_line(e.label):<{width}}  {e.confidence:10.2f}" for e in events]
    return "\n".join(rows)


def coverage_lines(result: AnalysisResult) -> list[str]:
    """What was lost of the video, in words; nothing where it is whole."""
    coverage = result.coverage
    if coverage.complete:
        return []
    spans = [
        f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)} could not be analysed: {gap.reason}"
        for gap in coverage.gaps
    ]
    skipped = [f"{coverage.packets_skipped} damaged packets were skipped"] if coverage.packets_skipped else []
    return [one_line(line) for line in (*spans, *skipped)]


def event_record(video: Path, event: Event) -> dict[str, Any]:
    """An event as a ``--json`` record."""
    return {
        "type": "event",
        "video": str(video),
        "label": event.label,
        "time_us": event.start_us,
        "time": format_clock(event.start_us),
        "confidence": round(event.confidence, 6),
    }


def result_record(video: Path, result: AnalysisResult) -> dict[str, Any]:
    """The result of a video as a ``--json`` record."""
    return {
        "type": "result",
        "video": str(video),
        "bundle": str(result.bundle),
        "report": None if result.report is None else str(result.report),
        "events": len(result.timeline),
        "degraded": result.degraded,
        "reused": result.reused,
        "coverage": {**asdict(result.coverage), "lost_us": result.coverage.lost_us},
        "timings_s": dict(result.timings_s),
    }


def estimate(videos: Sequence[Path], *, spotter: BaseSpotter, options: AnalyzeOptions, output: Output) -> int:
    """Say how long each analysis would take, from a trial on its first seconds; nothing is written."""
    from touchline.media.video import probe

    codes = []
    for video in videos:
        try:
            info = probe(video, stream=options.stream)
            speed = _trial_speed(video, info=info, spotter=spotter)
        except TouchlineError as error:
            output.error(error, type="error", video=str(video))
            codes.append(error.exit_code)
            continue
        needed_s = info.duration_us / 1e6 / speed
        free_gb = shutil.disk_usage(_existing(options.out or video.parent)).free / 1e9
        output.record(
            {"type": "estimate", "video": str(video), "seconds": round(needed_s, 3), "speed": round(speed, 2)}
        )
        if not output.json:
            output.say(
                one_line(
                    f"{video}: {format_clock(info.duration_us, decimals=0)} of {info.width}x{info.height} video, "
                    f"about {format_clock(round(needed_s * 1e6), decimals=0)} to analyse ({speed:.1f}x real time), "
                    f"{free_gb:.1f} GB free for its bundle"
                )
            )
        codes.append(EXIT_OK)
    return batch_code(codes)


def _trial_speed(video: Path, *, info: VideoInfo, spotter: BaseSpotter) -> float:
    """Seconds of video analysed a second, over the first seconds of a video."""
    from itertools import takewhile

    from touchline.analysis.scoring import grid_samples
    from touchline.media.video import VideoReader

    started_s = time.monotonic()
    with VideoReader(video, stream=info.stream_index) as reader:
        frames = takewhile(lambda frame: frame.time_us < _TRIAL_S * 1e6, reader.frames())
        for _ in spotter.stream(grid_samples(frames, fps=spotter.fps)):
            pass
    analysed_s = min(_TRIAL_S, info.duration_us / 1e6) or _TRIAL_S
    return analysed_s / max(time.monotonic() - started_s, 1e-6)


def _existing(folder: Path) -> Path:
    """The nearest folder above that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
