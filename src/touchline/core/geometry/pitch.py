"""The football pitch in metres: its dimensions, its lines, and the 32 keypoints used for camera calibration.

The centre spot is (0, 0). x runs along the length, from the goal line on the left of the picture (negative) to the one
on the right; y runs across, positive on the far side, which is the top of the picture: the pitch as seen from the main
stand. Heights, where given, are z, upwards from the grass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PENALTY_AREA_DEPTH_M = 16.5
PENALTY_AREA_HALF_M = 20.16
GOAL_AREA_DEPTH_M = 5.5
GOAL_AREA_HALF_M = 9.16
PENALTY_SPOT_M = 11.0
CIRCLE_M = 9.15
GOAL_HALF_M = 3.66
GOAL_HEIGHT_M = 2.44
LINE_WIDTH_M = 0.12
"""Dimensions fixed by law 1 of the Laws of the Game; only length and width vary between grounds."""

_ARC_HALF_M = math.sqrt(CIRCLE_M**2 - (PENALTY_AREA_DEPTH_M - PENALTY_SPOT_M) ** 2)


@dataclass(frozen=True, slots=True)
class Pitch:
    """The dimensions of a pitch.

    Attributes:
        length_m: goal line to goal line, 90 to 120 m.
        width_m: touch line to touch line, 45 to 90 m.

    """

    length_m: float = 105.0
    width_m: float = 68.0

    def __post_init__(self) -> None:
        if not 90.0 <= self.length_m <= 120.0 or not 45.0 <= self.width_m <= 90.0:
            raise ValueError(f"a pitch of {self.length_m} x {self.width_m} m is outside 90-120 x 45-90 m (law 1)")


STANDARD = Pitch()
"""The size required by UEFA and most top leagues."""

KEYPOINT_NAMES = (
    "left goal line, far corner",
    "left goal line, penalty area, far",
    "left goal line, goal area, far",
    "left goal line, goal area, near",
    "left goal line, penalty area, near",
    "left goal line, near corner",
    "left goal area, far corner",
    "left goal area, near corner",
    "left penalty spot",
    "left penalty area, far corner",
    "left penalty arc, far end",
    "left penalty arc, near end",
    "left penalty area, near corner",
    "halfway line, far touch line",
    "centre circle, far",
    "centre circle, near",
    "halfway line, near touch line",
    "right penalty area, far corner",
    "right penalty arc, far end",
    "right penalty arc, near end",
    "right penalty area, near corner",
    "right penalty spot",
    "right goal area, far corner",
    "right goal area, near corner",
    "right goal line, far corner",
    "right goal line, penalty area, far",
    "right goal line, goal area, far",
    "right goal line, goal area, near",
    "right goal line, penalty area, near",
    "right goal line, near corner",
    "centre circle, left",
    "centre circle, right",
)
"""Names of the 32 keypoints, in the order of their indices."""

MIRROR: npt.NDArray[np.int64] = np.array(
    [
        24,
        25,
        26,
        27,
        28,
        29,
        22,
        23,
        21,
        17,
        18,
        19,
        20,
        13,
        14,
        15,
        16,
        9,
        10,
        11,
        12,
        8,
        6,
        7,
        0,
        1,
        2,
        3,
        4,
        5,
        31,
        30,
    ],
    dtype=np.int64,
)
"""int64 (32,): the index of each keypoint after flipping the picture left to right."""


def keypoints_m(pitch: Pitch = STANDARD) -> npt.NDArray[np.float64]:
    """Return the positions of the 32 keypoints on a pitch: float64 (32, 2), metres."""
    goal, touch = pitch.length_m / 2, pitch.width_m / 2
    box, area, spot = goal - PENALTY_AREA_DEPTH_M, goal - GOAL_AREA_DEPTH_M, goal - PENALTY_SPOT_M
    points = np.zeros((32, 2))
    across = (touch, PENALTY_AREA_HALF_M, GOAL_AREA_HALF_M)
    points[0:6] = [(-goal, y) for y in (*across, *(-y for y in reversed(across)))]
    points[6:8] = [(-area, GOAL_AREA_HALF_M), (-area, -GOAL_AREA_HALF_M)]
    points[8] = (-spot, 0.0)
    points[9:13] = [(-box, y) for y in (PENALTY_AREA_HALF_M, _ARC_HALF_M, -_ARC_HALF_M, -PENALTY_AREA_HALF_M)]
    points[13:17] = [(0.0, y) for y in (touch, CIRCLE_M, -CIRCLE_M, -touch)]
    points[30] = (-CIRCLE_M, 0.0)
    right = np.r_[17:30, 31]
    points[right] = points[MIRROR[right]] * (-1.0, 1.0)
    return points


KEYPOINTS_M: npt.NDArray[np.float32] = keypoints_m().astype(np.float32)
"""float32 (32, 2): the keypoints of a pitch of 105 x 68 m, metres."""


def lines_m(pitch: Pitch = STANDARD, *, step_m: float = 1.0) -> tuple[npt.NDArray[np.float64], ...]:
    """Return every marking as a polyline: float64 (k, 2) each, metres, points at most ``step_m`` apart.

    Straight lines are subdivided too, so that they project correctly where a camera sees only a part of them.
    """
    if step_m <= 0:
        raise ValueError(f"step_m={step_m} must be positive")
    return tuple(_dense(corners, step_m=step_m) for corners in _straight(pitch)) + tuple(_arcs(pitch, step_m=step_m))


def spots_m(pitch: Pitch = STANDARD) -> npt.NDArray[np.float64]:
    """Return the centre spot and the penalty spots: float64 (3, 2), metres."""
    spot = pitch.length_m / 2 - PENALTY_SPOT_M
    return np.array([(-spot, 0.0), (0.0, 0.0), (spot, 0.0)])


def _straight(pitch: Pitch) -> Iterator[list[tuple[float, float]]]:
    """Yield the corners of the straight markings: the border, the halfway line, and the two areas at each end."""
    goal, touch = pitch.length_m / 2, pitch.width_m / 2
    yield [(-goal, touch), (goal, touch), (goal, -touch), (-goal, -touch), (-goal, touch)]
    yield [(0.0, touch), (0.0, -touch)]
    for side in (-1.0, 1.0):
        for depth, half in ((PENALTY_AREA_DEPTH_M, PENALTY_AREA_HALF_M), (GOAL_AREA_DEPTH_M, GOAL_AREA_HALF_M)):
            inner = side * (goal - depth)
            yield [(side * goal, half), (inner, half), (inner, -half), (side * goal, -half)]


def _arcs(pitch: Pitch, *, step_m: float) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the centre circle and the two penalty arcs."""
    spot = pitch.length_m / 2 - PENALTY_SPOT_M
    half = math.acos((PENALTY_AREA_DEPTH_M - PENALTY_SPOT_M) / CIRCLE_M)
    yield _arc((0.0, 0.0), start=0.0, end=2 * math.pi, step_m=step_m)
    yield _arc((-spot, 0.0), start=-half, end=half, step_m=step_m)
    yield _arc((spot, 0.0), start=math.pi - half, end=math.pi + half, step_m=step_m)


def _arc(centre: tuple[float, float], *, start: float, end: float, step_m: float) -> npt.NDArray[np.float64]:
    angles = np.linspace(start, end, 1 + max(2, math.ceil((end - start) * CIRCLE_M / step_m)))
    return np.array(centre) + CIRCLE_M * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _dense(corners: list[tuple[float, float]], *, step_m: float) -> npt.NDArray[np.float64]:
    """Return a polyline through the corners with points at most ``step_m`` apart."""
    parts = [np.array(corners[:1])]
    for start, end in zip(np.array(corners[:-1]), np.array(corners[1:]), strict=True):
        count = max(1, math.ceil(float(np.hypot(*(end - start))) / step_m))
        parts.append(start + (end - start) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)
