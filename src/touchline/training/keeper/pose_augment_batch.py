"""Augmentation of whole batches of keeper crops as tensors, on whichever device they are.

The same changes as in :mod:`~touchline.training.keeper.pose_augment` and some more: motion blur, crops that lose a side
of the body, patches of other pictures. Pictures are squares, padded with black; joints are in shares of their side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.poses import MIRROR
from touchline.training.keeper.pose_losses import PoseBatch

EDGE = 0.01
"""Joints nearer than this to the crop's edge, in sides, count as outside."""
KERNEL = 11
"""Side in pixels of the blurring kernels."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Padded square pictures in memory, with what is known of them.

    Attributes:
        pixels: uint8 (n, 3, side, side).
        joints: float32 (n, 16, 3), x, y and depth in shares of the side.
        sure, deep: float32 (n, 16), trust in each joint's place and depth.
        person: float32 (n,), 1 if there is a person.
        content: float32 (n, 2), width and height of the picture without its padding, in shares of the side.

    """

    pixels: Tensor
    joints: Tensor
    sure: Tensor
    deep: Tensor
    person: Tensor
    content: Tensor

    def take(self, rows: Tensor) -> Pictures:
        """Return a selection."""
        return Pictures(
            *(getattr(self, name)[rows] for name in ("pixels", "joints", "sure", "deep", "person", "content"))
        )


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far crops are changed.

    Attributes:
        turn: standard deviation of the rotation, radians.
        any_turn: share of crops turned by any angle.
        zoom: least and greatest size of the crop in the picture's sides.
        shift: standard deviation of the crop's place, in sides.
        cut: share of crops that lose a side of the body.
        covered: share of crops with patches over them.
        blurred, moved, coarse: shares of crops blurred, blurred by motion, or of low resolution.
        grey: share without colour.

    """

    turn: float = 0.25
    any_turn: float = 0.05
    zoom: tuple[float, float] = (0.8, 1.35)
    shift: float = 0.06
    cut: float = 0.1
    covered: float = 0.35
    blurred: float = 0.2
    moved: float = 0.25
    coarse: float = 0.25
    grey: float = 0.07


def augment_batch(
    pictures: Pictures, *, side_px: int, generator: torch.Generator, how: Augmentation = Augmentation()
) -> PoseBatch:
    """Draw one random crop of each picture.

    Args:
        pictures: the batch.
        side_px: of the crops.
        generator: of all randomness, on the pictures' device.
        how: how far crops are changed.

    """
    batch = crop_batch(pictures, side_px=side_px, generator=generator, how=how)
    crops = recolour(batch.crops, generator=generator, grey=how.grey)
    crops = blur(crops, generator=generator, how=how)
    return cover_batch(replace(batch, crops=crops), generator=generator, share=how.covered)


def _uniform(low: float, high: float, *shape: int, generator: torch.Generator) -> Tensor:
    return torch.rand(*shape, generator=generator, device=generator.device) * (high - low) + low


def crop_batch(pictures: Pictures, *, side_px: int, generator: torch.Generator, how: Augmentation) -> PoseBatch:
    """Turn, scale, shift and mirror pictures; joints follow, and their sides are exchanged in mirrored crops."""
    n = len(pictures.pixels)
    draw = generator
    angle = torch.randn(n, generator=draw, device=draw.device).clamp(-2.5, 2.5) * how.turn
    anyhow = _uniform(0, 1, n, generator=draw) < how.any_turn
    angle = torch.where(anyhow, _uniform(-torch.pi, torch.pi, n, generator=draw), angle)
    low, high = (torch.tensor(value).log().item() for value in how.zoom)
    zoom = _uniform(low, high, n, generator=draw).exp()
    centre = 0.5 + how.shift * torch.randn(n, 2, generator=draw, device=draw.device) * pictures.content
    cut = (_uniform(0, 1, n, generator=draw) < how.cut)[:, None]
    centre = torch.where(cut, centre + _uniform(-0.4, 0.4, n, 2, generator=draw) * pictures.content, centre)
    flip = _uniform(0, 1, n, generator=draw) < 0.5
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    side = torch.where(flip, -1.0, 1.0)
    linear = torch.stack([torch.stack([cos * side, -sin], -1), torch.stack([sin * side, cos], -1)], 1)
    crops = _sample(pictures.pixels, linear, centre, side_px=side_px, generator=draw)
    back = torch.linalg.inv(linear)
    places = ((pictures.joints[..., :2] - centre[:, None]) @ back.transpose(1, 2)) + 0.5
    joints = torch.cat([places, pictures.joints[..., 2:] / zoom[:, None, None]], -1)
    mirror = torch.tensor(MIRROR, device=draw.device)
    joints = torch.where(flip[:, None, None], joints[:, mirror], joints)
    sure = torch.where(flip[:, None], pictures.sure[:, mirror], pictures.sure)
    deep = torch.where(flip[:, None], pictures.deep[:, mirror], pictures.deep)
    inside = ((joints[..., :2] > EDGE) & (joints[..., :2] < 1 - EDGE)).all(-1).float() * pictures.person[:, None]
    return PoseBatch(crops, joints, inside, inside, pictures.person, pictures.person, sure, deep)


def _sample(pixels: Tensor, linear: Tensor, centre: Tensor, *, side_px: int, generator: torch.Generator) -> Tensor:
    """Sample crops whose coordinates from -0.5 to 0.5 map by ``linear`` to places around ``centre``."""
    steps = (torch.arange(side_px, device=pixels.device, dtype=torch.float32) + 0.5) / side_px - 0.5
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    places = torch.einsum("nij,hwj->nhwi", linear, torch.stack([x, y], -1)) + centre[:, None, None]
    source = pixels.float() / 255.0
    black = F.grid_sample(source, places * 2 - 1, padding_mode="zeros", align_corners=False)
    edge = F.grid_sample(source, places * 2 - 1, padding_mode="border", align_corners=False)
    half = _uniform(0, 1, len(pixels), 1, 1, 1, generator=generator) < 0.5
    return torch.where(half, black, edge)


def recolour(crops: Tensor, *, generator: torch.Generator, grey: float) -> Tensor:
    """Change hue, saturation, light and contrast of crops (n, 3, h, w) in 0..1, and add noise."""
    n = len(crops)
    draw = generator
    mean = crops.mean(1, keepdim=True)
    hue = torch.where(
        _uniform(0, 1, n, generator=draw) < 0.2,
        _uniform(-torch.pi, torch.pi, n, generator=draw),
        0.2 * torch.randn(n, generator=draw, device=draw.device),
    )
    crops = torch.einsum("nij,njhw->nihw", _around_grey(hue), crops)
    colour = _uniform(0.4, 1.5, n, 1, 1, 1, generator=draw)
    colour = torch.where(_uniform(0, 1, n, 1, 1, 1, generator=draw) < grey, torch.zeros_like(colour), colour)
    crops = mean + (crops - mean) * colour
    light = _uniform(0.65, 1.4, n, 1, 1, 1, generator=draw)
    crops = crops * light + _uniform(-0.12, 0.12, n, 1, 1, 1, generator=draw)
    noise = _uniform(0, 0.04, n, 1, 1, 1, generator=draw)
    noise = torch.where(_uniform(0, 1, n, 1, 1, 1, generator=draw) < 0.3, noise, torch.zeros_like(noise))
    return (crops + noise * torch.randn(crops.shape, generator=draw, device=draw.device)).clamp(0, 1)


def _around_grey(angle: Tensor) -> Tensor:
    """Return rotations (n, 3, 3) of colours around the axis of greys."""
    cos, sin = angle.cos()[:, None, None], (angle.sin() / 3**0.5)[:, None, None]
    one = torch.eye(3, device=angle.device)
    across = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], device=angle.device)
    return one * cos + across * sin + (1 - cos) / 3


def blur(crops: Tensor, *, generator: torch.Generator, how: Augmentation) -> Tensor:
    """Blur some crops, some along a line as by motion, and take detail from some."""
    n, channels, height, width = crops.shape
    draw = generator
    kernels = _kernels(n, generator=draw, how=how)
    weight = kernels[:, None].expand(n, channels, KERNEL, KERNEL).reshape(n * channels, 1, KERNEL, KERNEL)
    padded = F.pad(crops.reshape(1, n * channels, height, width), (KERNEL // 2,) * 4, mode="replicate")
    crops = F.conv2d(padded, weight, groups=n * channels).reshape(n, channels, height, width)
    small_px = int(height * float(_uniform(0.25, 0.6, 1, generator=draw)))
    small = F.interpolate(crops, size=(small_px, small_px), mode="bilinear", antialias=True)
    coarse = F.interpolate(small, size=(height, width), mode="bilinear")
    chosen = _uniform(0, 1, n, 1, 1, 1, generator=draw) < how.coarse
    return torch.where(chosen, coarse, crops)


def _kernels(n: int, *, generator: torch.Generator, how: Augmentation) -> Tensor:
    """Return blurring kernels (n, KERNEL, KERNEL), each of sum 1: a point, a round spot or a line."""
    draw = generator
    steps = torch.arange(KERNEL, device=draw.device, dtype=torch.float32) - KERNEL // 2
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    kind = _uniform(0, 1, n, 1, 1, generator=draw)
    moved, round_ = kind < how.moved, kind < how.moved + how.blurred
    angle = _uniform(0, torch.pi, n, 1, 1, generator=draw)
    along = x * angle.cos() + y * angle.sin()
    across = y * angle.cos() - x * angle.sin()
    length, spot = _uniform(1.0, 4.5, n, 1, 1, generator=draw), _uniform(0.4, 1.8, n, 1, 1, generator=draw)
    narrow = torch.full_like(length, 0.2)
    wide = torch.where(moved, length, torch.where(round_, spot, narrow))
    thin = torch.where(moved, 0.6, torch.where(round_, spot, narrow))
    kernels = torch.exp(-0.5 * ((along / wide) ** 2 + (across / thin) ** 2))
    return kernels / kernels.sum((1, 2), keepdim=True)


def cover_batch(batch: PoseBatch, *, generator: torch.Generator, share: float) -> PoseBatch:
    """Cover parts of some crops with rectangles of one colour or of another crop; covered joints are not seen."""
    crops, seen = batch.crops, batch.seen
    n, _, height, width = crops.shape
    y = (torch.arange(height, device=crops.device) + 0.5)[None, :, None] / height
    x = (torch.arange(width, device=crops.device) + 0.5)[None, None] / width
    for chance in (share, share / 2):
        size = _uniform(0.08, 0.32, n, 2, generator=generator)
        low = _uniform(0, 1, n, 2, generator=generator) * (1 - size)
        size = torch.where(_uniform(0, 1, n, 1, generator=generator) < chance, size, torch.zeros_like(size))
        high = low + size
        across = (x > low[:, 0, None, None]) & (x < high[:, 0, None, None])
        patch = (across & (y > low[:, 1, None, None]) & (y < high[:, 1, None, None]))[:, None]
        plain = _uniform(0, 1, n, 3, 1, 1, generator=generator).expand_as(crops)
        other = torch.where(_uniform(0, 1, n, 1, 1, 1, generator=generator) < 0.5, plain, crops.roll(1, 0).roll(37, 3))
        crops = torch.where(patch, other, crops)
        under = ((batch.joints[..., :2] > low[:, None]) & (batch.joints[..., :2] < high[:, None])).all(-1)
        seen = seen * (~under).float()
    return replace(batch, crops=crops, seen=seen)
