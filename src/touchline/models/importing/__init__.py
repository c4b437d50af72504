"""Import of published checkpoints: a restricted loader that converts them to safetensors once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.importing.checkpoints import import_model as import_model
    from touchline.models.importing.reading import read_checkpoint as read_checkpoint
    from touchline.models.importing.reading import scan_checkpoint as scan_checkpoint
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.importing.checkpoints": ("import_model",),
            "touchline.models.importing.reading": ("read_checkpoint", "scan_checkpoint"),
        },
    )
