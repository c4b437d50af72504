"""The choice of device, the arithmetic on it, and the available CPU threads."""

from __future__ import annotations

import os
from typing import Literal

import torch

from touchline.core.errors import ResourceError, UsageError

Device = Literal["auto", "cpu", "cuda"]


def choose_device(device: str) -> tuple[torch.device, str]:
    """Return the torch device for a request (auto, cpu or cuda), and the reason in words.

    Raises:
        UsageError: an unknown request.
        ResourceError: CUDA was requested and is not available.

    """
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"device {device!r} is unknown; choose auto, cpu or cuda")
    if device == "cpu":
        return torch.device("cpu"), "cpu: requested"
    if torch.cuda.is_available():
        return torch.device("cuda"), f"cuda: {torch.cuda.get_device_name()}"
    if device == "cuda":
        raise ResourceError(
            "device cuda was requested, but torch finds no CUDA device; use --device cpu or auto, or install a CUDA "
            "build of torch"
        )
    return torch.device("cpu"), "cpu: torch finds no CUDA device"


def half_on_gpu(device: torch.device) -> torch.autocast:
    """Return the autocast context for a device: bfloat16 on a GPU, float32 on a CPU."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


def available_threads() -> int:
    """Return the number of CPU threads available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
