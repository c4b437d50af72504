"""Augmented crops for the detector, cut and relit on the device that trains.

A few hundred real frames are all there is, so each is seen at many sizes, places, lights and kit colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.tracks import BALL, GOALKEEPER, REFEREE
from touchline.training.detector_data import LabelledFrames

MOST_BOXES = 40
_MIN_VISIBLE = 0.3
"""Share of a box that has to be in a crop for the box to count."""


@dataclass(frozen=True, slots=True)
class CropSettings:
    """How crops are cut; sizes in pixels of the network's input."""

    width: int = 960
    height: int = 544
    zoom: tuple[float, float] = (0.6, 1.7)
    tilt_deg: float = 4.0
    focus: float = 0.6
    real_share: float = 0.65


@dataclass(frozen=True, slots=True, eq=False)
class DetectionBatch:
    """Pictures (b, 3, h, w) in 0..1, boxes (b, m, 4), classes (b, m) with -1 for padding, labelled (b, 4)."""

    pictures: Tensor
    boxes: Tensor
    classes: Tensor
    labelled: Tensor


class _Source:
    """The frames of sources of one picture size, on a device, with padded boxes."""

    def __init__(self, groups: Sequence[LabelledFrames], *, device: str) -> None:
        self.pixels = [torch.from_numpy(np.ascontiguousarray(g.pixels)).to(device) for g in groups]
        self.scale = groups[0].scale
        self.place = [(k, i) for k, g in enumerate(groups) for i in range(len(g.pixels))]
        truth = [detections for g in groups for detections in g.truth]
        most = max((len(d) for d in truth), default=0)
        self.boxes = np.zeros((len(truth), most, 4), np.float32)
        self.classes = np.full((len(truth), most), -1, np.int64)
        for row, detections in enumerate(truth):
            self.boxes[row, : len(detections)] = detections.boxes_xyxy
            self.classes[row, : len(detections)] = detections.classes
        self.labelled = np.stack([g.labelled for g in groups for _ in g.truth])

    def pictures(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """uint8 (b, h, w, 3)."""
        return torch.stack([self.pixels[k][i] for k, i in (self.place[row] for row in rows)])


class CropSampler:
    """Draws augmented crops; real and simulated frames in a fixed proportion.

    Args:
        real: real frames, may be empty.
        simulated: simulated frames, may be empty.
        settings: how crops are cut.
        batch_size: crops a batch.
        device: where pictures lie and batches are made.
        seed: of everything drawn.

    """

    def __init__(
        self,
        real: Sequence[LabelledFrames],
        simulated: Sequence[LabelledFrames],
        *,
        settings: CropSettings,
        batch_size: int,
        device: str,
        seed: int,
    ) -> None:
        if not real and not simulated:
            raise ValueError("no frames to draw from: both real and simulated are empty")
        self.settings = settings
        self.device = device
        self._random = np.random.default_rng(seed)
        self._torch_random = torch.Generator(device).manual_seed(seed)
        sources = [_Source(groups, device=device) for groups in (real, simulated) if groups]
        share = [settings.real_share, 1 - settings.real_share] if len(sources) == 2 else [1.0]
        counts = [max(1, round(batch_size * share[0]))]
        counts += [batch_size - counts[0]] if len(sources) == 2 else []
        self._sources = list(zip(sources, counts, strict=True))

    def draw(self) -> DetectionBatch:
        """The next batch."""
        parts = [self._crops(source, count) for source, count in self._sources if count]
        pictures = torch.cat([part[0] for part in parts])
        boxes, classes, labelled = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
        return DetectionBatch(
            relight(pictures, random=self._torch_random),
            torch.from_numpy(boxes).to(self.device),
            torch.from_numpy(classes).to(self.device),
            torch.from_numpy(labelled).to(self.device),
        )

    def _crops(
        self, source: _Source, count: int
    ) -> tuple[Tensor, npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        rows = self._random.integers(0, len(source.place), count)
        pixels = source.pictures(rows).permute(0, 3, 1, 2).float().div_(255.0)
        size = (pixels.shape[3], pixels.shape[2])
        maps = np.stack([self._map(source, row, size=size) for row in rows])
        pictures = warp(
            pixels, torch.from_numpy(maps).to(self.device), width=self.settings.width, height=self.settings.height
        )
        moved = [
            crop_boxes(
                source.boxes[row], source.classes[row], maps[k], size=(self.settings.width, self.settings.height)
            )
            for k, row in enumerate(rows)
        ]
        return pictures, np.stack([m[0] for m in moved]), np.stack([m[1] for m in moved]), source.labelled[rows]

    def _map(self, source: _Source, row: int, *, size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """An affine map (2, 3) from the picture's pixels to the crop's."""
        draw, s = self._random, self.settings
        zoom = source.scale * math.exp(draw.uniform(*np.log(s.zoom)))
        tilt = math.radians(draw.uniform(-s.tilt_deg, s.tilt_deg))
        mirror = -1.0 if draw.random() < 0.5 else 1.0
        turn = zoom * np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
        turn = turn @ np.diag([mirror, 1.0])
        target = np.array([s.width, s.height]) * draw.uniform(0.3, 0.7, 2)
        anchor = self._anchor(source, row, size=size)
        shift = target - turn @ anchor
        middle = turn @ (np.array(size) / 2) + shift
        shift += _covering(middle, zoom * np.array(size) / 2, np.array([s.width, s.height])) - middle
        return np.concatenate([turn, shift[:, None]], 1).astype(np.float32)

    def _anchor(self, source: _Source, row: int, *, size: tuple[int, int]) -> npt.NDArray[np.float64]:
        """The point of the picture that comes near the crop's middle: often somebody rare, or the ball."""
        known = source.classes[row] >= 0
        if not known.any() or self._random.random() > self.settings.focus:
            return np.array(size) * self._random.uniform(0.15, 0.85, 2)
        classes = source.classes[row][known]
        weight = np.where(np.isin(classes, (BALL, GOALKEEPER, REFEREE)), 6.0, 1.0)
        box = source.boxes[row][known][self._random.choice(len(classes), p=weight / weight.sum())]
        return (box[:2] + box[2:]).astype(np.float64) / 2


def _covering(
    middle: npt.NDArray[np.float64], half: npt.NDArray[np.float64], size: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Where a picture's middle goes so that the crop is full of it, or, where it is smaller, holds all of it."""
    return np.clip(middle, np.minimum(half, size - half), np.maximum(half, size - half))


def warp(pictures: Tensor, maps: Tensor, *, width: int, height: int) -> Tensor:
    """Pictures (b, c, h, w) through affine maps (b, 2, 3) from their pixels to those of the result; black outside."""
    h, w = pictures.shape[2:]
    full = torch.cat([maps, maps.new_tensor([[[0.0, 0.0, 1.0]]]).expand(len(maps), 1, 3)], 1)
    back = torch.linalg.inv(full)[:, :2]
    x = torch.arange(width, device=maps.device) + 0.5
    y = torch.arange(height, device=maps.device) + 0.5
    grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
    points = torch.stack([grid_x, grid_y, torch.ones_like(grid_x)], -1).reshape(1, -1, 3)
    places = points @ back.transpose(1, 2)
    places = places / places.new_tensor([w / 2.0, h / 2.0]) - 1.0
    grid = places.reshape(len(maps), height, width, 2)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def crop_boxes(
    boxes: npt.NDArray[np.float32],
    classes: npt.NDArray[np.int64],
    crop: npt.NDArray[np.float32],
    *,
    size: tuple[int, int],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Boxes (m, 4) through an affine map, clipped to the crop; padded to ``MOST_BOXES`` with class -1.

    A tilted box keeps its size, as the person in it does.
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * math.sqrt(abs(float(np.linalg.det(crop[:, :2]))))
    centre = centre @ crop[:, :2].T + crop[:, 2]
    whole = np.concatenate([centre - half, centre + half], 1)
    inside = np.clip(whole, 0.0, np.array([*size, *size], np.float32))
    sides = inside[:, 2:] - inside[:, :2]
    share = sides.prod(1) / np.maximum((4 * half.prod(1)), 1e-6)
    index = np.flatnonzero((classes >= 0) & (share > _MIN_VISIBLE) & (sides > 2.0).all(1))[:MOST_BOXES]
    out_boxes = np.zeros((MOST_BOXES, 4), np.float32)
    out_classes = np.full(MOST_BOXES, -1, np.int64)
    out_boxes[: len(index)], out_classes[: len(index)] = inside[index], classes[index]
    return out_boxes, out_classes


def relight(pictures: Tensor, *, random: torch.Generator) -> Tensor:
    """Other light, colours, sharpness and noise for each picture (b, 3, h, w) in 0..1."""
    b = len(pictures)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        unit = torch.rand(b, *(shape or (1, 1, 1)), generator=random, device=pictures.device)
        return low + (high - low) * unit

    pictures = _soften(pictures, draw(0.0, 1.0))
    pictures = _recolour(pictures, angle=draw(-math.pi, math.pi), share=draw(0.0, 1.0))
    grey = pictures.mean(1, keepdim=True)
    pictures = grey + (pictures - grey) * draw(0.3, 1.5)
    pictures = pictures * draw(0.92, 1.08, 3, 1, 1)
    pictures = _shade(pictures, angle=draw(0.0, 2 * math.pi), offset=draw(-0.6, 0.6), depth=draw(-1.0, 0.6))
    middle = pictures.mean((1, 2, 3), keepdim=True)
    pictures = (pictures - middle) * draw(0.75, 1.25) + middle * draw(0.55, 1.4)
    pictures = pictures.clamp(1e-4, 1.0) ** draw(0.75, 1.4)
    noise = torch.randn(pictures.shape, generator=random, device=pictures.device)
    return (pictures + noise * draw(0.0, 0.03)).clamp(0.0, 1.0)


def _soften(pictures: Tensor, amount: Tensor) -> Tensor:
    """A third of the pictures as if filmed at a lower resolution."""
    h, w = pictures.shape[2:]
    small = F.interpolate(pictures, size=(h * 9 // 16, w * 9 // 16), mode="bilinear", antialias=True)
    soft = F.interpolate(small, size=(h, w), mode="bilinear")
    share = ((amount - 0.67) * 3.0).clamp(0.0, 1.0)
    return torch.lerp(pictures, soft, share)


def _recolour(pictures: Tensor, *, angle: Tensor, share: Tensor) -> Tensor:
    """Turn the hue of all that is not grass in half of the pictures, so that kits of any colour are seen."""
    cos, sin = angle.flatten().cos(), angle.flatten().sin()
    third, root = (1.0 - cos) / 3.0, sin / math.sqrt(3.0)
    rows = [[cos + third, third - root, third + root], [third + root, cos + third, third - root],
            [third - root, third + root, cos + third]]  # fmt: skip
    turn = torch.stack([torch.stack(row, -1) for row in rows], 1)
    turned = torch.einsum("bij,bjhw->bihw", turn, pictures)
    red, green, blue = pictures.unbind(1)
    grass = ((green - torch.maximum(red * 0.9, blue)) * 12.0).clamp(0.0, 1.0)[:, None]
    return torch.lerp(pictures, turned, (1.0 - grass) * (share < 0.5).float())


def _shade(pictures: Tensor, *, angle: Tensor, offset: Tensor, depth: Tensor) -> Tensor:
    """Half of the pictures with a stand's shadow over a part of the pitch."""
    h, w = pictures.shape[2:]
    x = torch.linspace(-1, 1, w, device=pictures.device)
    y = torch.linspace(-1, 1, h, device=pictures.device)[:, None]
    side = ((angle.cos() * x + angle.sin() * y - offset) * 40.0).clamp(0.0, 1.0)
    return pictures * (1.0 - side * depth.clamp(min=0.0))
