"""The choice of the backend that runs a network: plain torch, OpenVINO or ONNX Runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from touchline.core.errors import ResourceError, UsageError

if TYPE_CHECKING:
    import torch

BackendName = Literal["torch", "openvino", "onnx"]
BackendChoice = Literal["auto", "torch", "openvino", "onnx"]
PictureBackend = Literal["auto", "torch", "openvino"]
"""Choices of backend for models of pictures."""

BACKEND_PACKAGES: dict[BackendName, tuple[str, ...]] = {
    "openvino": ("openvino",),
    "onnx": ("onnxruntime", "onnx"),
    "torch": ("torch",),
}
"""Packages that each backend needs; the best backend first."""
PICTURE_BACKENDS: tuple[BackendName, ...] = ("openvino", "torch")


def choose_backend(
    backend: str, *, device: str | torch.device, among: Sequence[BackendName] = tuple(BACKEND_PACKAGES)
) -> BackendName:
    """Return the backend for a request on a device.

    Args:
        backend: ``"auto"`` is torch on a GPU, and on a CPU the first of ``among`` that is installed.
        device: device to run on.
        among: the backends this kind of network supports, best first.

    Raises:
        UsageError: the backend is unknown, or does not run on this device.
        ResourceError: the backend's package is not installed.

    """
    if backend not in ("auto", *among):
        raise UsageError(f"backend {backend!r} is unknown; choose auto, {', '.join(among)}")
    if str(device).startswith("cuda"):
        if backend in ("auto", "torch"):
            return "torch"
        raise UsageError(f"backend {backend} runs on the cpu only; use --device cpu with it")
    for name in among:
        if backend in ("auto", name) and all(importlib.util.find_spec(package) for package in BACKEND_PACKAGES[name]):
            return name
    wanted = " ".join(package for name in among if name == backend for package in BACKEND_PACKAGES[name])
    raise ResourceError(f"backend {backend} needs packages that are missing; run: pip install {wanted}")
