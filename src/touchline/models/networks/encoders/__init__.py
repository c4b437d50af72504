"""Encoders of pictures with published ImageNet weights, and recognisers of clips on top of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.networks.encoders.efficientnet_lite import EfficientNetLite as EfficientNetLite
    from touchline.models.networks.encoders.picture_clip import PictureClip as PictureClip
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.networks.encoders.efficientnet_lite": ("EfficientNetLite",),
            "touchline.models.networks.encoders.picture_clip": ("PictureClip",),
        },
    )
