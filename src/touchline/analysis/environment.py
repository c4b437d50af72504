"""The hardware that this machine offers to models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.extras import install_line, is_installed

_DRIVER = Path("/proc/driver/nvidia/version")
"""The NVIDIA driver's own word on Linux; elsewhere torch is asked alone."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """The CUDA device as torch reports it, or the reason why there is none."""

    usable: bool
    description: str
    remedy: str = ""


def describe_gpu() -> Gpu:
    """Describe the CUDA device, or the reason why models cannot use one."""
    driver = nvidia_driver()
    if not is_installed("torch"):
        there = f"NVIDIA driver {driver}, but torch is not installed" if driver else "torch is not installed"
        return Gpu(False, there, f"to use a GPU: {install_line('gpu')}")
    import torch

    if torch.cuda.is_available():
        return Gpu(True, _description(torch, driver))
    if torch.version.cuda is None:
        beside = f", beside NVIDIA driver {driver}" if driver else ""
        remedy = "install a CUDA build of torch to use a GPU (see pytorch.org)"
        return Gpu(False, f"this torch is a CPU build{beside}", remedy)
    if driver is None:
        return Gpu(False, f"no NVIDIA driver for torch's CUDA {torch.version.cuda}", "install the NVIDIA driver")
    remedy = "check the driver with nvidia-smi; in a container, pass the GPU on (docker run --gpus all)"
    return Gpu(False, f"torch finds no CUDA device with NVIDIA driver {driver}, CUDA {torch.version.cuda}", remedy)


def nvidia_driver() -> str | None:
    """Return the version of the NVIDIA driver; None if there is none, or the system does not say."""
    try:
        words = _DRIVER.read_text(encoding="utf-8").splitlines()[0].split()
    except (OSError, IndexError):
        return None
    return next((word for word in words if word[:1].isdigit()), "of an unknown version")


def _description(torch: Any, driver: str | None) -> str:
    """Return the first device in words."""
    bf16 = "bf16" if torch.cuda.is_bf16_supported() else "no bf16"
    memory_gb = torch.cuda.get_device_properties(0).total_memory / 1e9
    known = f", driver {driver}" if driver else ""
    return f"{torch.cuda.get_device_name(0)}, {memory_gb:.0f} GB, CUDA {torch.version.cuda}{known}, {bf16}"
