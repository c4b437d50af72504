"""Reading faster: a few frames as one request, and decoders in hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.quick.grid_clip import GridClip as GridClip
    from touchline.media.quick.grid_clip import read_grid_clip as read_grid_clip
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__, {"touchline.media.quick.grid_clip": ("GridClip", "read_grid_clip")}
    )
