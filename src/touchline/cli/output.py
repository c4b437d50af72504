"""How results are printed: tables and lines for people, records under ``--json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output, one_line
from touchline.core.clock import format_clock
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.pipeline import AnalysisResult
    from touchline.analysis.tracking_summary import TrackingSummary
    from touchline.core.events import Event
    from touchline.core.sound import SoundReading


def tell_result(video: Path, result: AnalysisResult, *, output: Output, list_events: bool) -> None:
    """Print the result of one video."""
    if list_events:
        for event in result.timeline:
            output.record(event_record(video, event))
    output.record(result_record(video, result))
    for line in warning_lines(result):
        output.note(f"touchline: warning: {one_line(f'{video}: {line}')}")
    if not output.json:
        for line in _result_lines(video, result, list_events=list_events):
            output.say(line)


def _result_lines(video: Path, result: AnalysisResult, *, list_events: bool) -> Iterator[str]:
    """The result of one video for people."""
    yield one_line(f"{video}: {', '.join(_counts(result))}{_how(result)}")
    if "spot" in result.tasks and (list_events or result.timeline.events):
        yield events_table(result.timeline.events) if list_events else _labels_line(result)
    for line in [] if result.tracking is None else tracking_lines(result.tracking):
        yield f"  {one_line(line)}"
    for line in [] if result.sound is None else sound_lines(result.sound):
        yield f"  {one_line(line)}"
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


def _labels_line(result: AnalysisResult) -> str:
    """How many events of each label, on a line."""
    counts = Counter(event.label for event in result.timeline)
    return "  " + ", ".join(f"{label} {count}" for label, count in sorted(counts.items()))


def warning_lines(result: AnalysisResult) -> list[str]:
    """What went wrong without stopping the work: lost parts, picked boxes that match nobody."""
    return [*coverage_lines(result), *(result.tracking.unmatched if result.tracking else ())]


def _counts(result: AnalysisResult) -> list[str]:
    """How much was found, by task."""
    events = [counted(len(result.timeline), "event")] if "spot" in result.tasks else []
    found = result.tracking
    tracks = [] if found is None else [f"{counted(found.people, 'track')} of people, {found.balls} of the ball"]
    return [*events, *tracks]


def tracking_lines(found: TrackingSummary) -> list[str]:
    """What was tracked: roles, teams, camera shots, and notes for the user."""
    roles = ", ".join(f"{label} {count}" for label, count in (found.labels or {}).items())
    teams = ", ".join(f"team {team} {count}" for team, count in (found.teams or {}).items())
    kinds = Counter(shot.kind for shot in found.shots)
    shots = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [f"tracks: {'; '.join(words for words in (roles, teams) if words)}"] if roles else []
    lines.append(f"{counted(len(found.shots), 'camera shot')}: {shots}")
    if found.people:
        lines.append(f"{100 * found.placed:.0f} % of the boxes of people have a position on the pitch")
    return [*lines, *(f"note: {note}" for note in found.notes)]


def sound_lines(heard: SoundReading) -> list[str]:
    """What was heard, in words."""
    notes = [f"note: {note}" for note in heard.remarks]
    if not len(heard):
        return notes
    rises = counted(len(heard.swells), "rise")
    return [f"sound: {counted(len(heard.whistles), 'whistle')}, {rises} in the noise of the crowd", *notes]


def _how(result: AnalysisResult) -> str:
    """Whether the result was read from the bundle or continued; "" for a plain run."""
    if result.reused:
        return " (already analysed with these models; --force analyses it again)"
    if result.resumed_from_us is not None:
        return f" (continued from {format_clock(result.resumed_from_us, decimals=0)}, where an earlier run stopped)"
    return ""


def events_table(events: Sequence[Event]) -> str:
    """The events as aligned plain text: time, label, confidence."""
    if not events:
        return "  no event reached its confidence threshold; --threshold all=VALUE lowers it"
    width = max(len(event.label) for event in events)
    rows = [f"  {'time':>11}  {'label':<{width}}  confidence"]
    rows += [f"  {format_clock(e.start_us):>11}  {one_line(e.label):<{width}}  {e.confidence:10.2f}" for e in events]
    return "\n".join(rows)


def coverage_lines(result: AnalysisResult) -> list[str]:
    """The parts of the video that were lost; empty for a complete one."""
    coverage = result.coverage
    if coverage.complete:
        return []
    spans = [
        f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)} could not be analysed: {gap.reason}"
        for gap in coverage.gaps
    ]
    skipped = [f"{counted(coverage.packets_skipped, 'damaged packet')} skipped"] if coverage.packets_skipped else []
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
        "keepers": None if result.keepers is None else str(result.keepers),
        "overlay": None if result.overlay is None else str(result.overlay),
        "events": len(result.timeline) if "spot" in result.tasks else None,
        "tracking": None if result.tracking is None else result.tracking.to_json(),
        "sound": None if result.sound is None else sound_record(result.sound),
        "degraded": result.degraded,
        "reused": result.reused,
        "coverage": {**asdict(result.coverage), "lost_us": result.coverage.lost_us},
        "timings_s": dict(result.timings_s),
        "remarks": list(result.remarks),
    }


def sound_record(heard: SoundReading) -> dict[str, Any]:
    """What was heard as a part of a ``--json`` record."""
    return {
        "seconds": round(heard.seconds, 3),
        "whistles": [asdict(whistle) for whistle in heard.whistles],
        "swells": [asdict(swell) for swell in heard.swells],
        "remarks": list(heard.remarks),
    }
