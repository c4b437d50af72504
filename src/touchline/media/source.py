"""Opening media files: local regular files of known containers only, with errors that say what to do.

Nothing here can reach the network or a second file: the protocol is fixed to ``file``, playlists and concat scripts are
no known container whatever their name says, and pictures above a size cap are refused before they are decoded.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.media.structure import describe_unreadable

DEFAULT_MAX_PIXELS = 8192 * 4608
"""Largest picture taken: 8K and its cinema variants pass, a decompression bomb does not."""

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,mxf,ogg,nut,ivf,dv,gxf,rm,wtv,yuv4mpegpipe,"
    "h264,hevc,m4v,mpegvideo,mjpeg,obu,wav,w64,mp3,aac,flac,ac3,eac3,aiff"
)
"""FFmpeg demuxers that read one self-contained media file (audio ones so that "no picture" can be said)."""

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]+:/")


def require_regular_file(path: str | Path) -> Path:
    """The path of a readable, non-empty regular file.

    Raises:
        UsageError: it is a URL, a folder, a pipe or a device; nothing is opened, so nothing can hang.
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


@contextmanager
def open_media(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Iterator[InputContainer]:
    """Open a media file for reading; closed on leaving.

    Args:
        path: a local file; see :func:`require_regular_file` for what is refused.
        max_pixels: cap on the picture size, also while FFmpeg probes.

    Raises:
        UsageError: no regular file.
        InputError: missing, empty, or no media file FFmpeg can read; the message names the likely cause.
        ResourceError: out of memory.

    """
    path = require_regular_file(path)
    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, "max_pixels": str(max_pixels)}
    try:
        container = av.open(f"file:{path.absolute()}", options=options)
    except MemoryError as error:
        raise out_of_memory(str(path)) from error
    except (av.FFmpegError, UnicodeError) as error:
        raise InputError(describe_unreadable(path, cause=str(error))) from error
    with container:
        yield container


def out_of_memory(name: str) -> ResourceError:
    """The error for a file whose reading needs more memory than there is."""
    name = name.removeprefix("file:")
    return ResourceError(f"{name!r} needs more memory than there is to decode; close other programs or scale it down")
