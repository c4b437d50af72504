"""Random augmentation of clips, in plain torch, on the device of the batch.

A batch is float (clips, frames, height, width) in [0, 1]. Every clip draws its own changes; the frames of one clip
share them, except for the camera move, which develops over the clip, and the noise. All random numbers come from one
generator on the CPU, so that a seed gives the same changes on every device.

Parameters and order follow lRomul's recipe. Geometry (camera move, rotation, crop, flip) is one composed resampling.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

Span = tuple[float, float]
_Change = Callable[[Tensor, "AugmentSettings", Generator], Tensor]


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """Probability and strength of each change; a probability of 0 switches it off.

    Attributes:
        camera_move, rotate, crop, flip, sharpness, motion_blur, brightness, contrast, posterise, noise: probabilities.
        move_deg, move_shift, move_scale: largest rotation, largest shift (share of width, height) and range of zoom of
            the two poses between which a camera move runs.
        rotate_deg: largest rotation.
        crop_scale: range of the crop's share of the area; crop_ratio: range of its height over its width.
        sharpness_mix: range of the original's share when it is blended with its smoothed version.
        blur_size, blur_deg: length in pixels and largest tilt of the motion blur.
        brightness_add: range of the added value; contrast_times: range of the factor.
        posterise_bits: fewest and most bits kept; noise_sigma: standard deviation of the Gaussian noise.
        mixup: parameter of the Beta distribution of mix-up; 0 switches it off.

    """

    camera_move: float = 0.2
    rotate: float = 0.3
    crop: float = 0.8
    flip: float = 0.5
    sharpness: float = 0.2
    motion_blur: float = 0.2
    brightness: float = 0.3
    contrast: float = 0.3
    posterise: float = 0.2
    noise: float = 0.2
    move_deg: float = 2.5
    move_shift: Span = (0.1, 0.05)
    move_scale: Span = (0.95, 1.05)
    rotate_deg: float = 2.5
    crop_scale: Span = (0.9, 1.0)
    crop_ratio: Span = (0.475, 0.675)
    sharpness_mix: Span = (0.0, 1.0)
    blur_size: int = 11
    blur_deg: float = 7.5
    brightness_add: Span = (-0.2, 0.2)
    contrast_times: Span = (0.8, 1.2)
    posterise_bits: tuple[int, int] = (3, 8)
    noise_sigma: float = 0.05
    mixup: float = 0.0


@torch.no_grad()
def augment(clips: Tensor, settings: AugmentSettings, *, generator: Generator) -> Tensor:
    """Augment a batch of clips at random.

    Args:
        clips: float (clips, frames, height, width), 0 to 1; not modified.
        settings: probabilities and strengths.
        generator: on the CPU; the same state gives the same changes.

    Returns:
        A batch of the same shape and device; noise may exceed 0 and 1.

    """
    clips = _geometry(clips, settings, generator)
    clips = _each(clips, _chosen(clips, settings.sharpness, generator), settings, generator, _sharpness)
    clips = _each(clips, _chosen(clips, settings.motion_blur, generator), settings, generator, _motion_blur)
    clips = _each(clips, _chosen(clips, settings.brightness, generator), settings, generator, _brightness)
    clips = _each(clips, _chosen(clips, settings.contrast, generator), settings, generator, _contrast)
    clips = _each(clips, _chosen(clips, settings.posterise, generator), settings, generator, _posterise)
    return _each(clips, _chosen(clips, settings.noise, generator), settings, generator, _noise)


@torch.no_grad()
def mix_up(clips: Tensor, targets: Tensor, *, beta: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Blend each clip and its target with another of the batch; the share is drawn from Beta(beta, beta)."""
    if beta <= 0:
        return clips, targets
    alpha = torch.tensor([beta, beta], dtype=torch.float64)
    gammas = torch._standard_gamma(alpha, generator=generator)
    share = float(gammas[0] / gammas.sum())
    partner = torch.randperm(len(clips), generator=generator).to(clips.device)
    return clips.lerp(clips[partner], 1.0 - share), targets.lerp(targets[partner], 1.0 - share)


def _chosen(clips: Tensor, probability: float, generator: Generator) -> list[int]:
    """Draw the clips of the batch that a change applies to."""
    return torch.nonzero(torch.rand(len(clips), generator=generator) < probability).flatten().tolist()


def _each(clips: Tensor, chosen: list[int], settings: AugmentSettings, generator: Generator, change: _Change) -> Tensor:
    """Return the batch with ``change`` applied to the chosen clips."""
    if not chosen:
        return clips
    changed = clips.clone()
    for index in chosen:
        changed[index] = change(clips[index], settings, generator)
    return changed


def _uniform(span: Span, generator: Generator) -> float:
    low, high = span
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))


def _sharpness(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    kernel = clip.new_tensor([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0
    smooth = _filter(clip, kernel)
    return smooth.lerp(clip, _uniform(settings.sharpness_mix, generator)).clamp(0.0, 1.0)


def _motion_blur(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    angle_deg = _uniform((-settings.blur_deg, settings.blur_deg), generator)
    direction = _uniform((-1.0, 1.0), generator)
    kernel = motion_kernel(settings.blur_size, angle_deg=angle_deg, direction=direction)
    return _filter(clip, kernel.to(clip))


def _brightness(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    return (clip + _uniform(settings.brightness_add, generator)).clamp(0.0, 1.0)


def _contrast(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    return (clip * _uniform(settings.contrast_times, generator)).clamp(0.0, 1.0)


def _posterise(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    fewest, most = settings.posterise_bits
    bits = int(torch.randint(fewest, most + 1, (), generator=generator))
    step = 2 ** (8 - bits)
    return (clip.clamp(0.0, 1.0) * 255.0).floor().div(step).floor().mul(step) / 255.0


def _noise(clip: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    seed = int(torch.randint(0, 2**62, (), generator=generator))
    own = Generator(device=clip.device).manual_seed(seed)
    noise = torch.randn(clip.shape, generator=own, device=clip.device, dtype=clip.dtype)
    return clip + settings.noise_sigma * noise


def _filter(clip: Tensor, kernel: Tensor) -> Tensor:
    """Filter each frame of a clip (frames, height, width) with one odd kernel; edge pixels are repeated."""
    half = kernel.shape[-1] // 2
    frames = functional.pad(clip[:, None], (half, half, half, half), mode="replicate")
    return functional.conv2d(frames, kernel[None, None])[:, 0]


def motion_kernel(size: int, *, angle_deg: float, direction: float) -> Tensor:
    """Make the float32 (size, size) kernel of a motion blur, sum 1: a line whose weight leans to one end.

    Args:
        size: odd, pixels.
        angle_deg: tilt of the line, anticlockwise.
        direction: -1 leans wholly to the left end, 0 is even, 1 leans to the right.

    """
    share = (direction + 1.0) / 2.0
    kernel = torch.zeros(size, size)
    kernel[size // 2] = torch.linspace(1.0 - share, share, size)
    angle = math.radians(angle_deg)
    matrix = torch.tensor([[math.cos(angle), -math.sin(angle), 0.0], [math.sin(angle), math.cos(angle), 0.0]])
    grid = functional.affine_grid(matrix[None], [1, 1, size, size], align_corners=True)
    turned = functional.grid_sample(kernel[None, None], grid, align_corners=True)[0, 0]
    return turned / turned.sum()


def _geometry(clips: Tensor, settings: AugmentSettings, generator: Generator) -> Tensor:
    """Apply camera move, rotation, crop and flip of each clip as one resampling; unchanged clips are not resampled."""
    count, frames, height, width = clips.shape
    aspect = height / width
    changed = clips
    for index in range(count):
        matrix = _clip_matrices(settings, generator, frames=frames, aspect=aspect)
        if matrix is None:
            continue
        if changed is clips:
            changed = clips.clone()
        changed[index] = _resample(clips[index], matrix)
    return changed


def _clip_matrices(settings: AugmentSettings, generator: Generator, *, frames: int, aspect: float) -> Tensor | None:
    """Map output to input positions, (1 or frames, 3, 3) in [-1, 1] coordinates; None for no change."""
    happens = (torch.rand(4, generator=generator) < torch.tensor(_geometry_odds(settings))).tolist()
    parts: list[Tensor] = []
    if happens[0]:
        parts.append(_camera_move(settings, generator, frames=frames, aspect=aspect))
    if happens[1]:
        angle_deg = _uniform((-settings.rotate_deg, settings.rotate_deg), generator)
        parts.append(_pose(torch.tensor([[angle_deg, 0.0, 0.0, 1.0]]), aspect=aspect))
    if happens[2]:
        parts.append(_crop(settings, generator, aspect=aspect))
    if happens[3]:
        parts.append(torch.diag(torch.tensor([-1.0, 1.0, 1.0]))[None])
    if not parts:
        return None
    matrix = parts[0]
    for part in parts[1:]:
        matrix = matrix @ part
    return matrix


def _geometry_odds(settings: AugmentSettings) -> list[float]:
    return [settings.camera_move, settings.rotate, settings.crop, settings.flip]


def _camera_move(settings: AugmentSettings, generator: Generator, *, frames: int, aspect: float) -> Tensor:
    """Return (frames, 3, 3): from one random pose to another in equal steps."""
    shift_x, shift_y = settings.move_shift
    spans = [(-settings.move_deg, settings.move_deg), (-shift_x, shift_x), (-shift_y, shift_y), settings.move_scale]
    first = torch.tensor([_uniform(span, generator) for span in spans])
    last = torch.tensor([_uniform(span, generator) for span in spans])
    return _pose(torch.lerp(first, last, torch.linspace(0.0, 1.0, frames)[:, None]), aspect=aspect)


def _pose(values: Tensor, *, aspect: float) -> Tensor:
    """Return (n, 3, 3) from (n, 4): degrees, shift in x and y as shares of the frame, zoom; about the centre."""
    angle, zoom = values[:, 0].deg2rad(), values[:, 3]
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    shift_x, shift_y, zero, one = -2.0 * values[:, 1], -2.0 * values[:, 2], torch.zeros_like(cos), torch.ones_like(cos)
    rows = [cos, -sin * aspect, shift_x, sin / aspect, cos, shift_y, zero, zero, one]
    return torch.stack(rows, -1).reshape(-1, 3, 3)


def _crop(settings: AugmentSettings, generator: Generator, *, aspect: float) -> Tensor:
    """Return (1, 3, 3): a random part of the frame, stretched to the whole frame."""
    width, height = _crop_size(settings, generator, aspect=aspect)
    centre_x, centre_y = (
        _uniform((width - 1.0, 1.0 - width), generator),
        _uniform((height - 1.0, 1.0 - height), generator),
    )
    return torch.tensor([[[width, 0.0, centre_x], [0.0, height, centre_y], [0.0, 0.0, 1.0]]])


def _crop_size(settings: AugmentSettings, generator: Generator, *, aspect: float) -> Span:
    """Draw width and height of a crop as shares of the frame's; the whole frame if ten draws do not fit."""
    ratios = (math.log(settings.crop_ratio[0]), math.log(settings.crop_ratio[1]))
    for _ in range(10):
        area = _uniform(settings.crop_scale, generator)
        ratio = math.exp(_uniform(ratios, generator))
        width, height = math.sqrt(area * aspect / ratio), math.sqrt(area * ratio / aspect)
        if width <= 1.0 and height <= 1.0:
            return width, height
    return 1.0, 1.0


def _resample(clip: Tensor, matrix: Tensor) -> Tensor:
    """Resample a clip (frames, height, width) by (1 or frames, 3, 3) matrices; black outside."""
    frames, height, width = clip.shape
    shared = len(matrix) == 1
    pictures = clip[None] if shared else clip[:, None]
    theta = matrix[:, :2].to(clip)
    grid = functional.affine_grid(theta, [len(theta), pictures.shape[1], height, width], align_corners=False)
    seen = functional.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return seen.reshape(frames, height, width)
