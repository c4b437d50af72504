"""Clip networks against the code their weights were published with: same names, same numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from touchline.models.networks.r2plus1d import R2Plus1D
from touchline.models.networks.resnet import ResNet
from touchline.models.networks.x3d import X3D


def stirred(network: nn.Module) -> nn.Module:
    """A network in which every weight counts."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim <= 1:
                parameter.uniform_(0.5, 1.0, generator=generator)
            else:
                parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.1, generator=generator)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5, generator=generator)
    return network.eval()


def imported(module: str, part: str) -> Any:
    """A module of a published package; skips where it is absent, or does not fit the installed torch."""
    pytest.importorskip(
        module, reason=f"{module} is not installed or does not fit this torch", exc_type=(ImportError, RuntimeError)
    )
    return pytest.importorskip(part, exc_type=(ImportError, RuntimeError))


def check(theirs: nn.Module, ours: nn.Module, clips: torch.Tensor, *, pictures: bool = False) -> None:
    ours.load_state_dict(stirred(theirs).state_dict(), strict=True)
    with torch.inference_mode():
        wanted = theirs(clips[:, :, 0] if pictures else clips)
        torch.testing.assert_close(ours.eval()(clips), wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


def test_r2plus1d_is_torchvisions() -> None:
    video = imported("torchvision", "torchvision.models.video")
    check(video.r2plus1d_18(num_classes=10), R2Plus1D(10), torch.randn(1, 3, 8, 48, 32))


@pytest.mark.parametrize("depth", [18, 50])
def test_resnets_are_torchvisions(depth: int) -> None:
    models = imported("torchvision", "torchvision.models")
    theirs = getattr(models, f"resnet{depth}")(num_classes=7)
    check(theirs, ResNet(7, depth=depth), torch.randn(2, 3, 1, 64, 48), pictures=True)


def test_x3d_is_pytorchvideos() -> None:
    published = imported("pytorchvideo", "pytorchvideo.models.x3d")
    theirs = published.create_x3d(model_num_class=9, input_clip_length=13, input_crop_size=160)
    theirs.blocks[-1].activation = nn.Identity()  # logits are compared
    check(theirs, X3D(9), torch.randn(1, 3, 13, 160, 160))
