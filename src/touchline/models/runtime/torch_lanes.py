"""A network of torch on a device: pinned buffers, a stream for copies and one for calculation, bfloat16 on a GPU."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from touchline.models.runtime.device import half_on_gpu
from touchline.models.runtime.on_device import OutOfDeviceMemory
from touchline.models.runtime.requests import Arrays, Pending

_WARM_UPS = 3
_LOG = logging.getLogger(__name__)

Run = Callable[[Tensor], tuple[Tensor, ...]]


class TorchLanes:
    """A module of one input on a device; on a CPU the same steps follow one after another.

    Args:
        module: the module; it is moved to the device.
        device: the device.
        channels_last: store weights of 2-D convolutions channels-last, as tensor cores prefer; not for clip networks.
        captured: capture the calculation of a whole batch as a CUDA graph at its first call, which spares starting its
            kernels one by one; a module that cannot be captured is run as usual.

    """

    def __init__(
        self, module: nn.Module, *, device: str | torch.device, channels_last: bool, captured: bool = False
    ) -> None:
        self.name = str(device)
        self._device = torch.device(device)
        layout: dict[str, Any] = {"memory_format": torch.channels_last} if channels_last else {}
        self._module = module.eval().to(device=self._device, **layout)
        self._on_gpu = self._device.type == "cuda"
        self._copies = torch.cuda.Stream(self._device) if self._on_gpu else None
        self._work = torch.cuda.Stream(self._device) if self._on_gpu else None
        self._captured = captured and self._on_gpu
        self._runs: dict[tuple[int, ...], Run] = {}
        self._buffers: dict[tuple[int, ...], deque[Tensor]] = {}

    @torch.inference_mode()
    def submit(self, pixels: npt.NDArray[Any]) -> Pending[Arrays]:
        """Begin on a batch and return at once, see :class:`~touchline.models.runtime.on_device.Lanes`."""
        try:
            staged = self._staged(pixels)
            with self._on(self._copies):
                given = staged.to(self._device, non_blocking=True)
            if self._work is not None and self._copies is not None:
                self._work.wait_stream(self._copies)
                given.record_stream(self._work)
            with self._on(self._work):
                outputs = [self._back(output) for output in self._run(given)]
                done = None if self._work is None else self._work.record_event()
        except torch.OutOfMemoryError as error:
            raise OutOfDeviceMemory(str(error)) from error

        def wait() -> Arrays:
            if done is not None:
                done.synchronize()
            self._give(staged)
            return tuple(np.array(output.numpy()) for output in outputs)

        return wait

    def _on(self, stream: torch.cuda.Stream | None) -> AbstractContextManager[Any]:
        return contextlib.nullcontext() if stream is None else torch.cuda.stream(stream)

    def _staged(self, pixels: npt.NDArray[Any]) -> Tensor:
        """Return a batch in memory from which the device copies by itself."""
        source = torch.from_numpy(pixels)
        if not self._on_gpu:
            return source
        waiting = self._buffers.setdefault(pixels.shape, deque())
        buffer = waiting.popleft() if waiting else torch.empty(source.shape, dtype=source.dtype, pin_memory=True)
        return buffer.copy_(source)

    def _give(self, staged: Tensor) -> None:
        """Take back a buffer for the next batch."""
        if self._on_gpu:
            self._buffers[tuple(staged.shape)].append(staged)

    def _back(self, output: Tensor) -> Tensor:
        """Begin to copy an output to the host."""
        whole = output.float()
        if not self._on_gpu:
            return whole
        return torch.empty(whole.shape, dtype=whole.dtype, pin_memory=True).copy_(whole, non_blocking=True)

    def _run(self, given: Tensor) -> tuple[Tensor, ...]:
        if not self._captured:
            return self._plain(given)
        shape = tuple(given.shape)
        if shape not in self._runs:
            self._runs[shape] = self._capture(given)
        return self._runs[shape](given)

    def _plain(self, given: Tensor) -> tuple[Tensor, ...]:
        with half_on_gpu(self._device):
            outputs = self._module(given)
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)

    def _capture(self, given: Tensor) -> Run:
        """Return the module captured as a CUDA graph for inputs of a shape, or as it is if that fails."""
        for _ in range(_WARM_UPS):
            self._plain(given)
        held, graph = given.clone(), torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._work):
                outputs = self._plain(held)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # a step that waits for the host, or a shape that depends on values
            _LOG.warning("%s: the network cannot be captured as a CUDA graph: %s", self.name, error)
            return self._plain

        def replay(given: Tensor) -> tuple[Tensor, ...]:
            held.copy_(given)
            graph.replay()
            return outputs

        return replay
