"""Where live pictures come from: streams, capture devices and files that still grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.live.source.address import Address as Address
    from touchline.live.source.address import address_of as address_of
    from touchline.live.source.file_source import FileSource as FileSource
    from touchline.live.source.opening import source_of as source_of
    from touchline.live.source.pictures import Picture as Picture
    from touchline.live.source.pictures import Source as Source
    from touchline.live.source.recording import Part as Part
    from touchline.live.source.recording import Recording as Recording
    from touchline.live.source.stream_source import StreamSource as StreamSource
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.live.source.address": ("Address", "address_of"),
            "touchline.live.source.file_source": ("FileSource",),
            "touchline.live.source.opening": ("source_of",),
            "touchline.live.source.pictures": ("Picture", "Source"),
            "touchline.live.source.recording": ("Part", "Recording"),
            "touchline.live.source.stream_source": ("StreamSource",),
        },
    )
