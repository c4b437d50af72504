"""Augmented training crops for the detector.

There are only a few hundred real frames, so each is shown at many sizes, positions, lights and kit colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.tracks import BALL, GOALKEEPER, REFEREE, Detections

if TYPE_CHECKING:
    from touchline.training.detection.data import LabelledFrames

MOST_BOXES = 40
_MIN_VISIBLE = 0.3
"""Minimum share of a box that must lie in a crop for the box to count."""


@dataclass(frozen=True, slots=True)
class CropSettings:
    """The settings of the crops; pixels of the network's input.

    Attributes:
        sizes: widths and heights, one of them per batch: small crops teach the appearance of a person cheaply, large
            ones teach judging a person in the context of all others.
        pixels_per_batch: number of pixels in a batch, whatever the size of its crops.
        zoom: range of scales, relative to a frame width of 1280 pixels.
        tilt_deg: maximum rotation either way.
        focus: share of crops that are centred on a person, mostly of a rare class.
        real_share: share of real frames, if there are simulated ones too.

    """

    sizes: tuple[tuple[int, int], ...] = ((320, 320), (640, 352), (960, 544))
    pixels_per_batch: int = 820_000
    zoom: tuple[float, float] = (0.65, 1.7)
    tilt_deg: float = 4.0
    focus: float = 0.7
    real_share: float = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class DetectionBatch:
    """Images (b, 3, h, w) in 0..1, boxes (b, m, 4), classes (b, m) with -1 for padding, labelled (b, 4)."""

    pictures: Tensor
    boxes: Tensor
    classes: Tensor
    labelled: Tensor


class CropSampler:
    """A sampler of augmented crops from real and simulated frames; cut on the CPU, relit on the device.

    Args:
        real: real frames, may be empty.
        simulated: simulated frames, may be empty.
        settings: of the crops.
        device: of the batches.
        seed: of all sampling.

    """

    def __init__(
        self,
        real: Sequence[LabelledFrames],
        simulated: Sequence[LabelledFrames],
        *,
        settings: CropSettings,
        device: str,
        seed: int,
    ) -> None:
        if not real and not simulated:
            raise ValueError("no frames to draw from: both real and simulated are empty")
        self.settings = settings
        self.device = device
        self._random = np.random.default_rng(seed)
        self._torch_random = torch.Generator(device).manual_seed(seed)
        self._sources = [
            [(g, i) for g in groups for i in range(len(g.truth))] for groups in (real, simulated) if groups
        ]

    @property
    def generators(self) -> tuple[np.random.Generator, torch.Generator]:
        """The generators that decide which crops come next."""
        return self._random, self._torch_random

    def draw(self) -> DetectionBatch:
        """Draw the next batch."""
        size = self.settings.sizes[self._random.integers(len(self.settings.sizes))]
        count = max(1, round(self.settings.pixels_per_batch / (size[0] * size[1])))
        crops = [self._crop(size) for _ in range(count)]
        pictures, boxes, classes, labelled = (np.stack([crop[k] for crop in crops]) for k in range(4))
        pixels = torch.from_numpy(pictures).to(self.device).permute(0, 3, 1, 2)
        return DetectionBatch(
            relight(pixels.float().div_(255.0), random=self._torch_random),
            torch.from_numpy(boxes).to(self.device),
            torch.from_numpy(classes).to(self.device),
            torch.from_numpy(labelled).to(self.device),
        )

    def _crop(self, size: tuple[int, int]) -> tuple[npt.NDArray[Any], ...]:
        """Draw one crop: its pixels (h, w, 3), boxes, classes and the labelled classes."""
        real = len(self._sources) == 1 or self._random.random() < self.settings.real_share
        source = self._sources[0 if real else 1]
        group, row = source[self._random.integers(len(source))]
        truth = group.truth[row]
        crop = self._map(group, truth, size=size)
        pixels = cv2.warpAffine(np.asarray(group.pixels[row]), crop, size, flags=cv2.INTER_LINEAR)
        boxes, classes = crop_boxes(truth.boxes_xyxy, truth.classes, crop, size=size)
        return pixels, boxes, classes, group.labelled

    def _map(self, group: LabelledFrames, truth: Detections, *, size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Draw an affine map (2, 3) from the frame's pixels to the crop's."""
        draw, s = self._random, self.settings
        picture = np.array(group.pixels.shape[2:0:-1])
        zoom = group.scale * math.exp(draw.uniform(*np.log(s.zoom)))
        tilt = math.radians(draw.uniform(-s.tilt_deg, s.tilt_deg))
        mirror = -1.0 if draw.random() < 0.5 else 1.0
        turn = zoom * np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
        turn = turn @ np.diag([mirror, 1.0])
        target = np.array(size) * draw.uniform(0.25, 0.75, 2)
        anchor = self._anchor(truth, picture)
        shift = target - turn @ anchor
        middle = turn @ (picture / 2) + shift
        shift += _covering(middle, zoom * picture / 2, np.array(size)) - middle
        return np.concatenate([turn, shift[:, None]], 1).astype(np.float32)

    def _anchor(self, truth: Detections, picture: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Draw the point of the frame that will lie near the crop's centre: often a rare class, or the ball."""
        if not len(truth) or self._random.random() > self.settings.focus:
            return picture * self._random.uniform(0.1, 0.9, 2)
        weight = np.where(np.isin(truth.classes, (BALL, GOALKEEPER, REFEREE)), 6.0, 1.0)
        box = truth.boxes_xyxy[self._random.choice(len(truth), p=weight / weight.sum())]
        return (box[:2] + box[2:]).astype(np.float64) / 2


def _covering(
    middle: npt.NDArray[np.float64], half: npt.NDArray[np.float64], size: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return where the frame's centre goes so that it fills the crop or, if smaller, lies inside it."""
    return np.clip(middle, np.minimum(half, size - half), np.maximum(half, size - half))


def crop_boxes(
    boxes: npt.NDArray[np.float32],
    classes: npt.NDArray[np.int64],
    crop: npt.NDArray[np.float32],
    *,
    size: tuple[int, int],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Map boxes (m, 4) by an affine map and clip them to the crop; padded to ``MOST_BOXES`` with class -1.

    A rotated box keeps its size, as the person in it does.
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * math.sqrt(abs(float(np.linalg.det(crop[:, :2]))))
    centre = centre @ crop[:, :2].T + crop[:, 2]
    whole = np.concatenate([centre - half, centre + half], 1)
    inside = np.clip(whole, 0.0, np.array([*size, *size], np.float32))
    sides = inside[:, 2:] - inside[:, :2]
    share = sides.prod(1) / np.maximum((4 * half.prod(1)), 1e-6)
    index = np.flatnonzero((share > _MIN_VISIBLE) & (sides > 2.0).all(1))[:MOST_BOXES]
    out_boxes = np.zeros((MOST_BOXES, 4), np.float32)
    out_classes = np.full(MOST_BOXES, -1, np.int64)
    out_boxes[: len(index)], out_classes[: len(index)] = inside[index], classes[index]
    return out_boxes, out_classes


def relight(pictures: Tensor, *, random: torch.Generator) -> Tensor:
    """Change light, colours, sharpness and noise of each image (b, 3, h, w) in 0..1."""
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
    """Reduce the effective resolution of a third of the images."""
    h, w = pictures.shape[2:]
    small = F.interpolate(pictures, size=(h * 9 // 16, w * 9 // 16), mode="bilinear", antialias=True)
    soft = F.interpolate(small, size=(h, w), mode="bilinear")
    share = ((amount - 0.67) * 3.0).clamp(0.0, 1.0)
    return torch.lerp(pictures, soft, share)


def _recolour(pictures: Tensor, *, angle: Tensor, share: Tensor) -> Tensor:
    """Rotate the hue of everything but grass in half of the images, so that kits of any colour occur."""
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
    """Add the shadow of a stand over part of the pitch to half of the images."""
    h, w = pictures.shape[2:]
    x = torch.linspace(-1, 1, w, device=pictures.device)
    y = torch.linspace(-1, 1, h, device=pictures.device)[:, None]
    side = ((angle.cos() * x + angle.sin() * y - offset) * 40.0).clamp(0.0, 1.0)
    return pictures * (1.0 - side * depth.clamp(min=0.0))
