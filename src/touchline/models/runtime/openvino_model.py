"""Conversion of networks to OpenVINO without telemetry.

``openvino.convert_model`` reports every conversion to a server. For a traced network it only makes a few calls to its
PyTorch front end, which reports nothing; these calls are made here directly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from touchline.models.exporting.export import quiet_tracing
from touchline.models.runtime.openvino_runtime import import_openvino, import_torchscript_decoder


def to_openvino(module: torch.nn.Module, *, example: torch.Tensor) -> Any:
    """Convert a network with one input of the example's shape and type to an ``openvino.Model``."""
    openvino = import_openvino()
    with quiet_tracing(), torch.no_grad():
        traced = torch.jit.trace(module, example, check_trace=False)
        frontend = openvino.frontend.FrontEndManager().load_by_framework("pytorch")
        decoder = import_torchscript_decoder()(traced, shared_memory=False)  # must outlive the conversion
        graph = frontend.load(decoder)
        (place,) = graph.get_inputs()
        graph.set_partial_shape(place, openvino.PartialShape(list(example.shape)))
        graph.set_element_type(place, openvino.Type(np.dtype(str(example.dtype).removeprefix("torch."))))
        return frontend.convert(graph)
