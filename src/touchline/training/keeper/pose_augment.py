"""Augmentation of keeper crops: rotated, scaled, shifted, mirrored, recoloured, blurred, covered and cut off."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Rgb
from touchline.core.poses import MIRROR

Flags = npt.NDArray[np.bool_]

_ANY_TURN = 0.04
_COVERED = 0.2
_EDGE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class PoseSample:
    """A picture with its joints.

    Attributes:
        pixels: uint8 (h, w, 3) RGB.
        joints_px: float32 (16, 2).
        depth_px: float32 (16,), distance behind the pelvis, in pixels.
        trust: weight of the joints, 0 to 1.

    """

    pixels: Rgb
    joints_px: Floats32
    depth_px: Floats32
    trust: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PoseCrop:
    """One training example of the network.

    Attributes:
        pixels: uint8 (side, side, 3).
        joints: float32 (16, 3): x, y and depth in crop sides.
        inside: bool (16,), whether the joint lies in the crop.
        seen: bool (16,), whether it is also unoccluded.
        trust: of the sample.

    """

    pixels: Rgb
    joints: Floats32
    inside: Flags
    seen: Flags
    trust: float


def augment(sample: PoseSample, rng: np.random.Generator, *, side_px: int) -> PoseCrop:
    """Draw a random crop of a sample."""
    height, width = sample.pixels.shape[:2]
    span = max(height, width)
    scale = side_px / (span * float(np.exp(rng.uniform(np.log(0.85), np.log(1.25)))))
    angle_rad = (
        rng.uniform(-np.pi, np.pi) if rng.random() < _ANY_TURN else float(np.clip(rng.normal(0, 0.2), -0.7, 0.7))
    )
    centre = np.array([width, height]) / 2 + rng.normal(0, 0.05, 2) * span
    if rng.random() < 0.08:  # cut off at one side
        centre = centre + rng.uniform(-0.35, 0.35, 2) * span
    cos, sin = np.cos(angle_rad) * scale, np.sin(angle_rad) * scale
    linear = np.array([[cos, -sin], [sin, cos]])
    flip = rng.random() < 0.5
    if flip:
        linear[0] *= -1
    matrix = np.concatenate([linear, (side_px / 2 - linear @ centre)[:, None]], axis=1)
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    pixels = cv2.warpAffine(
        sample.pixels,
        matrix,
        (side_px, side_px),
        flags=cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR,
        borderMode=border,
    )
    joints = sample.joints_px.astype(np.float64) @ linear.T + matrix[:, 2]
    depth = sample.depth_px.astype(np.float64) * scale
    if flip:
        joints, depth = joints[list(MIRROR)], depth[list(MIRROR)]
    places: Floats32 = (np.concatenate([joints, depth[:, None]], axis=1) / side_px).astype(np.float32)
    inside: Flags = np.all((places[:, :2] > _EDGE) & (places[:, :2] < 1 - _EDGE), axis=1)
    pixels = recolor(np.asarray(pixels, np.uint8), rng)
    pixels, covered = cover(pixels, places, rng)
    return PoseCrop(pixels, places, inside, inside & ~covered, sample.trust)


def recolor(pixels: Rgb, rng: np.random.Generator) -> Rgb:
    """Change colours, light, sharpness and noise at random."""
    if rng.random() < 0.7:
        hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
        turn = rng.uniform(0, 180) if rng.random() < 0.2 else rng.normal(0, 8)
        hsv[..., 0] = (hsv[..., 0] + turn) % 180
        hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.4, 1.5), 0, 255)
        pixels = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    if rng.random() < 0.07:
        pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < 0.25:
        small = int(pixels.shape[0] * rng.uniform(0.3, 0.8))
        shape = (pixels.shape[1], pixels.shape[0])
        pixels = cv2.resize(cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA), shape)
    if rng.random() < 0.2:
        pixels = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.4)))
    light = pixels.astype(np.float32) * rng.uniform(0.65, 1.4) + rng.uniform(-30, 30)
    if rng.random() < 0.3:
        light += rng.normal(0, rng.uniform(1, 10), light.shape).astype(np.float32)
    return np.clip(light, 0, 255).astype(np.uint8)


def cover(pixels: Rgb, places: Floats32, rng: np.random.Generator) -> tuple[Rgb, Flags]:
    """Cover parts of some crops with rectangles of one colour or of noise; also return which joints are covered."""
    covered = np.zeros(len(places), np.bool_)
    if rng.random() >= _COVERED:
        return pixels, covered
    pixels = pixels.copy()
    side = pixels.shape[0]
    for _ in range(int(rng.integers(1, 3))):
        size = rng.uniform(0.08, 0.35, 2)
        low = rng.uniform(0, 1 - size)
        left, top = (low * side).astype(int)
        right, bottom = ((low + size) * side).astype(int)
        if rng.random() < 0.5:
            pixels[top:bottom, left:right] = rng.integers(0, 256, 3)
        else:
            y, x = rng.integers(0, side - (bottom - top) + 1), rng.integers(0, side - (right - left) + 1)
            pixels[top:bottom, left:right] = pixels[y : y + bottom - top, x : x + right - left].copy()
        covered |= ((places[:, :2] > low) & (places[:, :2] < low + size)).all(axis=1)
    return pixels, covered
