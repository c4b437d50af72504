"""Batches for the pitch finder, made on one device: frames warped, mirrored, relit, and partly covered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.geometry.pitch import MIRROR, Pitch, keypoints_m
from touchline.synthetic.pitch_render import Draws, draw_cameras, pixel_grid, render
from touchline.training.pitch.data import FRAME_HEIGHT, FRAME_WIDTH, KEYPOINTS, PitchFrame

_SEEDS = 2**31
CLOSE_UPS = 0.1
"""Share of warped frames that are zoomed in so far that little or nothing of the pitch is visible."""


@dataclass(frozen=True, slots=True, eq=False)
class PitchBatch:
    """Images and their truth.

    Attributes:
        pictures: (n, 3, h, w) in 0..1.
        points_px: keypoints (n, 32, 2).
        visible: whether each keypoint lies in the image, bool (n, 32).
        to_pixels: homographies from metres to pixels (n, 3, 3).
        half_m: half length and width of the pitches (n, 2).
        content_px: width and height of the content, from the top left; the rest is black (n, 2).

    """

    pictures: Tensor
    points_px: Tensor
    visible: Tensor
    to_pixels: Tensor
    half_m: Tensor
    content_px: Tensor


class Bank:
    """Frames stored on the device as bytes, at full and half size, with their truth.

    Large sources are sampled less than proportionally: weights grow with the square root of a source's frame count.
    """

    def __init__(self, frames: Sequence[PitchFrame], *, device: torch.device) -> None:
        self.rgb = torch.from_numpy(np.stack([f.rgb for f in frames])).to(device)
        self.small = _halve(self.rgb)
        counts = Counter(f.source for f in frames)
        self._weights = torch.tensor([counts[f.source] ** -0.5 for f in frames], device=device)
        self.points_px = torch.from_numpy(np.stack([f.keypoints_px for f in frames])).to(device)
        self.visible = torch.from_numpy(np.stack([f.visible for f in frames])).to(device)
        self.to_pixels = torch.from_numpy(np.stack([f.to_pixels for f in frames])).float().to(device)
        self.half_m = torch.tensor([f.half_m for f in frames], device=device)

    def pick(self, count: int, *, draws: Draws) -> Tensor:
        """Draw random frames; returns indices (count,)."""
        return torch.multinomial(self._weights, count, replacement=True, generator=draws.generator)


class DrawnBank(Bank):
    """Synthetic pitches; the oldest are replaced during training.

    Each refresh has its own random numbers, so that a resumed run can draw the same images again.

    Args:
        size: number of images kept.
        first: number of images drawn before the first batch.
        draws: random numbers, which decide the seed of all refreshes.

    """

    def __init__(self, size: int, *, first: int, draws: Draws) -> None:
        device = draws.device
        self.rgb = torch.zeros(size, FRAME_HEIGHT, FRAME_WIDTH, 3, dtype=torch.uint8, device=device)
        self.small = torch.zeros(size, FRAME_HEIGHT // 2, FRAME_WIDTH // 2, 3, dtype=torch.uint8, device=device)
        self.points_px = torch.zeros(size, KEYPOINTS, 2, device=device)
        self.visible = torch.zeros(size, KEYPOINTS, dtype=torch.bool, device=device)
        self.to_pixels = torch.zeros(size, 3, 3, device=device)
        self.half_m = torch.zeros(size, 2, device=device)
        self._device, self._size, self._filled, self._next = device, size, 0, 0
        self._seed = int(draws.whole(_SEEDS, 1))
        self._kept: list[tuple[int, int]] = []
        while self._filled < min(first, size):
            self.refresh(min(8, size))

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint needs to restore the same images."""
        return {"filled": self._filled, "next": self._next, "kept": self._kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Draw the images again that existed when :meth:`state` was called."""
        self._filled = 0
        self._next = (state["next"] - sum(count for _, count in state["kept"])) % self._size
        for number, count in state["kept"]:
            self._refresh(number, count)
        self._filled, self._kept = state["filled"], [(number, count) for number, count in state["kept"]]

    def pick(self, count: int, *, draws: Draws) -> Tensor:
        """Draw random images; returns indices (count,)."""
        return draws.whole(self._filled, count)

    @torch.no_grad()
    def refresh(self, count: int) -> None:
        """Replace the ``count`` oldest images by new ones."""
        number = self._kept[-1][0] + 1 if self._kept else 0
        self._refresh(number, count)
        self._kept.append((number, count))
        while sum(kept for _, kept in self._kept[1:]) >= self._size:
            del self._kept[0]

    def _refresh(self, number: int, count: int) -> None:
        draws = Draws(seed=self._seed + number, device=self._device)
        cameras = draw_cameras(draws, count, width=FRAME_WIDTH, height=FRAME_HEIGHT)
        pictures = render(draws, cameras, width=FRAME_WIDTH, height=FRAME_HEIGHT)
        slots = (torch.arange(count) + self._next) % self._size
        points = drawn_keypoints_m(cameras.half_m)
        spread = torch.cat([points, torch.ones_like(points[..., :1])], -1) @ cameras.to_pixels.transpose(1, 2)
        front = spread[..., 2] > 0.1
        pixels = spread[..., :2] / torch.where(front, spread[..., 2], torch.ones_like(spread[..., 2]))[..., None]
        self.rgb[slots] = (pictures.permute(0, 2, 3, 1) * 255.0).round().to(torch.uint8)
        self.small[slots] = _halve(self.rgb[slots])
        self.points_px[slots] = pixels
        self.visible[slots] = front & _inside(pixels, pixels.new_tensor([[FRAME_WIDTH, FRAME_HEIGHT]]))
        self.to_pixels[slots] = cameras.to_pixels
        self.half_m[slots] = cameras.half_m
        self._next = (self._next + count) % self._size
        self._filled = min(self._filled + count, self._size)


def _halve(rgb: Tensor) -> Tensor:
    """Downscale bytes (n, h, w, 3) to half the size, a few images at a time."""
    parts = [F.avg_pool2d(part.permute(0, 3, 1, 2).float(), 2) for part in rgb.split(64)]
    return torch.cat([part.round().to(torch.uint8).permute(0, 2, 3, 1) for part in parts])


def drawn_keypoints_m(half_m: Tensor) -> Tensor:
    """Return the keypoints of pitches of half sizes (n, 2): metres (n, 32, 2)."""
    # Each coordinate is a share of the half size plus a fixed distance; two pitches determine both.
    small, large = (torch.from_numpy(keypoints_m(Pitch(100.0 + d, 60.0 + d))).to(half_m) for d in (0.0, 10.0))
    share = (large - small) / 5.0
    fixed = small - share * half_m.new_tensor([50.0, 30.0])
    return fixed + share * half_m[:, None]


def _inside(points: Tensor, size: Tensor) -> Tensor:
    return ((points >= 0) & (points < size[:, None])).all(-1)


def draw_batch(
    bank: Bank, count: int, *, draws: Draws, width: int, height: int, strength: float, step: int = 1
) -> PitchBatch:
    """Draw a batch from a bank.

    Args:
        bank: source of the frames.
        count: number of frames.
        draws: random numbers.
        width: of the batch's images, before downscaling.
        height: likewise.
        strength: of the warps; 1 for strong ones.
        step: 2 gives everything at half the size.

    """
    which = bank.pick(count, draws=draws)
    warp = random_warps(draws, count, strength=strength)
    to_pixels = warp @ bank.to_pixels[which]
    content = _content(draws, count, width=width, height=height)
    grid = pixel_grid(width=width, height=height, step=step, device=draws.device)
    flip = draws.chance(0.5, count)
    spread = F.pad(bank.points_px[which], (0, 1), value=1.0) @ warp.transpose(1, 2)
    points = spread[..., :2] / spread[..., 2:].clamp_min(1e-3)
    visible = bank.visible[which] & _inside(points, content)
    pictures = _warp((bank.small if step == 2 else bank.rgb)[which], warp, draws, grid=grid)
    pictures = _cover(draws, _relight(draws, pictures))
    kept = (grid[None, ..., 0] < content[:, None, None, 0]) & (grid[None, ..., 1] < content[:, None, None, 1])
    batch = PitchBatch(pictures * kept[:, None], points, visible, to_pixels, bank.half_m[which], content)
    return _shrink(_mirror(batch, flip, step=step), step=step)


def random_warps(draws: Draws, count: int, *, strength: float) -> Tensor:
    """Draw homographies (n, 3, 3) in pixels: zoom, rotation, stretch, shear, shift and a change of perspective."""
    some = strength * draws.uniform(0.0, 1.0, count)
    zoom = (draws.uniform(-0.35, 0.55, count) * some).exp()
    close = draws.chance(CLOSE_UPS if strength > 0 else 0.0, count)
    zoom = torch.where(close, draws.uniform(math.log(2.5), math.log(9.0), count).exp(), zoom)
    stretch = (draws.uniform(-0.25, 0.25, count) * some).exp()
    turn = draws.normal(count) * math.radians(5.0) * some
    matrix = torch.zeros(count, 3, 3, device=draws.device)
    matrix[:, 0, 0], matrix[:, 0, 1] = (
        zoom * stretch * turn.cos(),
        -zoom * turn.sin() + draws.normal(count) * 0.1 * some,
    )
    matrix[:, 1, 0], matrix[:, 1, 1] = zoom * turn.sin(), zoom / stretch * turn.cos()
    room = (zoom - 1.0).abs() + 0.15 * some
    matrix[:, 0, 2] = draws.uniform(-1.0, 1.0, count) * room
    matrix[:, 1, 2] = draws.uniform(-0.6, 0.6, count) * room
    matrix[:, 2, 0] = draws.uniform(-0.22, 0.22, count) * some
    matrix[:, 2, 1] = draws.uniform(-0.3, 0.3, count) * some
    matrix[:, 2, 2] = 1.0
    half = FRAME_WIDTH / 2
    inward = torch.tensor(
        [[1 / half, 0, -1.0], [0, 1 / half, -FRAME_HEIGHT / FRAME_WIDTH], [0, 0, 1.0]], device=draws.device
    )
    return torch.linalg.inv_ex(inward).inverse @ matrix @ inward


def _content(draws: Draws, count: int, *, width: int, height: int) -> Tensor:
    """Draw the content size of the images: mostly that of 16:9, sometimes less wide or of another height."""
    usual = draws.chance(0.8, count)
    wide = torch.where(usual, width, draws.uniform(0.7, 1.0, count) * width)
    tall = torch.where(usual, min(FRAME_HEIGHT, height), draws.uniform(0.85, 1.0, count) * height)
    return torch.stack([wide, tall], 1).floor()


def _warp(rgb: Tensor, warp: Tensor, draws: Draws, *, grid: Tensor) -> Tensor:
    """Warp bytes (n, h, w, 3) of whole frames to (n, 3, *grid) in 0..1; each image has one colour outside."""
    colour = draws.uniform(0.0, 0.6, len(rgb), 3, 1, 1)
    if rgb.device.type == "cpu":
        return _warp_bytes(rgb, warp, colour, grid=grid)
    pictures = rgb.permute(0, 3, 1, 2).float() / 255.0
    back = torch.linalg.inv_ex(warp).inverse
    outward = back.new_tensor([[2.0 / FRAME_WIDTH, 0, -1.0], [0, 2.0 / FRAME_HEIGHT, -1.0], [0, 0, 1.0]])
    spread = (grid.reshape(1, -1, 3) @ (outward @ back).transpose(1, 2)).reshape(len(rgb), *grid.shape)
    place = spread[..., :2] / spread[..., 2:].clamp_min(1e-3)
    moved = F.grid_sample(pictures.sub_(colour), place, mode="bilinear", padding_mode="zeros", align_corners=False)
    return moved.add_(colour)


def _warp_bytes(rgb: Tensor, warp: Tensor, colour: Tensor, *, grid: Tensor) -> Tensor:
    """Do the same with OpenCV, which is several times faster on a CPU."""
    step, height, width = FRAME_WIDTH / rgb.shape[2], grid.shape[0], grid.shape[1]
    # OpenCV's origin is the centre of the first pixel, the origin here is its corner.
    centre = np.array([[1.0, 0, 0.5], [0, 1.0, 0.5], [0, 0, 1.0]])
    scale = np.diag([step, step, 1.0])
    moved = np.empty((len(rgb), height, width, 3), np.uint8)
    for row, matrix in enumerate(warp.double().numpy()):
        own = np.linalg.inv(centre) @ np.linalg.inv(scale) @ matrix @ scale @ centre
        border = (colour[row, :, 0, 0] * 255.0).tolist()
        cv2.warpPerspective(rgb[row].numpy(), own, (width, height), dst=moved[row], borderValue=border)
    return torch.from_numpy(moved).permute(0, 3, 1, 2).float().div_(255.0).contiguous()


def _mirror(batch: PitchBatch, flip: Tensor, *, step: int) -> PitchBatch:
    """Mirror the images selected by ``flip`` within the content's width; left and right keypoints swap."""
    width = batch.content_px[:, 0]
    cells = (width / step).long()
    pictures = batch.pictures.clone()
    for row in flip.nonzero()[:, 0].tolist():
        wide = int(cells[row])
        pictures[row, :, :, :wide] = batch.pictures[row, :, :, :wide].flip(-1)
    partner = torch.from_numpy(MIRROR).to(flip.device)
    other = batch.points_px[:, partner]
    other = torch.stack([width[:, None] - other[..., 0], other[..., 1]], -1)
    points = torch.where(flip[:, None, None], other, batch.points_px)
    visible = torch.where(flip[:, None], batch.visible[:, partner], batch.visible)
    turn = torch.zeros_like(batch.to_pixels)
    turn[:, 0, 0], turn[:, 0, 2], turn[:, 1, 1], turn[:, 2, 2] = -1.0, width, 1.0, 1.0
    swap = torch.diag(turn.new_tensor([-1.0, 1.0, 1.0]))
    to_pixels = torch.where(flip[:, None, None], turn @ batch.to_pixels @ swap, batch.to_pixels)
    return PitchBatch(pictures, points, visible, to_pixels, batch.half_m, batch.content_px)


def _shrink(batch: PitchBatch, *, step: int) -> PitchBatch:
    """Convert the truth to pixels of images that are already ``step`` times smaller."""
    scale = torch.diag(batch.to_pixels.new_tensor([1.0 / step, 1.0 / step, 1.0]))
    return PitchBatch(
        batch.pictures,
        batch.points_px / step,
        batch.visible,
        scale @ batch.to_pixels,
        batch.half_m,
        batch.content_px / step,
    )


def _relight(draws: Draws, pictures: Tensor) -> Tensor:
    """Change light, colours and contrast of each image; some are made softer, sharper or noisy."""
    n = len(pictures)
    grey = pictures.new_full((3, 3), 1.0 / 3.0)
    own = torch.eye(3, device=pictures.device)
    matrix = grey + (own - grey) * draws.uniform(0.3, 1.5, n, 1, 1)
    matrix = _hue_turns(draws.normal(n) * 0.35) @ matrix * draws.uniform(0.85, 1.15, n, 3, 1)
    matrix = matrix * draws.uniform(0.6, 1.5, n, 1, 1)
    mean = pictures.mean((2, 3))
    level = mean * draws.uniform(0.55, 1.4, n, 1) + draws.uniform(-0.06, 0.08, n, 1)
    offset = level - (matrix @ mean[..., None])[..., 0]
    flat = torch.baddbmm(offset[..., None], matrix, pictures.flatten(2))
    pictures = flat.reshape(pictures.shape).clamp_(0.0, 1.0)
    for row in draws.chance(0.2, n).nonzero()[:, 0].tolist():
        one = pictures[row : row + 1]
        soft = F.avg_pool2d(F.pad(one, (1, 1, 1, 1), mode="replicate"), 3, 1)
        pictures[row : row + 1] = one + (soft - one) * draws.uniform(-0.5, 1.0, 1)
    for row in draws.chance(0.15, n).nonzero()[:, 0].tolist():
        noise = torch.randn(pictures.shape[1:], generator=draws.generator, device=pictures.device)
        pictures[row].add_(noise * draws.uniform(0.0, 0.04, 1))
    return pictures


def _hue_turns(angle: Tensor) -> Tensor:
    """Return matrices (n, 3, 3) that rotate colours about the grey axis by angles (n,) in radians."""
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    third = 1.0 / 3.0
    cross = angle.new_tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) * math.sqrt(third)
    return cos * torch.eye(3, device=angle.device) + (1 - cos) * third + sin * cross


def _cover(draws: Draws, pictures: Tensor, *, most: int = 3) -> Tensor:
    """Cover each image with up to a few rectangles of one colour, such as score boards and black bars."""
    n, _, height, width = pictures.shape
    present = draws.chance(0.3, n, most).cpu()
    places = draws.uniform(0.0, 1.0, n, most, 4).cpu()
    colours = draws.uniform(0.0, 1.0, n, most, 3, 1, 1)
    for row, which in present.nonzero().tolist():
        left, top, wide, tall = places[row, which].tolist()
        x, y = int(left * width), int(top * height)
        x_end, y_end = x + int((0.02 + 0.28 * wide) * width), y + int((0.02 + 0.13 * tall) * height)
        pictures[row, :, y:y_end, x:x_end] = colours[row, which]
    return pictures


def join_batches(batches: Sequence[PitchBatch]) -> PitchBatch:
    """Concatenate batches."""
    names = ("pictures", "points_px", "visible", "to_pixels", "half_m", "content_px")
    return PitchBatch(*(torch.cat([getattr(batch, name) for batch in batches]) for name in names))
