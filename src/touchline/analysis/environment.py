"""The hardware that this machine offers to models."""

from __future__ import annotations

from dataclasses import dataclass

from touchline.core.extras import install_line, is_installed
from touchline.models.runtime.device import may_have_gpu


@dataclass(frozen=True, slots=True)
class Gpu:
    """The CUDA device as torch reports it, or the reason why there is none."""

    usable: bool
    description: str
    remedy: str = ""


def describe_gpu() -> Gpu:
    """Describe the CUDA device, or the reason why torch cannot use one."""
    if not is_installed("torch"):
        there = "there is a GPU, but torch is not installed" if may_have_gpu() else "no CUDA device, and no torch"
        return Gpu(False, there, f"to use a GPU: {install_line('gpu')}")
    import torch

    if torch.cuda.is_available():
        bf16 = "bf16" if torch.cuda.is_bf16_supported() else "no bf16"
        return Gpu(True, f"{torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}, {bf16}")
    if torch.version.cuda is None:
        return Gpu(False, "this torch is a CPU build", "install a CUDA build of torch to use a GPU (see pytorch.org)")
    return Gpu(False, "torch finds no CUDA device", "check the driver with nvidia-smi")
