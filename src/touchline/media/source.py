"""Opening media files: every one that is read or written is opened here; streams are in ``live.source.connection``.

Files are read only if they are local, regular, and of a known container; errors name the next step.

Nothing here can reach the network or a second file: the protocol is fixed to ``file``, playlists and concat scripts are
refused whatever their extension, and pictures above a size cap are refused before they are decoded.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer, OutputContainer

from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.media.containers.structure import describe_unreadable
from touchline.media.quick.hardware import hardware_state, opened_with_hardware

DEFAULT_MAX_PIXELS = 8192 * 4608
"""Largest accepted picture, pixels: admits 8K and its cinema variants, refuses a decompression bomb."""

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,mxf,ogg,nut,ivf,dv,gxf,rm,wtv,yuv4mpegpipe,"
    "h264,hevc,m4v,mpegvideo,mjpeg,obu,wav,w64,mp3,aac,flac,ac3,eac3,aiff"
)
"""FFmpeg demuxers of self-contained media files; audio ones are included so that missing video can be reported."""

_TAG_ERRORS = "replace"
"""Bytes of a tag (title, handler, chapter) that are not UTF-8 become U+FFFD: old files hold tags in any encoding."""

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]+:/")


def require_regular_file(path: str | Path) -> Path:
    """Return the path of a readable, non-empty regular file.

    Raises:
        UsageError: it is a URL, a folder, a pipe or a device; it is not opened, so it cannot block.
        InputError: it is missing, unreadable or empty.

    """
    text = os.fspath(path)
    if _URL.match(text) and not os.path.lexists(text):
        raise UsageError(f"{text!r} is a URL; touchline reads local files only: download the video first")
    path = Path(text)
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"{text!r} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"{text!r} cannot be read: {error.strerror}; check the path and its permissions") from None
    if stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{text!r} is a folder; give a video file in it")
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{text!r} is a pipe or device, not a file; write the video to a file first")
    if not os.access(path, os.R_OK):
        raise InputError(f"{text!r} may not be read; change its permissions (chmod +r)")
    if status.st_size == 0:
        raise InputError(f"{text!r} is empty (0 bytes); copy or export the video again")
    return path


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; nothing at the end."""
        ...


@contextmanager
def open_media(
    path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS, hardware: bool = False
) -> Iterator[InputContainer]:
    """Open a media file for reading; it is closed when the context exits.

    Args:
        path: a local file; see :func:`require_regular_file` for what is refused.
        max_pixels: largest picture accepted, in pixels, also while FFmpeg probes.
        hardware: whether a graphics card may decode it, if the user asks for that.

    Raises:
        UsageError: the path is not a regular file.
        InputError: the file is missing, empty, or not readable by FFmpeg; the message names the likely cause.
        ResourceError: there is not enough memory, or no graphics card although the user asks for one.

    """
    path = require_regular_file(path)
    try:
        open_with = partial(_open, path, max_pixels=max_pixels)
        container = opened_with_hardware(open_with) if hardware else open_with(None)
    except MemoryError as error:
        raise out_of_memory(str(path)) from error
    except (av.FFmpegError, UnicodeError) as error:
        raise InputError(describe_unreadable(path, cause=str(error))) from error
    with container:
        yield container


def _open(path: Path, accelerator: HWAccel | None, *, max_pixels: int) -> InputContainer:
    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, "max_pixels": str(max_pixels)}
    return av.open(f"file:{path.absolute()}", options=options, metadata_errors=_TAG_ERRORS, hwaccel=accelerator)


def cuda_state(path: Path) -> str:
    """Return in words whether CUDA can decode a sound video here, and why not."""
    return hardware_state(lambda accelerator: _open(path, accelerator, max_pixels=DEFAULT_MAX_PIXELS).close())


def open_growing_media(file: Readable, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> InputContainer:
    """Open a media file that is still being written, through a reader that waits for more; the caller closes it.

    Args:
        file: reads the file's bytes.
        max_pixels: largest picture accepted, in pixels, also while FFmpeg probes.

    Raises:
        FFmpegError: it is not readable as media.

    """
    options = {"format_whitelist": CONTAINERS, "max_pixels": str(max_pixels)}
    return av.open(file, "r", options=options, metadata_errors=_TAG_ERRORS)


def create_media(path: str | Path, *, format: str, options: Mapping[str, str] | None = None) -> OutputContainer:
    """Open a media file for writing, replacing an older one; the caller closes it.

    Args:
        path: the file.
        format: FFmpeg's name of its container; an MP4 gets its index at the front.
        options: further options of FFmpeg's writer of this container.

    Raises:
        OSError: it cannot be written.

    """
    usual = {"movflags": "+faststart"} if format == "mp4" else {}
    every = {**usual, **(options or {})}
    return av.open(f"file:{Path(path).absolute()}", "w", format=format, options=every, metadata_errors=_TAG_ERRORS)


def out_of_memory(name: str) -> ResourceError:
    """Return the error for a file that needs more memory than there is."""
    name = name.removeprefix("file:")
    return ResourceError(f"{name!r} needs more memory to decode than is free; close other programs or scale it down")
