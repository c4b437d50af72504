"""The colours of decoded frames: which matrix and range they were coded with, and HDR as it looks in SDR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.colour.coding import is_hdr as is_hdr
    from touchline.media.colour.coding import matrix_of as matrix_of
    from touchline.media.colour.conversion import rgb_of as rgb_of
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.colour.coding": ("is_hdr", "matrix_of"),
            "touchline.media.colour.conversion": ("rgb_of",),
        },
    )
