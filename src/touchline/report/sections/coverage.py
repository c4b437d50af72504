"""The parts of the video that were analysed, and those that were lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from touchline.core.clock import US_PER_S, format_clock, seconds_from_us
from touchline.core.events import Coverage, Gap
from touchline.report.sections.section import Section
from touchline.report.values import BundleValues


def _data(values: BundleValues) -> Mapping[str, object]:
    return {"gaps": _rows(values.coverage.gaps), "doubtful": _rows(values.coverage.doubtful)}


def _rows(gaps: Sequence[Gap]) -> list[list[object]]:
    return [[gap.start_us, gap.end_us, gap.reason] for gap in gaps]


SECTION = Section(_data)


@dataclass(frozen=True, slots=True)
class CoverageWords:
    """The coverage of an analysis in words.

    Attributes:
        state: "complete" or "degraded".
        summary: one line.
        lines: the details.

    """

    state: str
    summary: str
    lines: tuple[str, ...]


def coverage_words(values: BundleValues) -> CoverageWords:
    """Return the analysed and lost parts as a summary line and details."""
    coverage, scores = values.coverage, values.scores
    spans = analysed_spans(coverage)
    analysed_us, whole_us = sum(end - start for start, end in spans), coverage.duration_us
    summary = f"Analysed {_seconds(analysed_us)} of {_seconds(whole_us)}"
    lost = whole_us > analysed_us or coverage.packets_skipped or not coverage.doubtful
    summary += f", {_seconds(whole_us - analysed_us)} lost" if lost and not coverage.complete else ", nothing lost"
    summary += f", {_seconds(coverage.doubtful_us)} doubtful" if coverage.doubtful else ""
    lines = ["Analysed: " + (", ".join(_span(start, end) for start, end in spans) or "nothing") + "."]
    lines += [f"Lost: {_gap_text(gap)}." for gap in coverage.gaps]
    lines += [f"Doubtful: {_gap_text(gap)}." for gap in coverage.doubtful]
    lines.append(f"{coverage.frames_decoded:,} frames decoded, {coverage.packets_skipped:,} damaged packets skipped.")
    if scores is not None and len(scores):
        lines.append(f"Scores cover {_span(int(scores.times_us[0]), int(scores.times_us[-1]))}.")
    lines += [f"Repaired: {repair}" for repair in coverage.repairs]
    lines += [f"Note: {note}" for note in (*values.info.notes, *_remarks(values))]
    return CoverageWords("complete" if coverage.complete else "degraded", summary, tuple(lines))


def _remarks(values: BundleValues) -> list[str]:
    """Return remarks on the events, such as a missing stream; those on the sound are shown beside its lanes."""
    heard = () if values.sound is None else values.sound.remarks
    return [remark for remark in values.manifest.spotting.get("remarks", ()) if remark not in heard]


def analysed_spans(coverage: Coverage) -> list[tuple[int, int]]:
    """Return the spans ``[start_us, end_us)`` of a video outside all gaps, in order."""
    spans, position = [], 0
    for gap in sorted(coverage.gaps, key=lambda gap: gap.start_us):
        if gap.start_us > position:
            spans.append((position, min(gap.start_us, coverage.duration_us)))
        position = max(position, gap.end_us)
    if position < coverage.duration_us:
        spans.append((position, coverage.duration_us))
    return [(start, end) for start, end in spans if end > start]


def _seconds(duration_us: int) -> str:
    """Format a duration: ``"5.480 s"``, or ``"1:02.500"`` from a minute on."""
    return format_clock(duration_us) if duration_us >= 60 * US_PER_S else f"{seconds_from_us(duration_us):.3f} s"


def _span(start_us: int, end_us: int) -> str:
    return f"{format_clock(start_us)} to {format_clock(end_us)}"


def _gap_text(gap: Gap) -> str:
    return f"{_span(gap.start_us, gap.end_us)} ({_seconds(gap.end_us - gap.start_us)}): {gap.reason}"
