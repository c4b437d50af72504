"""A camera beside a pitch, with exact keypoints, for tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.geometry.pitch import STANDARD, Pitch, keypoints_m
from touchline.tracking.pitch.view_algebra import project

WIDTH, HEIGHT = 640, 360


def camera(*, pan_deg: float = 0.0, tilt_deg: float = 17.0, focal_px: float = 550.0) -> npt.NDArray[np.float64]:
    """Metres to pixels for a camera on the main stand: 60 m from the touch line's middle, 18 m high."""
    place = np.array([0.0, -62.0, 18.0])
    pan, tilt = np.radians(pan_deg), np.radians(tilt_deg)
    right = np.array([np.cos(pan), -np.sin(pan), 0.0])
    ahead = np.array([np.sin(pan) * np.cos(tilt), np.cos(pan) * np.cos(tilt), -np.sin(tilt)])
    down = np.cross(ahead, right)
    turn = np.stack([right, down, ahead])
    lens = np.array([[focal_px, 0, WIDTH / 2], [0, focal_px, HEIGHT / 2], [0, 0, 1]])
    return lens @ np.c_[turn[:, :2], -turn @ place]


def seen(
    matrix: npt.NDArray[np.float64], *, pitch: Pitch = STANDARD, noise_px: float = 0.0, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Keypoints (32, 3) through a camera: confidence 1 where they lie in the picture."""
    points, depth = project(matrix, keypoints_m(pitch))
    shown = (depth > 0) & (points >= 0).all(axis=1) & (points <= (WIDTH, HEIGHT)).all(axis=1)
    points = points + np.random.default_rng(seed).normal(0, 1, points.shape) * noise_px
    return np.c_[points, shown]
