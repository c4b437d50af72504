"""Networks that work on several inputs at once: calls that begin now and are answered later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy.typing as npt

T = TypeVar("T")

Pending = Callable[[], T]
"""A result that is being worked out: call it once to wait for it."""
Arrays = tuple[npt.NDArray[Any], ...]

MOST_REQUESTS = 16
"""Inputs that one network works on at once at most; each takes memory for what the network calculates."""


def stream_settings(threads: int) -> dict[str, Any]:
    """Return OpenVINO's settings for this many inputs at once, each on one thread.

    What is calculated for an input then does not depend on the number of threads.
    """
    streams = max(1, min(threads, MOST_REQUESTS))
    return {"INFERENCE_NUM_THREADS": streams, "NUM_STREAMS": streams}


def ahead_with(threads: int) -> int:
    """Return how many inputs to keep begun with this many threads; with one thread, none."""
    return min(threads, MOST_REQUESTS) if threads > 1 else 0


def begin_on(graph: Callable[..., Arrays], *values: npt.NDArray[Any]) -> Pending[Arrays]:
    """Begin on an input, which must not change until the outputs are there; a graph that can only be called is called.

    Args:
        graph: a function of arrays; one with a method ``begin`` can work on several inputs at once.
        values: the input.

    """
    begin = getattr(graph, "begin", None)
    if begin is not None:
        begun: Pending[Arrays] = begin(*values)
        return begun
    outputs = graph(*values)
    return lambda: outputs


def ahead_of(model: object) -> int:
    """Return how many calls to keep begun on a graph or model; 0 for one that can only be called."""
    return int(getattr(model, "ahead", 0))
