"""Running a network: device, backend and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.runtime.running import available_threads as available_threads
    from touchline.models.runtime.running import pick_device as pick_device
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.runtime.running": ("available_threads", "pick_device"),
        },
    )
