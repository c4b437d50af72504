"""MoveNet's opinions on keepers' joints, from several views of each picture: larger, smaller, turned, mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from touchline.core.arrays import Floats64, Rgb
from touchline.core.poses import JOINTS, MIRROR
from touchline.goalkeeping.movenet_pose_finder import load_movenet
from touchline.goalkeeping.pose_finder import PoseFinderLike


@dataclass(frozen=True, slots=True)
class View:
    """How a picture is shown: side of the crop in picture sides, rotation in degrees, mirrored or not."""

    zoom: float
    turn_deg: float
    mirrored: bool


MANY_VIEWS = tuple(
    View(zoom, turn, mirror) for zoom in (1.05, 1.3) for turn in (-18, 0, 18) for mirror in (False, True)
)
FEW_VIEWS = (View(1.05, 0, False), View(1.3, 0, True), View(1.05, 0, True), View(1.2, 0, False))
_SIDE_PX = 256
_NOT_FOUND = [JOINTS.index("neck"), JOINTS.index("thorax")]
"""Joints that MoveNet does not have; they are left to the published poses."""


def opinions_of(finder: PoseFinderLike, pictures: Sequence[Rgb], views: Sequence[View]) -> Floats64:
    """Return joints (views, n, 16, 2) in pixels of each picture, NaN for neck and thorax."""
    return np.stack([np.stack([_look(finder, picture, view) for picture in pictures]) for view in views])


def _look(finder: PoseFinderLike, picture: Rgb, view: View) -> Floats64:
    matrix = view_matrix(picture.shape[1], picture.shape[0], view)
    shrinks = matrix[0, 0] ** 2 + matrix[0, 1] ** 2 < 0.5
    crop = cv2.warpAffine(picture, matrix, (_SIDE_PX, _SIDE_PX), flags=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    (pose,) = finder.find([np.asarray(crop, np.uint8)])
    joints = (pose.joints_px.astype(np.float64) - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    joints = joints[list(MIRROR)] if view.mirrored else joints
    joints[_NOT_FOUND] = np.nan
    return np.asarray(joints)


def view_matrix(width: int, height: int, view: View) -> Floats64:
    """Return the affine map (2, 3) from a picture's pixels to the crop's."""
    scale, angle = _SIDE_PX / (max(width, height) * view.zoom), np.deg2rad(view.turn_deg)
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[cos, -sin], [sin, cos]])
    if view.mirrored:
        linear[0] *= -1
    shift = _SIDE_PX / 2 - linear @ np.array([width / 2, height / 2])
    return np.concatenate([linear, shift[:, None]], axis=1)


def movenet_opinions(files: Sequence[Path], pictures: Sequence[Rgb]) -> tuple[Floats64, Floats64]:
    """Return the opinions (m, n, 16, 2) of MoveNet files on pictures, and weights (m,) that sum to 1 for each file.

    The first file looks in many views, the others, which are usually larger, in few.
    """
    found, weights = [], []
    for number, path in enumerate(files):
        views = MANY_VIEWS if number == 0 else FEW_VIEWS
        found.append(opinions_of(load_movenet(str(path), threads=1), pictures, views))
        weights.append(np.full(len(views), 1 / len(views)))
    return np.concatenate(found), np.concatenate(weights)
