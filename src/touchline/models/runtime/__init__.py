"""Inference runtime: devices, backends and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.runtime.device import available_threads as available_threads
    from touchline.models.runtime.device import choose_device as choose_device
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.runtime.device": ("available_threads", "choose_device"),
        },
    )
