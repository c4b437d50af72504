"""What this machine offers to models."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Gpu:
    """What torch says of CUDA: the device it would use, or why there is none."""

    usable: bool
    description: str
    remedy: str = ""


def describe_gpu() -> Gpu:
    """The CUDA device, or what keeps torch from one."""
    if torch.cuda.is_available():
        bf16 = "bf16" if torch.cuda.is_bf16_supported() else "no bf16"
        return Gpu(True, f"{torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}, {bf16}")
    if torch.version.cuda is None:
        return Gpu(False, "this torch is a CPU build", "install a CUDA build of torch to use a GPU (see pytorch.org)")
    return Gpu(False, "torch finds no CUDA device", "check the driver with nvidia-smi")
