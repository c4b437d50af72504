"""Networks of one input as functions of arrays, run by torch, OpenVINO or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from touchline.core.errors import ResourceError
from touchline.models.exporting.export import onnx_bytes
from touchline.models.runtime.device import half_on_gpu
from touchline.models.runtime.openvino_model import to_openvino
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.runtime.requests import RequestGraph, ahead_with, stream_settings

ArrayGraph = Callable[[npt.NDArray[Any]], tuple[npt.NDArray[Any], ...]]
"""A function from an input array to the network's outputs as float32 arrays; the first axis is the batch."""


def torch_graph(module: nn.Module, *, device: torch.device, channels_last: bool) -> ArrayGraph:
    """Return a graph that torch runs: in float32 on a CPU, in bfloat16 on a GPU; too large batches are halved.

    Args:
        module: module of one input; it is moved to the device.
        device: device to run on.
        channels_last: store weights of 2-D convolutions channels-last, as tensor cores prefer; not for clip networks.

    Raises:
        ResourceError: when the graph is called, a single picture does not fit into the device's memory.

    """
    layout: dict[str, Any] = {"memory_format": torch.channels_last} if channels_last else {}
    network = module.to(device=device, **layout)

    @torch.inference_mode()
    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        try:
            with half_on_gpu(device):
                outputs = network(torch.from_numpy(pixels).to(device, non_blocking=True))
            whole = (outputs,) if isinstance(outputs, Tensor) else outputs
            return tuple(output.float().cpu().numpy() for output in whole)
        except torch.OutOfMemoryError as error:
            if len(pixels) == 1:
                raise ResourceError(f"one picture does not fit on {device}; run with --device cpu") from error
        half = len(pixels) // 2
        parts = zip(run(pixels[:half]), run(pixels[half:]), strict=True)
        return tuple(np.concatenate(both) for both in parts)

    return run


def openvino_graph(module: nn.Module, *, example: Tensor, precision: str, threads: int) -> ArrayGraph:
    """Compile a module with OpenVINO for the CPU; it works on several inputs at once, each on one thread.

    Args:
        module: module of one input, in evaluation mode.
        example: an input; it fixes shape and type.
        precision: precision of the arithmetic, ``"f32"`` or ``"bf16"``.
        threads: CPU threads to use: inputs that it works on at once.

    """
    settings = {**stream_settings(threads), "INFERENCE_PRECISION_HINT": precision}
    compiled = import_openvino().Core().compile_model(to_openvino(module, example=example), "CPU", settings)
    return RequestGraph(compiled, ahead=ahead_with(threads))


def onnx_graph(module: nn.Module, *, example: Tensor, threads: int) -> ArrayGraph:
    """Return a graph of a module of one output that ONNX Runtime runs on the CPU, for inputs of the example's shape."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(onnx_bytes(module, example), options, providers=["CPUExecutionProvider"])

    def run(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        return tuple(session.run(None, {"input": values}))

    return run
