"""Diagnosis of a video file: what is wrong with it, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from touchline.core.clock import US_PER_MS, format_clock
from touchline.core.events import Coverage, VideoInfo
from touchline.media.containers.structure import missing_bytes
from touchline.media.facts import INTERLACED
from touchline.media.sound.tracks import SoundTrack, heard_track, sound_tracks
from touchline.media.source import require_regular_file
from touchline.media.video import VideoReader

Severity = Literal["ok", "warning", "error"]

_RECENT_S = 2.0
_WATCH_S = 0.3
_RECOPY = "copy or export the file again from its source; what can be read will still be analysed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about a file.

    Attributes:
        severity: ``ok`` is a remark, ``warning`` is handled but worth knowing, ``error`` means that content was lost.
        code: a stable identifier for programs.
        message: description of the finding.
        remedy: what to do; empty if nothing needs to be done.

    """

    severity: Severity
    code: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of checking a file.

    Attributes:
        info: properties of the file.
        coverage: what could be decoded; None if nothing was.
        findings: what is worth knowing.
        sound: the sound tracks that can be decoded.

    """

    info: VideoInfo
    coverage: Coverage | None
    findings: tuple[Finding, ...]
    sound: tuple[SoundTrack, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst severity among the findings."""
        found = {finding.severity for finding in self.findings}
        return "error" if "error" in found else "warning" if "warning" in found else "ok"


def check_video(
    path: str | Path,
    *,
    decode: bool = True,
    stream: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Check a video file for problems.

    Args:
        path: a local media file.
        decode: whether to decode the whole file; otherwise only the headers and the first frame are read.
        stream: index of the video stream; None takes the default one.
        progress: called with (microseconds done, total microseconds; 0 if unknown).

    Raises:
        UsageError: the path is not a regular file.
        InputError: nothing in the file is usable; the message names the file, the cause and the next step.

    """
    path = require_regular_file(path)
    grows = still_growing(path)
    with VideoReader(path, stream=stream) as video:
        info = video.info
        sound = sound_tracks(path)
        findings = [*_describe(info), *_sound(path, sound), *_structure(path, grows=grows, decoded=decode)]
        if not decode:
            return CheckReport(info, None, tuple(findings), sound)
        steps_us = _step_range(video, progress)
        coverage = video.coverage()
    findings += [*_steps(steps_us), *_losses(coverage), *_repairs(coverage)]
    return CheckReport(info, coverage, tuple(findings), sound)


def still_growing(path: Path) -> bool:
    """Return whether a file is being written right now; a file last changed some seconds ago is assumed finished."""
    before = path.stat()
    if time.time() - before.st_mtime > _RECENT_S:
        return False
    time.sleep(_WATCH_S)
    return path.stat().st_size != before.st_size


def _describe(info: VideoInfo) -> Iterator[Finding]:
    """Yield findings from the header and the first frame."""
    for note in info.notes:
        yield Finding("warning", "interlaced" if note == INTERLACED else "streams", note)
    if info.rotation_deg:
        yield Finding("ok", "rotated", f"rotated {info.rotation_deg} degrees clockwise to be upright")
    if info.start_us:
        yield Finding(
            "ok", "offset-start", f"its own clock starts at {format_clock(info.start_us)}; times count from 0"
        )


def _sound(path: Path, tracks: Sequence[SoundTrack]) -> Iterator[Finding]:
    """Yield findings about the sound tracks."""
    if not tracks:
        yield Finding("ok", "no-audio", "no sound; models that need sound cannot be used")
    elif note := heard_track(path).note:
        yield Finding("ok", "sound-tracks", note)


def _structure(path: Path, *, grows: bool, decoded: bool) -> Iterator[Finding]:
    """Yield findings from the container's structure."""
    if grows:
        yield Finding("error", "growing", "the file is still being written", "wait until the recording has finished")
    missing = missing_bytes(path)
    if missing and not decoded:
        yield Finding("error", "cut-short", f"the file is cut short, {missing} bytes are missing", _RECOPY)


def _step_range(video: VideoReader, progress: Callable[[int, int], None] | None) -> tuple[int, int]:
    """Return the shortest and longest frame interval (us), (0, 0) for fewer than two frames; reads the whole video."""
    shortest = longest = 0
    last_us: int | None = None
    for frame in video.frames():
        if last_us is not None:
            step_us = frame.time_us - last_us
            shortest = min(shortest or step_us, step_us)
            longest = max(longest, step_us)
        last_us = frame.time_us
        if progress is not None:
            progress(last_us, video.info.duration_us)
    return shortest, longest


def _steps(steps_us: tuple[int, int]) -> Iterator[Finding]:
    """Yield a finding if frames are not evenly spaced."""
    shortest, longest = steps_us
    if longest - shortest > 2 * US_PER_MS:
        spread = f"{shortest / US_PER_MS:.1f} to {longest / US_PER_MS:.1f} ms"
        yield Finding("ok", "variable-frame-rate", f"frame intervals vary from {spread}; exact times are used")


def _losses(coverage: Coverage) -> Iterator[Finding]:
    """Yield findings about content that could not be read."""
    if coverage.packets_skipped:
        yield Finding("error", "damaged", f"{coverage.packets_skipped} damaged packets were skipped", _RECOPY)
    for gap in coverage.gaps:
        where = f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)}"
        code = "growing" if gap.start_us == gap.end_us else "gap"
        yield Finding("error", code, f"nothing decoded from {where}: {gap.reason}", _RECOPY)
    for gap in coverage.doubtful:
        where = f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)}"
        yield Finding("error", "doubtful", f"doubtful from {where}: {gap.reason}", _RECOPY)


def _repairs(coverage: Coverage) -> Iterator[Finding]:
    """Yield findings about repairs."""
    for repair in coverage.repairs:
        yield Finding("warning", "repaired", repair)
