"""How results are printed: tables and lines for people, records under ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output, one_line
from touchline.core.clock import format_clock
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.result import AnalysisResult


def tell_result(video: Path, result: AnalysisResult, *, output: Output, listed: bool) -> None:
    """Print the result of one video; what was found one by one where it is ``listed``."""
    if listed:
        for row in (row for summary in result.summaries.values() for row in summary.rows()):
            output.record({"type": row["type"], "video": str(video), **row})
    output.record(result_record(video, result))
    for line in warning_lines(result):
        output.note(f"touchline: warning: {one_line(f'{video}: {line}')}")
    if not output.json:
        for line in _result_lines(video, result, listed=listed):
            output.say(line)


def _result_lines(video: Path, result: AnalysisResult, *, listed: bool) -> Iterator[str]:
    """The result of one video for people."""
    if result.verdict:
        yield one_line(result.verdict)
    counts = [count for summary in result.summaries.values() for count in summary.counts()]
    yield one_line(f"{video}: {', '.join(counts)}{_how(result)}")
    yield from found_lines(result, listed=listed)
    for remark in result.remarks:
        yield f"  note: {one_line(remark)}"
    for name, path in (
        ("bundle", result.bundle),
        ("overlay", result.overlay),
        ("report", result.report),
        ("keepers", result.keepers),
    ):
        if path is not None:
            yield one_line(f"{name}: {path}")


def found_lines(result: AnalysisResult, *, listed: bool) -> Iterator[str]:
    """What every task found, in words."""
    for summary in result.summaries.values():
        for line in summary.lines(listed=listed):
            yield f"  {one_line(line)}"


def warning_lines(result: AnalysisResult) -> list[str]:
    """What went wrong without stopping the work: lost parts, picked boxes that match nobody."""
    return [*coverage_lines(result), *(line for summary in result.summaries.values() for line in summary.warnings())]


def _how(result: AnalysisResult) -> str:
    """Whether the result was read from the bundle or continued; "" for a plain run."""
    if result.reused:
        return " (already analysed with these models; --force analyses it again)"
    if result.resumed_from_us is not None:
        return f" (continued from {format_clock(result.resumed_from_us, decimals=0)}, where an earlier run stopped)"
    return ""


def coverage_lines(result: AnalysisResult) -> list[str]:
    """The parts of the video that were lost or are doubtful; empty for a complete one."""
    coverage = result.coverage
    if coverage.complete:
        return []
    spans = [
        f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)} could not be analysed: {gap.reason}"
        for gap in coverage.gaps
    ]
    spans += [
        f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)} is doubtful: {gap.reason}"
        for gap in coverage.doubtful
    ]
    skipped = [f"{counted(coverage.packets_skipped, 'damaged packet')} skipped"] if coverage.packets_skipped else []
    return [one_line(line) for line in (*spans, *skipped)]


def result_record(video: Path, result: AnalysisResult) -> dict[str, Any]:
    """The result of a video as a ``--json`` record; None for what was not asked for."""
    found: dict[str, Any] = {"events": None, "tracking": None, "sound": None, "likeness": None}
    for summary in result.summaries.values():
        found |= summary.record()
    return {
        "type": "result",
        "video": str(video),
        "bundle": str(result.bundle),
        "report": None if result.report is None else str(result.report),
        "keepers": None if result.keepers is None else str(result.keepers),
        "overlay": None if result.overlay is None else str(result.overlay),
        **found,
        "degraded": result.degraded,
        "reused": result.reused,
        "coverage": {
            **asdict(result.coverage),
            "lost_us": result.coverage.lost_us,
            "doubtful_us": result.coverage.doubtful_us,
        },
        "timings_s": dict(result.timings_s),
        "remarks": list(result.remarks),
    }
