"""The report: one self-contained HTML file that plays the video and shows its timeline.

The page is made of the sources in ``static/`` (template, style sheet, scripts), inlined when it is written, and of a
JSON block with the data. It loads nothing but the video: a content security policy of hashes forbids the rest. All
that comes from a file or a model is text to the page, never markup.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from touchline.core.actions import Actions
from touchline.core.clock import US_PER_S, format_clock, seconds_from_us
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline, VideoInfo
from touchline.core.sound import SoundReading
from touchline.core.tracks import Tracks
from touchline.formats.files.atomic import write_text_atomic
from touchline.report.page_parts import sha256_source, static_text
from touchline.report.sound import sound_data
from touchline.report.tracks import tracks_data

MAX_CURVE_SAMPLES = 20_000
"""Samples of one confidence curve in the page; longer curves are pooled by their maximum."""

MAX_EMBED_BYTES = 64 * 1024 * 1024
"""The largest video that is put inside the page."""

CURVE_LEVELS = 254
"""A curve's byte is 0 to 254 for a confidence of 0 to 1; 255 means that there is no score."""

_NO_SCORE = 255
_SCRIPTS = (
    "data.js",
    "player.js",
    "draw.js",
    "timeline.js",
    "list.js",
    "tracks.js",
    "people.js",
    "tracklanes.js",
    "soundlanes.js",
    "squad.js",
    "app.js",
)
_MIME_BY_SUFFIX = {".webm": "video/webm", ".mkv": "video/x-matroska", ".ogv": "video/ogg"}
_PLACEHOLDER = re.compile(r"\{\{([A-Z_]+)\}\}")


@dataclass(frozen=True, slots=True)
class Curves:
    """Confidence curves as the page stores them.

    Attributes:
        start_us: time of the first sample.
        step_us: time between samples; not whole when the curve was pooled.
        levels: uint8 (classes, samples); see :data:`CURVE_LEVELS`.

    """

    start_us: int
    step_us: float
    levels: np.ndarray


def write_report(
    path: Path,
    *,
    video: Path,
    info: VideoInfo,
    timeline: Timeline,
    scores: Scores | None,
    coverage: Coverage,
    thresholds: Mapping[str, float],
    title: str,
    embed_video: bool = False,
    candidates: Timeline | None = None,
    truth: Timeline | None = None,
    model_name: str = "",
    model_sha256: str = "",
    tracks: Tracks | None = None,
    actions: Actions | None = None,
    track_notes: Sequence[str] = (),
    sound: SoundReading | None = None,
    remarks: Sequence[str] = (),
) -> None:
    """Write the report of one video as one HTML file, atomically.

    Args:
        path: the HTML file to write.
        video: the video, played by its path relative to the page, so keep the two where they are to each other.
        info: what the video file says of itself; its ``fps`` sets the length of a frame step.
        timeline: the events to show at the given thresholds.
        scores: the curves behind the events; None draws none.
        coverage: which part of the video was analysed.
        thresholds: confidence from which an event of a label is shown, at first; 0 for a label that is missing.
        title: heading of the page.
        embed_video: put the video inside the page, so that it can be sent as one file (up to 64 MiB).
        candidates: every peak down to a low confidence, so that lowering a slider adds events. Peaks are dropped
            by height before closeness and a lower one never displaces a higher one, so the candidates at or above
            a threshold are just the events found with it. None: only the events of ``timeline``.
        truth: known events, drawn as hollow marks above the lanes; precision and recall follow the sliders.
        model_name: the spotter's name.
        model_sha256: hash of its file; the page shows the first 12 digits.
        tracks: people and ball: boxes over the video, a radar, lanes, a table and heat maps; None shows none of it.
        actions: what everyone does, in the lanes of the players and over the video.
        track_notes: remarks on the tracking that a user should hear.
        sound: what was heard, in lanes of its own; None shows none.
        remarks: what a user should know of the events, such as a missing stream.

    Raises:
        UsageError: the video to embed is too large.
        InputError: the video to embed cannot be read.
        ResourceError: the page cannot be written.

    """
    for label, threshold in thresholds.items():
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"threshold of {label!r} is {threshold}; it must be 0 to 1")
    shown = _with_candidates(timeline, candidates)
    labels = _lane_labels(scores, thresholds, shown, truth)
    curves = None if scores is None else pool_curves(scores)
    data = {
        "version": 1,
        "title": title,
        "duration_us": _duration_us(info, coverage, scores, shown),
        "video": _video_facts(path, video=video, info=info, embed=embed_video),
        "lanes": _lanes(labels, scores, curves, thresholds),
        "curve": _curve_grid(curves),
        "events": [_event_row(event, labels) for event in shown],
        "truth": None if truth is None else [_event_row(event, labels) for event in truth],
        "gaps": [[gap.start_us, gap.end_us, gap.reason] for gap in coverage.gaps],
        "tracks": None if tracks is None else tracks_data(tracks, actions=actions, notes=track_notes),
        "sound": None if sound is None else sound_data(sound),
    }
    page = _render(
        data,
        facts=_facts_html(video, info, coverage, model_name=model_name, model_sha256=model_sha256),
        coverage=_coverage_html(coverage, info, scores, remarks=remarks),
        video_base64=_video_base64(video) if embed_video else "",
    )
    write_text_atomic(path, page)


def pool_curves(scores: Scores, *, max_samples: int = MAX_CURVE_SAMPLES) -> Curves:
    """Scores on a regular grid of at most ``max_samples`` times, each the maximum of what fell on it, as bytes.

    Grid times without a score (gaps, NaN) hold 255. No scores give levels of shape (classes, 0).
    """
    classes, count = len(scores.labels), len(scores)
    if count == 0:
        return Curves(0, float(US_PER_S), np.zeros((classes, 0), np.uint8))
    times = scores.times_us.astype(np.float64)
    span_us = float(times[-1] - times[0])
    step_us = float(np.median(np.diff(times))) if count > 1 else float(US_PER_S)
    samples = round(span_us / step_us) + 1
    if samples > max_samples:
        samples = max_samples
        step_us = span_us / (samples - 1) if samples > 1 else max(span_us, 1.0)
    index = np.minimum(np.rint((times - times[0]) / step_us).astype(np.int64), samples - 1)
    known = np.isfinite(scores.values)
    quantised = np.rint(np.clip(np.where(known, scores.values, 0.0), 0.0, 1.0) * CURVE_LEVELS).astype(np.int16)
    pooled = np.full((samples, classes), -1, np.int16)
    np.maximum.at(pooled, index, np.where(known, quantised, -1))
    levels = np.where(pooled < 0, _NO_SCORE, pooled).astype(np.uint8)
    return Curves(int(scores.times_us[0]), step_us, np.ascontiguousarray(levels.T))


def analysed_spans(coverage: Coverage) -> list[tuple[int, int]]:
    """The spans ``[start_us, end_us)`` of a video that lie in no gap, in order."""
    spans, position = [], 0
    for gap in sorted(coverage.gaps, key=lambda gap: gap.start_us):
        if gap.start_us > position:
            spans.append((position, min(gap.start_us, coverage.duration_us)))
        position = max(position, gap.end_us)
    if position < coverage.duration_us:
        spans.append((position, coverage.duration_us))
    return [(start, end) for start, end in spans if end > start]


def relative_url(target: Path, *, page: Path) -> str:
    """URL of a file as seen from a page: relative, percent-encoded; absolute when they share no root."""
    try:
        relative = os.path.relpath(os.path.abspath(target), os.path.dirname(os.path.abspath(page)))
    except ValueError:  # another drive: there is no relative path
        return Path(os.path.abspath(target)).as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")), safe="/")


def _with_candidates(timeline: Timeline, candidates: Timeline | None) -> tuple[Event, ...]:
    """The candidates and what the timeline has beyond them, in order."""
    if candidates is None:
        return timeline.events
    known = {(event.half, event.start_us, event.label) for event in candidates}
    extra = [event for event in timeline if (event.half, event.start_us, event.label) not in known]
    return Timeline((*candidates.events, *extra)).events


def _lane_labels(
    scores: Scores | None, thresholds: Mapping[str, float], events: Iterable[Event], truth: Timeline | None
) -> list[str]:
    """Labels in the order of their lanes: the model's, the thresholds', then any others by name."""
    found = {event.label for event in events} | {event.label for event in truth or ()}
    ordered = [*(scores.labels if scores is not None else ()), *thresholds, *sorted(found)]
    return list(dict.fromkeys(ordered))


def _duration_us(info: VideoInfo, coverage: Coverage, scores: Scores | None, events: Sequence[Event]) -> int:
    ends = [event.end_us or event.start_us for event in events]
    last_score = int(scores.times_us[-1]) if scores is not None and len(scores) else 0
    return max(info.duration_us, coverage.duration_us, last_score, *ends, 1)


def _video_facts(page: Path, *, video: Path, info: VideoInfo, embed: bool) -> dict[str, object]:
    converted = f"{video.stem}-h264.mp4".removeprefix("-")
    command = ["ffmpeg", "-i", video.name, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    return {
        "name": video.name,
        "src": "" if embed else relative_url(video, page=page),
        "mime": _MIME_BY_SUFFIX.get(video.suffix.lower(), "video/mp4"),
        "fps": info.fps,
        "width": info.width,
        "height": info.height,
        "codec": info.codec,
        "convert": shlex.join([*command, "-movflags", "+faststart", converted]),
        "converted": converted,
    }


def _lanes(
    labels: Sequence[str], scores: Scores | None, curves: Curves | None, thresholds: Mapping[str, float]
) -> list[dict[str, object]]:
    levels = {} if scores is None or curves is None else dict(zip(scores.labels, curves.levels, strict=True))
    return [
        {
            "label": label,
            "threshold": thresholds.get(label, 0.0),
            "curve": base64.b64encode(levels[label].tobytes()).decode("ascii") if label in levels else None,
        }
        for label in labels
    ]


def _curve_grid(curves: Curves | None) -> dict[str, float]:
    if curves is None:
        return {"start_us": 0, "step_us": US_PER_S}
    return {"start_us": curves.start_us, "step_us": round(curves.step_us, 3)}


def _event_row(event: Event, labels: Sequence[str]) -> list[object]:
    confidence = float(f"{event.confidence:.9g}")  # nine digits keep every float32
    known = [event.team, event.player, event.half, event.visible, event.source]
    return [labels.index(event.label), event.start_us, event.end_us, confidence, *known]


def _video_base64(video: Path) -> str:
    try:
        size = video.stat().st_size
        if size > MAX_EMBED_BYTES:
            raise UsageError(
                f"{video} has {size / 2**20:.0f} MiB; at most {MAX_EMBED_BYTES // 2**20} MiB can be put inside a "
                "report. Leave it beside the report instead."
            )
        return base64.b64encode(video.read_bytes()).decode("ascii")
    except OSError as error:
        raise InputError(f"{video}: cannot be read to be put inside the report: {error.strerror}") from error


def _facts_html(video: Path, info: VideoInfo, coverage: Coverage, *, model_name: str, model_sha256: str) -> str:
    """The line under the title: file, duration, picture, model."""
    duration = format_clock(coverage.duration_us or info.duration_us)
    facts = [("File", video.name), ("Duration", duration), ("Picture", f"{info.width} × {info.height}")]
    if info.fps:
        facts.append(("Rate", f"{info.fps:.5g} fps"))
    if info.codec:
        facts.append(("Codec", info.codec))
    if model_name:
        facts.append(("Model", f"{model_name} ({model_sha256[:12]})" if model_sha256 else model_name))
    return "".join(f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts)


def _coverage_html(coverage: Coverage, info: VideoInfo, scores: Scores | None, *, remarks: Sequence[str]) -> str:
    """What was analysed and what was lost, as a summary line and its details."""
    spans = analysed_spans(coverage)
    analysed_us = sum(end - start for start, end in spans)
    whole_us = coverage.duration_us
    state = "complete" if coverage.complete else "degraded"
    summary = f"Analysed {_seconds(analysed_us)} of {_seconds(whole_us)}"
    summary += ", nothing lost" if coverage.complete else f", {_seconds(whole_us - analysed_us)} lost"
    lines = ["Analysed: " + (", ".join(_span(start, end) for start, end in spans) or "nothing") + "."]
    lines += [f"Lost: {_gap_text(gap)}." for gap in coverage.gaps]
    lines.append(f"{coverage.frames_decoded:,} frames decoded, {coverage.packets_skipped:,} damaged packets skipped.")
    if scores is not None and len(scores):
        lines.append(f"Scores reach from {_span(int(scores.times_us[0]), int(scores.times_us[-1]))}.")
    lines += [f"Mended: {repair}" for repair in coverage.repairs]
    lines += [f"Note: {note}" for note in (*info.notes, *remarks)]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return (
        f'<details class="coverage {state}" id="coverage"><summary>{html.escape(summary)}</summary>'
        f"<ul>{items}</ul></details>"
    )


def _seconds(duration_us: int) -> str:
    """A length: ``"5.480 s"``, from a minute on ``"1:02.500"``."""
    return format_clock(duration_us) if duration_us >= 60 * US_PER_S else f"{seconds_from_us(duration_us):.3f} s"


def _span(start_us: int, end_us: int) -> str:
    return f"{format_clock(start_us)} to {format_clock(end_us)}"


def _gap_text(gap: Gap) -> str:
    return f"{_span(gap.start_us, gap.end_us)} ({_seconds(gap.end_us - gap.start_us)}): {gap.reason}"


def _render(data: Mapping[str, object], *, facts: str, coverage: str, video_base64: str) -> str:
    """The template with every part put in, in one pass: no part is searched for placeholders again."""
    style = static_text("report.css")
    script = "(() => {\n'use strict';\n" + "\n".join(static_text(name) for name in _SCRIPTS) + "})();\n"
    parts = {
        "TITLE": html.escape(str(data["title"])),
        "POLICY": _policy(style=style, script=script),
        "STYLE": style,
        "SCRIPT": script,
        "FACTS": facts,
        "COVERAGE": coverage,
        "DATA": _json_in_html(data),
        "VIDEO": video_base64,
    }
    page = _PLACEHOLDER.sub(lambda match: parts[match[1]], static_text("report.html"))
    return page.encode("utf-8", "xmlcharrefreplace").decode("utf-8")


def _policy(*, style: str, script: str) -> str:
    """The content security policy: this script, this style, the video; no request to anywhere else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{sha256_source(script)}'",
            f"style-src '{sha256_source(style)}'",
            "media-src 'self' file: blob:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def _json_in_html(data: Mapping[str, object]) -> str:
    """JSON that cannot end its script element or be read as markup; all beyond ASCII is escaped."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
