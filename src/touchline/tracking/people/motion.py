"""Prediction of people's motion: a constant-velocity Kalman filter over all tracks, in units of body height.

Lengths are scaled by a person's height in the frame: one height is about 1.8 m wherever the person stands, so noise and
limits hold for every camera and resolution. Both axes share one covariance, so a track needs three numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

_NEAREST = 1e-9
_FARTHEST_PX = 1e6
_MOST_ZOOM = 8.0
"""A camera does not zoom more from frame to frame: a larger change of size is a wrong motion."""


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """The motion model of people, in body heights and seconds.

    Attributes:
        measured_heights: standard deviation of a detected box's centre.
        acceleration_heights_s2: standard deviation of acceleration.
        speed_heights_s: standard deviation of the speed of a newly found person.
        memory_s: the speed of an unobserved person decays with this time constant.
        size_gain: share of a new box's size that enters the size estimate, 0 to 1.

    """

    measured_heights: float = 0.06
    acceleration_heights_s2: float = 4.0
    speed_heights_s: float = 2.0
    memory_s: float = 2.0
    size_gain: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The estimated states of n people, in pixels of the current frame.

    Attributes:
        centre_px: (n, 2), the box's centre.
        velocity_px_s: (n, 2), relative to the ground: the camera's own motion is removed.
        size_px: (n, 2), width and height.
        covariance: (n, 3), variance of position, covariance of position and speed, variance of speed, in heights.

    """

    centre_px: Floats64
    velocity_px_s: Floats64
    size_px: Floats64
    covariance: Floats64

    def __len__(self) -> int:
        return len(self.centre_px)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> States:
        """Return the states that an index or a mask selects."""
        return States(self.centre_px[index], self.velocity_px_s[index], self.size_px[index], self.covariance[index])

    def boxes_xyxy(self) -> Floats64:
        """(n, 4), the estimated boxes."""
        half = self.size_px / 2
        return np.concatenate([self.centre_px - half, self.centre_px + half], axis=1)


def centres_and_sizes(boxes_xyxy: npt.NDArray) -> tuple[Floats64, Floats64]:
    """Return centres (n, 2) and sizes (n, 2) of boxes, at least one pixel each way."""
    boxes = boxes_xyxy.astype(np.float64)
    return (boxes[:, :2] + boxes[:, 2:]) / 2, np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)


def begin(boxes_xyxy: npt.NDArray, *, settings: MotionSettings) -> States:
    """Return the states of people detected for the first time."""
    centre, size = centres_and_sizes(boxes_xyxy)
    covariance = np.tile([settings.measured_heights**2, 0.0, settings.speed_heights_s**2], (len(centre), 1))
    return States(centre, np.zeros_like(centre), size, covariance)


def stack(first: States, second: States) -> States:
    """Concatenate the states of two groups of people."""
    return States(
        np.concatenate([first.centre_px, second.centre_px]),
        np.concatenate([first.velocity_px_s, second.velocity_px_s]),
        np.concatenate([first.size_px, second.size_px]),
        np.concatenate([first.covariance, second.covariance]),
    )


def move_points(matrix: Floats64, points_px: Floats64) -> Floats64:
    """Apply a homography (3, 3) to points (n, 2); what it moves to infinity stays far away."""
    moved = points_px @ matrix[:, :2].T + matrix[:, 2]
    depth = np.where(np.abs(moved[:, 2:]) < _NEAREST, _NEAREST, moved[:, 2:])
    return np.clip(np.nan_to_num(moved[:, :2] / depth), -_FARTHEST_PX, _FARTHEST_PX)


def move_camera(states: States, matrix: Floats64) -> States:
    """Transform states by a camera motion (3, 3) from the previous frame to the current one."""
    count = len(states)
    half = states.size_px / 2
    ends = np.concatenate([states.centre_px, states.centre_px + states.velocity_px_s, states.centre_px + half])
    moved = move_points(matrix, ends)
    centre = moved[:count]
    stretch = np.maximum(np.abs(moved[2 * count :] - centre), 0.25) / np.maximum(half, 0.5)
    scale = np.clip(np.sqrt(stretch[:, :1] * stretch[:, 1:]), 1 / _MOST_ZOOM, _MOST_ZOOM)
    return States(centre, moved[count : 2 * count] - centre, states.size_px * scale, states.covariance)


def predict(states: States, *, dt_s: float, unseen: npt.NDArray[np.bool_], settings: MotionSettings) -> States:
    """Predict states one step of ``dt_s`` ahead; the speed of ``unseen`` people decays."""
    fade = np.where(unseen, np.exp(-dt_s / settings.memory_s), 1.0)[:, None]
    place, cross, speed = states.covariance.T
    noise = settings.acceleration_heights_s2**2
    covariance = np.stack(
        [
            place + 2 * dt_s * cross + dt_s**2 * speed + noise * dt_s**4 / 4,
            cross + dt_s * speed + noise * dt_s**3 / 2,
            speed + noise * dt_s**2,
        ],
        axis=1,
    )
    _limit_speed(covariance, limit=4 * settings.speed_heights_s**2)
    return States(
        states.centre_px + states.velocity_px_s * dt_s, states.velocity_px_s * fade, states.size_px, covariance
    )


def _limit_speed(covariance: Floats64, *, limit: float) -> None:
    """Limit the variance of speed in place; the correlation of place and speed is preserved.

    Limiting the variance alone would leave a covariance larger than the two variances allow, from which :func:`correct`
    would compute negative variances; this happens with steps of half a second and more.
    """
    shrink = np.sqrt(limit / np.maximum(covariance[:, 2], limit))
    covariance[:, 1] *= shrink
    covariance[:, 2] = np.minimum(covariance[:, 2], limit)


def correct(states: States, boxes_xyxy: npt.NDArray, *, noise: npt.NDArray | float, settings: MotionSettings) -> States:
    """Correct states by the observed boxes; ``noise`` multiplies the detector's deviation, (n,) or one number."""
    centre, size = centres_and_sizes(boxes_xyxy)
    place, cross, speed = states.covariance.T
    total = place + (settings.measured_heights * noise) ** 2
    gain, speed_gain = place / total, cross / total
    error = centre - states.centre_px
    covariance = np.stack([(1 - gain) * place, (1 - gain) * cross, speed - speed_gain * cross], axis=1)
    return replace(
        states,
        centre_px=states.centre_px + gain[:, None] * error,
        velocity_px_s=states.velocity_px_s + speed_gain[:, None] * error,
        size_px=states.size_px + settings.size_gain * (size - states.size_px),
        covariance=covariance,
    )
