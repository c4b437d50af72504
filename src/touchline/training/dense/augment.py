"""Random changes of clips: mirroring, colour, softness; every clip draws its own, all its frames share them."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Generator, Tensor
from torch.nn import functional as F

from touchline.models.networks.dense.places import TO_LUMA
from touchline.training.recipe import StrictSettings

_BLUR = 5


class AugmentSettings(StrictSettings):
    """Probability and strength of each change; a probability of 0 switches it off.

    Attributes:
        flip, hue, saturation, brightness, contrast, blur: probabilities.
        hue_turn: largest turn of the hue, in turns of the colour circle.
        saturation_times, brightness_times, contrast_times: ranges of the factors.

    """

    flip: float = Field(default=0.5, ge=0, le=1)
    hue: float = Field(default=0.25, ge=0, le=1)
    saturation: float = Field(default=0.25, ge=0, le=1)
    brightness: float = Field(default=0.25, ge=0, le=1)
    contrast: float = Field(default=0.25, ge=0, le=1)
    blur: float = Field(default=0.25, ge=0, le=1)
    hue_turn: float = Field(default=0.2, ge=0, le=0.5)
    saturation_times: tuple[float, float] = (0.7, 1.2)
    brightness_times: tuple[float, float] = (0.7, 1.2)
    contrast_times: tuple[float, float] = (0.7, 1.2)


@torch.no_grad()
def change_pictures(clips: Tensor, settings: AugmentSettings, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """Change clips at random.

    Args:
        clips: float (n, T, 3, h, w), 0 to 1, or (n, T, 1, h, w) of grey; not modified.
        settings: probabilities and strengths.
        generator: on the CPU; the same state gives the same changes on every device.

    Returns:
        The changed clips, and which of them were mirrored, bool (n,) on the CPU.

    """
    flipped = _chosen(len(clips), settings.flip, generator)
    changed = []
    for clip, mirror in zip(clips, flipped.tolist(), strict=True):
        changed.append(_change(clip.flip(-1) if mirror else clip, settings, generator))
    return torch.stack(changed), flipped


def _change(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    """Change the colours and the softness of one clip."""
    if _chosen(1, settings.hue, generator):
        clip = turn_hue(clip, _drawn((-settings.hue_turn, settings.hue_turn), generator))
    if _chosen(1, settings.saturation, generator):
        clip = _between(_grey(clip), clip, _drawn(settings.saturation_times, generator))
    if _chosen(1, settings.brightness, generator):
        clip = (clip * _drawn(settings.brightness_times, generator)).clamp(0, 1)
    if _chosen(1, settings.contrast, generator):
        mean = _grey(clip).mean((1, 2, 3), keepdim=True)
        clip = _between(mean, clip, _drawn(settings.contrast_times, generator))
    if _chosen(1, settings.blur, generator):
        clip = blurred(clip, sigma=_drawn((0.1, 2.0), generator))
    return clip


def turn_hue(clip: Tensor, turn: float) -> Tensor:
    """Turn the hue of RGB pictures (T, 3, h, w) by ``turn`` turns, about the grey axis at constant luma (YIQ).

    Grey pictures (T, 1, h, w) have no hue and stay as they are.
    """
    if clip.shape[1] == 1:
        return clip
    to_yiq = clip.new_tensor([TO_LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])
    angle = torch.tensor(2 * torch.pi * turn)
    cos, sin = float(angle.cos()), float(angle.sin())
    spin = clip.new_tensor([(1, 0, 0), (0, cos, -sin), (0, sin, cos)])
    matrix = torch.linalg.inv(to_yiq) @ spin @ to_yiq
    return torch.einsum("oc,tchw->tohw", matrix, clip).clamp(0, 1)


def blurred(clip: Tensor, *, sigma: float) -> Tensor:
    """Blur pictures (T, 3, h, w) with a Gaussian of 5 pixels; the edges are mirrored."""
    at = torch.arange(_BLUR, device=clip.device) - _BLUR // 2
    kernel = torch.exp(-at.square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).to(clip.dtype)
    frames, channels, height, width = clip.shape
    flat = F.pad(clip.reshape(-1, 1, height, width), (_BLUR // 2,) * 4, mode="reflect")
    flat = F.conv2d(F.conv2d(flat, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    return flat.view(frames, channels, height, width)


def _grey(clip: Tensor) -> Tensor:
    """Return the luma of RGB pictures (T, 3, h, w), or grey ones themselves, as (T, 1, h, w)."""
    if clip.shape[1] == 1:
        return clip
    return (clip * clip.new_tensor(TO_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _between(base: Tensor, clip: Tensor, times: float) -> Tensor:
    """Return the pictures at ``times`` times their distance from the base."""
    return (base + (clip - base) * times).clamp(0, 1)


def _chosen(count: int, probability: float, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator) < probability


def _drawn(span: tuple[float, float], generator: Generator) -> float:
    return span[0] + (span[1] - span[0]) * float(torch.rand(1, generator=generator))
