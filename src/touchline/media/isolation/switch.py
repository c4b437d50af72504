"""Whether media are read in a child process, and what the code that reads them tells its parent from inside it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av import VideoFormat

VARIABLE = "TOUCHLINE_ISOLATION"
"""Environment variable; ``0`` reads media in the calling process."""

_BEAT_S = 0.5

_beat: Callable[[], None] | None = None
_size_known: Callable[[int, int, Any], None] | None = None
_next_beat_s = 0.0


def works_apart() -> bool:
    """Return whether media are to be read in a child process: not inside it, not where switched off or impossible."""
    return _beat is None and sys.platform != "win32" and os.environ.get(VARIABLE, "") != "0"


def become_child(*, beat: Callable[[], None], size_known: Callable[[int, int, Any], None]) -> None:
    """Make this process the one in which media are read.

    Args:
        beat: tells the parent that work goes on.
        size_known: called with the width, height and format of pictures before they are decoded.

    """
    global _beat, _size_known
    _beat, _size_known = beat, size_known


def still_alive() -> None:
    """Tell the parent that work goes on, twice a second at most; does nothing outside a child process."""
    global _next_beat_s
    if _beat is not None:
        now_s = time.monotonic()
        if now_s >= _next_beat_s:
            _next_beat_s = now_s + _BEAT_S
            _beat()


def pictures_are(width: int, height: int, *, layout: VideoFormat | None) -> None:
    """Let the child's memory limit follow the size of the pictures; does nothing outside a child process."""
    if _size_known is not None:
        _size_known(width, height, layout)
