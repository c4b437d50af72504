"""Conversion of networks to OpenVINO without telemetry.

``openvino.convert_model`` reports every conversion to a server. For a traced network it only makes a few calls to its
PyTorch front end, which reports nothing; these calls are made here directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from touchline.models.exporting.export import quiet_tracing
from touchline.models.runtime.openvino_runtime import import_openvino, import_torchscript_decoder


def to_openvino(
    module: torch.nn.Module, *, example: torch.Tensor | Sequence[torch.Tensor], any_size: Sequence[int] = ()
) -> Any:
    """Convert a network to an ``openvino.Model`` for inputs of the examples' shapes and types.

    Args:
        module: in evaluation mode.
        example: an input; several for a network of several inputs.
        any_size: axes of the inputs whose size is left open, the same ones of each.

    """
    examples = (example,) if isinstance(example, torch.Tensor) else tuple(example)
    openvino = import_openvino()
    with quiet_tracing(), torch.no_grad():
        traced = torch.jit.trace(module, examples, check_trace=False)
        frontend = openvino.frontend.FrontEndManager().load_by_framework("pytorch")
        decoder = import_torchscript_decoder()(traced, shared_memory=False)  # must outlive the conversion
        graph = frontend.load(decoder)
        for place, one in zip(graph.get_inputs(), examples, strict=True):
            shape = [-1 if axis in any_size else size for axis, size in enumerate(one.shape)]
            graph.set_partial_shape(place, openvino.PartialShape(shape))
            graph.set_element_type(place, openvino.Type(np.dtype(str(one.dtype).removeprefix("torch."))))
        return frontend.convert(graph)
