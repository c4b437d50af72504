"""Running a network that looks at pictures: OpenVINO on a CPU, torch on a GPU, behind one callable."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.errors import ResourceError
from touchline.models.runtime.openvino_model import to_openvino
from touchline.models.runtime.openvino_runtime import import_openvino

ArrayGraph = Callable[[npt.NDArray[Any]], tuple[npt.NDArray[Any], ...]]
"""Pixels uint8 (b, h, w, 3) in, the network's outputs as arrays out."""


def openvino_graph(module: nn.Module, *, shape: tuple[int, ...], precision: str, threads: int) -> ArrayGraph:
    """A module of one uint8 input of a fixed shape, compiled by OpenVINO for the CPU."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing tells of every shape that it takes as fixed, as it is here
        example = torch.zeros(shape, dtype=torch.uint8)
        model = to_openvino(torch.jit.trace(module, example, check_trace=False), example=example)
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = import_openvino().Core().compile_model(model, "CPU", settings)

    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        outputs = compiled(pixels)
        return tuple(np.array(outputs[number], dtype=np.float32) for number in range(len(compiled.outputs)))

    return run


def pick_device(device: Literal["auto", "cpu", "cuda"]) -> tuple[torch.device, str]:
    """Where to run, and why.

    Raises:
        ResourceError: a GPU was asked for and there is none.

    """
    if device == "cpu":
        return torch.device("cpu"), "cpu: asked for"
    if torch.cuda.is_available():
        return torch.device("cuda"), f"cuda: {torch.cuda.get_device_name()}"
    if device == "cuda":
        raise ResourceError("no CUDA device is available to this torch; use --device cpu, or install a CUDA build")
    return torch.device("cpu"), "cpu: no CUDA device is available"


def available_threads() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
