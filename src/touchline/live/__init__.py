"""Streams and growing files, analysed while they play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.live.session import Listener as Listener
    from touchline.live.session import Session as Session
    from touchline.live.session import Stated as Stated
    from touchline.live.source.address import Address as Address
    from touchline.live.source.address import address_of as address_of
    from touchline.live.source.opening import source_of as source_of
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.live.session": ("Listener", "Session", "Stated"),
            "touchline.live.source.address": ("Address", "address_of"),
            "touchline.live.source.opening": ("source_of",),
        },
    )
