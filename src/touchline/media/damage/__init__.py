"""Which pictures of a video are damaged: what the decoder complained of, and how far each fault spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.damage.closing import close_book as close_book
    from touchline.media.damage.complaints import listening as listening
    from touchline.media.damage.numbering import Numbering as Numbering
    from touchline.media.damage.order import DisplayOrder as DisplayOrder
    from touchline.media.damage.smear import Smear as Smear
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.damage.closing": ("close_book",),
            "touchline.media.damage.complaints": ("listening",),
            "touchline.media.damage.numbering": ("Numbering",),
            "touchline.media.damage.order": ("DisplayOrder",),
            "touchline.media.damage.smear": ("Smear",),
        },
    )
