"""One span of a video as a video of its own: copied where that is exact, otherwise encoded to the exact frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Gap
from touchline.media.cutting.copying import copied_suffix, copy_span, key_frame_before
from touchline.media.cutting.cut import Cut, Source
from touchline.media.cutting.passes import run_cuts
from touchline.media.cutting.targets import ClipFile
from touchline.media.facts import StreamFacts
from touchline.media.video import Progress, VideoReader

SUFFIXES = (".mp4", ".mkv")
"""Endings of the files that can be written."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What the new video shows.

    Attributes:
        path: the new video.
        start_us, end_us: span that it shows, microseconds from the first shown frame of the old one.
        copied: whether packets were copied; otherwise the span was encoded again.
        gaps: parts of the span that could not be read.
        doubtful: parts of it whose pictures may be wrong.

    """

    path: Path
    start_us: int
    end_us: int
    copied: bool
    gaps: tuple[Gap, ...] = ()
    doubtful: tuple[Gap, ...] = ()


def trim_video(
    video: Path,
    out: Path,
    *,
    start_us: int,
    end_us: int,
    fast: bool = False,
    stream: int | None = None,
    progress: Progress | None = None,
) -> Trimmed:
    """Write a span of a video to a file of its own.

    Packets are copied if a key frame lies within half a frame of the start, so that no time shifts; otherwise the span
    is encoded again (H.264, AAC) and begins with the picture that is on screen at its start.

    Args:
        video: the old video.
        out: the new one, ``.mp4`` or ``.mkv``; an older file is replaced.
        start_us: start of the span, microseconds from the first shown frame.
        end_us: its end, after the start.
        fast: copy from the key frame before even if it lies earlier.
        stream: index of the video stream; None takes the default one.
        progress: called with the microseconds done and the total.

    Raises:
        ValueError: the span is empty.
        UsageError: another ending.
        InputError: the video cannot be read, or ends before the span begins.
        ResourceError: the file cannot be written.

    """
    if not 0 <= start_us < end_us:
        raise ValueError(f"span {start_us} to {end_us} us must satisfy 0 <= start < end")
    if out.suffix not in SUFFIXES:
        raise UsageError(f"{out}: a video is written as {' or '.join(SUFFIXES)}; choose one of these endings")
    reader = VideoReader(video, stream=stream)
    facts = reader.facts
    if _copies(facts, out) and (fast or _begins_with_key(facts, start_us)):
        from_us = start_us if fast else start_us + facts.step_us // 2
        copied = copy_span(facts, out, start_us=from_us, end_us=end_us)
        if copied is not None:
            return Trimmed(out, copied.start_us, min(copied.end_us, end_us), copied=True)
    source = Source(facts)
    cut = Cut(start_us, end_us, [ClipFile(out, form=source.form())])
    run_cuts(reader, source, [cut], progress=progress)
    if not cut.frames:
        raise InputError(f"{video}: shows nothing from {start_us / 1e6:.1f} s on; the span lies after its end")
    return Trimmed(out, start_us, cut.shown_until_us, copied=False, gaps=cut.gaps, doubtful=cut.doubtful)


def _copies(facts: StreamFacts, out: Path) -> bool:
    """Return whether a file of this ending takes the video's packets."""
    suffix = copied_suffix(facts)
    return suffix is not None and out.suffix in (suffix, ".mkv")


def _begins_with_key(facts: StreamFacts, start_us: int) -> bool:
    """Return whether a copy from the nearest key frame begins within half a frame of the start."""
    half_step_us = facts.step_us // 2
    key_us = key_frame_before(facts, time_us=start_us + half_step_us)
    return key_us is not None and abs(key_us - start_us) <= half_step_us
