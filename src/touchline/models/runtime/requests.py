"""Networks that work on several inputs at once: calls that begin now and are answered later."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")

Pending = Callable[[], T]
"""A result that is being worked out: call it once to wait for it."""
Outputs = tuple[npt.NDArray[Any], ...]

MOST_REQUESTS = 16
"""Inputs that one network works on at once at most; each takes memory for its activations."""


class RequestGraph:
    """A compiled OpenVINO graph that works on several inputs at once, each on one thread.

    What is calculated for an input does not depend on how many are worked on.

    Args:
        compiled: the graph, compiled with one thread a stream, see :func:`stream_settings`.
        ahead: inputs to keep begun while an earlier one is waited for.

    """

    def __init__(self, compiled: Any, *, ahead: int) -> None:
        self.ahead = ahead
        self._compiled = compiled
        self._outputs = range(len(compiled.outputs))
        self._free: deque[Any] = deque()

    def __call__(self, values: npt.NDArray[Any]) -> Outputs:
        """Return the outputs for an input, as float32 arrays."""
        return self.begin(values)()

    def begin(self, values: npt.NDArray[Any]) -> Pending[Outputs]:
        """Begin on an input, which must not change until the outputs are there."""
        try:
            request = self._free.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        request.start_async(values, share_inputs=True)

        def wait() -> Outputs:
            request.wait()
            found = tuple(np.array(request.get_output_tensor(i).data, dtype=np.float32) for i in self._outputs)
            self._free.append(request)
            return found

        return wait


def ahead_with(threads: int) -> int:
    """Return how many inputs to keep begun with this many threads; with one thread, none."""
    return min(threads, MOST_REQUESTS) if threads > 1 else 0


def stream_settings(threads: int) -> dict[str, Any]:
    """Return OpenVINO's settings for this many requests at once, each on one thread."""
    streams = max(1, min(threads, MOST_REQUESTS))
    return {"INFERENCE_NUM_THREADS": streams, "NUM_STREAMS": streams}


def begin_on(graph: Callable[[npt.NDArray[Any]], Outputs], values: npt.NDArray[Any]) -> Pending[Outputs]:
    """Begin on an input; a graph that can only be called is called at once."""
    begin = getattr(graph, "begin", None)
    if begin is not None:
        begun: Pending[Outputs] = begin(values)
        return begun
    outputs = graph(values)
    return lambda: outputs


def ahead_of(model: object) -> int:
    """Return how many calls to keep begun on a graph or model; 0 for one that can only be called."""
    return int(getattr(model, "ahead", 0))
