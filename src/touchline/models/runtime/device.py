"""The choice of device, the arithmetic on it, and the available CPU threads.

Torch takes over a second to import and is not part of the core, so it is imported only where there is
a GPU to ask about.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from touchline.core.errors import ResourceError, UsageError
from touchline.core.extras import install_line, is_installed, need_extra

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda"]
DeviceKind = Literal["cpu", "cuda"]
"""A device as torch names it."""

_GPU_NODES = ("nvidiactl", "nvidia0", "dxg", "kfd")
"""Files in /dev of the drivers of NVIDIA, of WSL and of AMD."""
_NONE_VISIBLE = ("", "-1", "NoDevFiles")


def choose_device(device: str) -> tuple[DeviceKind, str]:
    """Return the device for a request (auto, cpu or cuda), and the reason in words.

    Raises:
        UsageError: an unknown request, or CUDA was requested and torch is not installed.
        ResourceError: CUDA was requested and is not available.

    """
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"device {device!r} is unknown; choose auto, cpu or cuda")
    if device == "cpu":
        return "cpu", "cpu: requested"
    if device == "auto" and not may_have_gpu():
        return "cpu", "cpu: no CUDA device found"
    if device == "auto" and not is_installed("torch"):
        return "cpu", f"cpu: there is a GPU, but no CUDA device can be used without torch; run: {install_line('gpu')}"
    need_extra("gpu", what="device cuda")
    import torch

    if torch.cuda.is_available():
        return "cuda", f"cuda: {torch.cuda.get_device_name()}"
    if device == "cuda":
        raise ResourceError(
            "device cuda was requested, but torch finds no CUDA device; use --device cpu or auto, or install a CUDA "
            "build of torch"
        )
    return "cpu", "cpu: torch finds no CUDA device"


def may_have_gpu() -> bool:
    """Return whether this machine seems to have a GPU that torch could use, without importing torch.

    Only a driver's files are looked for: the answer may be yes where torch then finds none.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in _NONE_VISIBLE:
        return False
    if sys.platform == "win32":
        return (Path(os.environ.get("SYSTEMROOT", "C:\\Windows")) / "System32" / "nvcuda.dll").exists()
    return any(Path("/dev", name).exists() for name in _GPU_NODES)


def half_on_gpu(device: str | torch.device) -> torch.autocast:
    """Return the autocast context for a device: bfloat16 on a GPU, float32 on a CPU."""
    import torch

    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=kind == "cuda")


def available_threads() -> int:
    """Return the number of CPU threads available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
