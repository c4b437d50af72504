"""Values of geometry over time: the path of the camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.core.geometry.camera import CameraPath as CameraPath
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.core.geometry.camera": ("CameraPath",),
        },
    )
