"""Labels for training in memory: cleaned joints and depths as shares of padded squares, and the squares themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.arrays import Floats32, Floats64, Rgb
from touchline.core.poses import MIRROR, PELVIS
from touchline.models.runtime.fitting import Square, fit_in_square
from touchline.training.keeper.label_cleaning import clean_poses
from touchline.training.keeper.pose_augment import PoseSample
from touchline.training.keeper.pose_augment_batch import Pictures

SIDE_PX = 256
"""Side of the squares in memory."""
DEPTH_AGREES = 0.3
"""A published depth is trusted if its joint lies within this part of the torso of the cleaned one."""
DOUBTED_DEPTH, OTHER_DEPTH = 0.35, 0.3
"""Weights of depths whose pose the authors rejected, and of another network's depths in place of distrusted ones."""
_SMALLEST_TORSO = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """What is said of the same pictures, in shares of each padded square; the published poses come last.

    Attributes:
        places: float64 (m, n, 16, 2).
        weights: float64 (m,).
        depth: float64 (n, 16), published, in sides.
        kept: bool (n,), whether the authors trusted the published pose.

    """

    places: Floats64
    weights: Floats64
    depth: Floats64
    kept: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What is learnt of each picture.

    Attributes:
        joints: float32 (n, 16, 3), x, y and depth in shares of the square's side.
        sure, deep: float32 (n, 16), trust in places and depths.

    """

    joints: Floats32
    sure: Floats32
    deep: Floats32


def in_squares(joints_px: Floats64, sizes: Sequence[tuple[int, int]]) -> Floats64:
    """Convert joints (m, n, 16, 2) in pixels to shares of squares around pictures of sizes (height, width)."""
    squares = [Square(*size) for size in sizes]
    offset = np.array([square.offset for square in squares])
    side = np.array([square.side for square in squares], np.float64)
    return np.asarray((joints_px + offset[:, None]) / side[:, None, None])


def clean_labels(opinions: Opinions, *, other: Floats64 | None = None, other_weight: float = 1.0) -> Labels:
    """Merge opinions to labels.

    Args:
        opinions: published poses and other networks'.
        other: float64 (n, 16, 3), a network's poses of pictures that it never saw, as one more opinion; its depths
            replace published ones that are not trusted.
        other_weight: its weight.

    """
    places, weights = opinions.places, opinions.weights
    last = len(weights) - 1
    if other is not None:
        places, weights = np.concatenate([places, other[None, ..., :2]]), np.append(weights, other_weight)
    clean = clean_poses(places, weights)
    swapped, mirror = clean.swapped[last], list(MIRROR)
    depth = np.where(swapped[:, None], opinions.depth[:, mirror], opinions.depth)
    published = np.where(swapped[:, None, None], opinions.places[last][:, mirror], opinions.places[last])
    torso = np.linalg.norm(published[:, 8] - published[:, PELVIS], axis=-1).clip(_SMALLEST_TORSO)
    near = np.linalg.norm(published - clean.joints, axis=-1) < DEPTH_AGREES * torso[:, None]
    deep = near * np.where(opinions.kept, 1.0, DOUBTED_DEPTH)[:, None]
    if other is not None:
        instead = other[..., 2] - other[:, PELVIS, None, 2]
        depth, deep = np.where(deep > 0, depth, instead), np.where(deep > 0, deep, OTHER_DEPTH)
    joints = np.concatenate([clean.joints, depth[..., None]], axis=-1)
    known = np.isfinite(joints).all(axis=-1)
    return Labels(
        np.nan_to_num(joints).astype(np.float32),
        (clean.trust * known).astype(np.float32),
        (deep * known).astype(np.float32),
    )


def squares_of(pictures: Sequence[Rgb]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures as padded squares uint8 (n, 3, side, side), and their content (n, 2) in shares of the side."""
    stack = np.zeros((len(pictures), SIDE_PX, SIDE_PX, 3), np.uint8)
    content = np.zeros((len(pictures), 2), np.float32)
    for number, picture in enumerate(pictures):
        square = fit_in_square(picture, into=stack[number])
        content[number] = square.width / square.side, square.height / square.side
    return torch.from_numpy(stack).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(content)


def with_labels(pictures: Sequence[Rgb], labels: Labels) -> Pictures:
    """Return pictures with their labels, ready for training."""
    pixels, content = squares_of(pictures)
    joints, sure, deep = (torch.from_numpy(part) for part in (labels.joints, labels.sure, labels.deep))
    return Pictures(pixels, joints, sure, deep, torch.ones(len(pixels)), content)


def with_nobody(pictures: Sequence[Rgb], *, joints: int = 16) -> Pictures:
    """Return pictures without a person."""
    pixels, content = squares_of(pictures)
    n = len(pixels)
    none = torch.zeros(n, joints)
    return Pictures(pixels, torch.zeros(n, joints, 3), none, none, torch.zeros(n), content)


def with_figures(samples: Sequence[PoseSample]) -> Pictures:
    """Return simulated keepers, whose joints are exact."""
    side = np.array([max(sample.pixels.shape[:2]) for sample in samples], np.float32)
    joints = np.stack([np.c_[sample.joints_px, sample.depth_px] for sample in samples]) / side[:, None, None]
    exact = np.ones(joints.shape[:2], np.float32)
    return with_labels([sample.pixels for sample in samples], Labels(joints.astype(np.float32), exact, exact))


def on_device(pictures: Pictures, device: torch.device) -> Pictures:
    """Move pictures to a device."""
    names = ("pixels", "joints", "sure", "deep", "person", "content")
    return replace(pictures, **{name: getattr(pictures, name).to(device) for name in names})
