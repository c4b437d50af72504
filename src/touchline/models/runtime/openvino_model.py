"""From a traced network to OpenVINO without a word to anyone.

``openvino.convert_model`` tells a server of every conversion. What it does for a traced network is a few calls of the
front end below it, which tells nobody.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from touchline.models.runtime.openvino_runtime import import_openvino, import_torchscript_decoder


def to_openvino(traced: torch.jit.ScriptModule, *, example: torch.Tensor) -> Any:
    """The ``openvino.Model`` of a traced network with one input of the example's shape and type."""
    openvino = import_openvino()
    frontend = openvino.frontend.FrontEndManager().load_by_framework("pytorch")
    decoder = import_torchscript_decoder()(traced, shared_memory=False)  # has to outlive the conversion
    graph = frontend.load(decoder)
    (place,) = graph.get_inputs()
    graph.set_partial_shape(place, openvino.PartialShape(list(example.shape)))
    graph.set_element_type(place, openvino.Type(np.dtype(str(example.dtype).removeprefix("torch."))))
    return frontend.convert(graph)
