"""Networks as functions of arrays, run by torch, OpenVINO or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError
from touchline.models.runtime.device import half_on_gpu
from touchline.models.runtime.openvino_runtime import openvino_core

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Arrays = tuple[npt.NDArray[Any], ...]
ArrayGraph = Callable[[npt.NDArray[Any]], Arrays]
"""A function from an input array to the network's outputs as float32 arrays; the first axis is the batch."""
ManyInputGraph = Callable[..., Arrays]
"""The same of several input arrays."""


def torch_graph(module: nn.Module, *, device: str | torch.device, channels_last: bool) -> ArrayGraph:
    """Return a graph that torch runs: in float32 on a CPU, in bfloat16 on a GPU; too large batches are halved.

    Args:
        module: module of one input; it is moved to the device.
        device: device to run on.
        channels_last: store weights of 2-D convolutions channels-last, as tensor cores prefer; not for clip networks.

    Raises:
        ResourceError: when the graph is called, a single picture does not fit into the device's memory.

    """
    import torch
    from torch import Tensor

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


def torch_arrays(module: nn.Module, *, device: str | torch.device) -> ManyInputGraph:
    """Return a graph of any number of inputs and outputs that torch runs in float32."""
    import torch
    from torch import Tensor

    network = module.eval().to(device)

    @torch.inference_mode()
    def run(*values: npt.NDArray[Any]) -> Arrays:
        outputs = network(*(torch.from_numpy(one).to(device) for one in values))
        whole = (outputs,) if isinstance(outputs, Tensor) else outputs
        return tuple(output.float().cpu().numpy() for output in whole)

    return run


class CompiledGraph:
    """A graph that OpenVINO runs, as a function of its input arrays.

    Args:
        compiled: an ``openvino.CompiledModel``.

    """

    def __init__(self, compiled: Any) -> None:
        self.compiled = compiled

    def __call__(self, *values: npt.NDArray[Any]) -> Arrays:
        """Return the outputs, float32, for inputs of the graph's shapes."""
        outputs = self.compiled(values)
        return tuple(np.array(outputs[number], dtype=np.float32) for number in range(len(self.compiled.outputs)))


def settings_of(*, precision: str, threads: int) -> dict[str, Any]:
    """Return OpenVINO's settings for a precision, ``"f32"`` or ``"bf16"``, and a number of CPU threads."""
    return {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
    }


def openvino_graph(module: nn.Module, *, example: Tensor, precision: str, threads: int) -> CompiledGraph:
    """Convert a module in memory and compile it with OpenVINO for the CPU.

    Args:
        module: module of one input, in evaluation mode.
        example: an input; it fixes shape and type.
        precision: precision of the arithmetic, ``"f32"`` or ``"bf16"``.
        threads: CPU threads to use.

    """
    from touchline.models.runtime.openvino_model import to_openvino

    settings = settings_of(precision=precision, threads=threads)
    return CompiledGraph(openvino_core().compile_model(to_openvino(module, example=example), "CPU", settings))


def onnx_graph(module: nn.Module, *, example: Tensor, threads: int) -> ArrayGraph:
    """Return a graph of a module of one output that ONNX Runtime runs on the CPU, for inputs of the example's shape."""
    import onnxruntime

    from touchline.models.exporting.export import onnx_bytes

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(onnx_bytes(module, example), options, providers=["CPUExecutionProvider"])

    def run(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        return tuple(session.run(None, {"input": values}))

    return run


def in_batches(graph: ArrayGraph, *, size: int) -> ArrayGraph:
    """Return a graph for batches of any size, from one that takes ``size`` at a time; zeros fill up the last ones."""

    def run(values: npt.NDArray[Any]) -> Arrays:
        parts = []
        for first in range(0, len(values), size):
            part = values[first : first + size]
            filled = np.concatenate([part, np.zeros((size - len(part), *part.shape[1:]), part.dtype)])
            parts.append(tuple(output[: len(part)] for output in graph(filled)))
        return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))

    return run
