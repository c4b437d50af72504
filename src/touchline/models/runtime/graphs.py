"""Networks as functions of arrays, run by torch, OpenVINO or ONNX Runtime."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from touchline.models.runtime.on_device import AHEAD, DeviceGraph
from touchline.models.runtime.openvino_runtime import openvino_core
from touchline.models.runtime.requests import Pending, ahead_of, ahead_with, begin_on, stream_settings

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
        module: module of one input; it is moved to the device. On a GPU it works on several batches at once.
        device: device to run on.
        channels_last: store weights of 2-D convolutions channels-last, as tensor cores prefer; not for clip networks.

    Raises:
        ResourceError: when the graph is called, a single picture does not fit into the device's memory.

    """
    from touchline.models.runtime.torch_lanes import TorchLanes

    lanes = TorchLanes(module, device=device, channels_last=channels_last)
    return DeviceGraph(lanes, ahead=0 if lanes.name == "cpu" else AHEAD)


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
    """A graph that OpenVINO runs, as a function of its input arrays; it can work on several inputs at once.

    Args:
        compiled: an ``openvino.CompiledModel``, compiled with :func:`settings_of`.

    Attributes:
        ahead: inputs to keep begun while an earlier one is waited for.

    """

    def __init__(self, compiled: Any) -> None:
        self.compiled = compiled
        self.ahead = ahead_with(int(compiled.get_property("NUM_STREAMS")))
        self._free: deque[Any] = deque()

    def __call__(self, *values: npt.NDArray[Any]) -> Arrays:
        """Return the outputs, float32, for inputs of the graph's shapes."""
        return self.begin(*values)()

    def begin(self, *values: npt.NDArray[Any]) -> Pending[Arrays]:
        """Begin on inputs, which must not change until the outputs are there."""
        try:
            request = self._free.pop()
        except IndexError:
            request = self.compiled.create_infer_request()
        request.start_async(values, share_inputs=True)

        def wait() -> Arrays:
            request.wait()
            outputs = range(len(self.compiled.outputs))
            found = tuple(np.array(request.get_output_tensor(number).data, dtype=np.float32) for number in outputs)
            self._free.append(request)
            return found

        return wait


def settings_of(*, precision: str, threads: int) -> dict[str, Any]:
    """Return OpenVINO's settings for a precision, ``"f32"`` or ``"bf16"``, and a number of CPU threads."""
    return {**stream_settings(threads), "INFERENCE_PRECISION_HINT": precision}


def openvino_graph(module: nn.Module, *, example: Tensor, precision: str, threads: int) -> CompiledGraph:
    """Convert a module in memory and compile it with OpenVINO for the CPU.

    Args:
        module: module of one input, in evaluation mode.
        example: an input; it fixes shape and type.
        precision: precision of the arithmetic, ``"f32"`` or ``"bf16"``.
        threads: CPU threads to use: inputs that it can work on at once.

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
    return _InBatches(graph, size)


class _InBatches:
    """A graph that takes batches apart."""

    def __init__(self, graph: ArrayGraph, size: int) -> None:
        self.ahead = ahead_of(graph)
        self._graph, self._size = graph, size

    def __call__(self, values: npt.NDArray[Any]) -> Arrays:
        return self.begin(values)()

    def begin(self, values: npt.NDArray[Any]) -> Pending[Arrays]:
        starts = range(0, len(values), self._size)
        begun = [begin_on(self._graph, self._filled(values[first : first + self._size])) for first in starts]

        def wait() -> Arrays:
            outputs = zip(*(part() for part in begun), strict=True)
            return tuple(np.concatenate(one)[: len(values)] for one in outputs)

        return wait

    def _filled(self, part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([part, np.zeros((self._size - len(part), *part.shape[1:]), part.dtype)])
