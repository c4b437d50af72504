"""What a child process may use: memory by the size of the pictures, no files to write, no core dumps."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.media.quick.hardware import decodes_on

if TYPE_CHECKING:
    from av import VideoFormat

MEMORY_VARIABLE = "TOUCHLINE_DECODER_MEMORY_MB"
"""Environment variable: memory a child may use beyond what it starts with, instead of the usual limit."""

_MB = 1 << 20
_BASE_BYTES = 512 * _MB
"""For the container's index, tables, filters and sound."""
_FRAMES = 28
"""Pictures that a decoder may keep: 16 to refer to, and those on their way."""
_PROBING_BYTES = 1024 * _MB
"""Until the size of the pictures is known, beyond the base."""
_MOST_BYTES = 8 * 1024 * _MB
_WORN_BYTES = 256 * _MB
_MOST_FILES = 64
_USUAL_BYTES_PER_PIXEL = 2
_EXPENDABLE = "500"
"""Where memory runs out, Linux ends the child before the process that holds the results."""


class Limits:
    """The limits of this process, which becomes one that only reads."""

    def __init__(self) -> None:
        import resource

        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_EXPENDABLE)
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, _MOST_FILES),
        ):
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
        self._baseline = _address_space()

    def begin(self) -> None:
        """Allow what it takes to find out how large the pictures are."""
        self._allow(_BASE_BYTES + _PROBING_BYTES)

    def pictures(self, width: int, height: int, layout: VideoFormat | None) -> None:
        """Allow what it takes to decode pictures of a size and format; None for one that is not known."""
        self._allow(_BASE_BYTES + _FRAMES * width * height * _bytes_per_pixel(layout))

    def worn(self) -> bool:
        """Return whether the process has grown so much that a new one should take its place."""
        return self._baseline is not None and (_address_space() or 0) > self._baseline + _WORN_BYTES

    def _allow(self, count: int) -> None:
        """Set the limit of the address space, where the system can tell how much of it is used."""
        import resource

        if self._baseline is None or decodes_on() != "cpu":  # CUDA takes address space by the terabyte
            return
        chosen = os.environ.get(MEMORY_VARIABLE, "")
        if chosen.isdecimal():
            count = int(chosen) * _MB
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = self._baseline + min(count, _MOST_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _bytes_per_pixel(layout: VideoFormat | None) -> int:
    """Return the memory of a pixel, rounded up."""
    if layout is None:
        return _USUAL_BYTES_PER_PIXEL
    whole = sum(-(-each.bits // 8) * each.width * each.height for each in layout.components)
    return max(_USUAL_BYTES_PER_PIXEL, -(-whole // max(1, layout.width * layout.height)))


def _address_space() -> int | None:
    """Return the size of this process's address space, bytes; None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
