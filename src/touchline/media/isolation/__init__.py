"""Decoding in a child process, which a damaged or hostile file may crash, hang or fill: the caller gets an error.

The child gets a function's name and plain values, and answers with plain values, which are checked; pictures and sound
come through shared memory. ``TOUCHLINE_ISOLATION=0`` runs everything in the calling process, for debugging.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.isolation.calls import call_apart as call_apart
    from touchline.media.isolation.calls import stream_apart as stream_apart
    from touchline.media.isolation.decorator import apart as apart
    from touchline.media.isolation.switch import works_apart as works_apart
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.isolation.calls": ("call_apart", "stream_apart"),
            "touchline.media.isolation.decorator": ("apart",),
            "touchline.media.isolation.switch": ("works_apart",),
        },
    )
