"""The video: its address for the page and its properties."""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from touchline.core.clock import format_clock
from touchline.core.errors import InputError, UsageError
from touchline.report.sections.section import Facts, Section
from touchline.report.values import BundleValues

MAX_EMBED_BYTES = 64 * 1024 * 1024
"""Largest video that can be embedded in the page."""

_MIME_BY_SUFFIX = {".webm": "video/webm", ".mkv": "video/x-matroska", ".ogv": "video/ogg"}


def _data(values: BundleValues) -> Mapping[str, object]:
    video, info = values.info.path, values.info
    converted = f"{video.stem}-h264.mp4".removeprefix("-")
    command = ["ffmpeg", "-i", video.name, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    facts = {
        "name": video.name,
        "src": "" if values.options.embed_video else relative_url(video, page=values.page),
        "mime": _MIME_BY_SUFFIX.get(video.suffix.lower(), "video/mp4"),
        "fps": info.fps,
        "width": info.width,
        "height": info.height,
        "codec": info.codec,
        "convert": shlex.join([*command, "-movflags", "+faststart", converted]),
        "converted": converted,
    }
    return {"video": facts}


def _facts(values: BundleValues) -> Facts:
    """Return file, duration, picture size, frame rate and codec."""
    info = values.info
    duration = format_clock(values.coverage.duration_us or info.duration_us)
    facts = [("File", info.path.name), ("Duration", duration), ("Picture", f"{info.width} × {info.height}")]
    if info.fps:
        facts.append(("Rate", f"{info.fps:.5g} fps"))
    if info.codec:
        facts.append(("Codec", info.codec))
    return facts


SECTION = Section(_data, _facts)


def relative_url(target: Path, *, page: Path) -> str:
    """Return the URL of a file relative to a page, percent-encoded; absolute if they are on different drives."""
    try:
        relative = os.path.relpath(os.path.abspath(target), os.path.dirname(os.path.abspath(page)))
    except ValueError:  # on another drive there is no relative path
        return Path(os.path.abspath(target)).as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")), safe="/")


def video_base64(video: Path) -> str:
    """Return a video as base64 text, for embedding in the page.

    Raises:
        UsageError: the video is too large.
        InputError: the video cannot be read.

    """
    try:
        size = video.stat().st_size
        if size > MAX_EMBED_BYTES:
            raise UsageError(
                f"{video} has {size / 2**20:.0f} MiB; at most {MAX_EMBED_BYTES // 2**20} MiB can be embedded in a "
                "report. Keep it beside the report instead."
            )
        return base64.b64encode(video.read_bytes()).decode("ascii")
    except OSError as error:
        raise InputError(f"{video}: cannot be read for embedding in the report: {error.strerror}") from error
