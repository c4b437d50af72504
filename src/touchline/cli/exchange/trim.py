"""``touchline convert`` of videos: SoccerNet's untrimmed HQ videos cut to their half by ``video.ini``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.given.paths import VIDEO_ENDINGS
from touchline.cli.progress import progress_bar
from touchline.core.clock import format_clock
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError

if TYPE_CHECKING:
    from touchline.formats.soccernet.video_ini import HalfSpan
    from touchline.media.cutting.trimming import Trimmed

_LATE_US = 2_000_000
"""A video that ends this much before its half does is cut short."""


def is_video(path: Path) -> bool:
    """Whether a file name is that of a video."""
    return path.suffix.lower() in VIDEO_ENDINGS


def trim(source: Path, target: Path, *, video_ini: Path | None, half: int | None, fast: bool, output: Output) -> int:
    """Cut a video to its half; return the exit code.

    Args:
        source: the untrimmed video.
        target: the file to write.
        video_ini: where each half begins; None takes the file beside the video.
        half: which half the video shows; None takes it from its name.
        fast: copy from the key frame before.
        output: where the result goes.

    Raises:
        UsageError: the half is not known.
        InputError: the video or ``video.ini`` cannot be read.

    """
    from touchline.formats.soccernet.source import missing_advice
    from touchline.media.cutting.trimming import trim_video

    if not source.exists():
        raise InputError(f"{source}: no such file{missing_advice(source.name) or '; check the path'}")
    span = _span(source, video_ini=video_ini, half=half)
    end_us = span.start_us + span.duration_us
    with progress_bar(source.name) as progress:
        made = trim_video(source, target, start_us=span.start_us, end_us=end_us, fast=fast, progress=progress)
    notes = [f"{gap.reason} ({format_clock(gap.start_us)} to {format_clock(gap.end_us)})" for gap in made.gaps]
    if end_us - made.end_us > _LATE_US:
        notes.append(f"the half goes on until {format_clock(end_us)}, the video ends at {format_clock(made.end_us)}")
    _tell(source, made, span=span, notes=notes, output=output)
    return EXIT_DEGRADED if notes or made.doubtful else EXIT_OK


def _span(source: Path, *, video_ini: Path | None, half: int | None) -> HalfSpan:
    from touchline.formats.soccernet.game_names import half_in_name
    from touchline.formats.soccernet.video_ini import read_video_ini

    chosen = half or half_in_name(source.name)
    if chosen is None:
        raise UsageError(f"{source}: its name does not say which half it is, as 1_HQ.mkv does; give --half 1 or 2")
    path = source.parent / "video.ini" if video_ini is None else video_ini
    spans = read_video_ini(path)
    if chosen not in spans:
        raise InputError(f"{path}: names the halves {sorted(spans)}, not half {chosen}")
    if not spans[chosen].duration_us:
        raise InputError(f"{path}: half {chosen} has a duration of 0 s; correct the file")
    return spans[chosen]


def _tell(source: Path, made: Trimmed, *, span: HalfSpan, notes: list[str], output: Output) -> None:
    early_us = span.start_us - made.start_us if made.copied else 0
    output.record(
        {
            "type": "trimmed",
            "video": str(source),
            "path": str(made.path),
            "start_us": made.start_us,
            "end_us": made.end_us,
            "early_us": early_us,
            "copied": made.copied,
            "notes": notes,
        }
    )
    for note in notes:
        output.note(f"touchline: warning: {source}: {note}")
    if not output.json:
        how = "copied" if made.copied else "encoded again to the exact frame"
        early = f", {early_us / 1e6:.2f} s before the half, at the key frame" if early_us > 0 else ""
        shown = f"{format_clock(made.start_us)} to {format_clock(made.end_us)}"
        output.say(f"{made.path}: {shown} of {source.name}, {how}{early}")
