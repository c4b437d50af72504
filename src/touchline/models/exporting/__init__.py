"""Export of models for other runtimes: ONNX and OpenVINO graphs, with their configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.exporting.export import onnx_bytes as onnx_bytes
    from touchline.models.exporting.graphs import export_model as export_model
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.exporting.export": ("onnx_bytes",),
            "touchline.models.exporting.graphs": ("export_model",),
        },
    )
