"""The ball's path seen from a camera that stands still, in body heights and, where the pitch is known, in metres.

A frame's neighbours are carried into that frame by the camera's motion; nothing is carried farther than a few frames,
so that errors of the motion do not add up. A body height is the height in pixels of the people near the ball: the one
measure that every wide picture of football offers, whatever the zoom.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats64
from touchline.core.clock import US_PER_S
from touchline.spotting.from_tracks.scene import Scene, moved, shifted

NEAR_PEOPLE = 5
"""A body height is the median over this many people, those nearest to the ball in the picture."""
SIDE_S = 0.14
"""Seconds over which the ball's velocity is taken on each side of a moment: 0.28 s in all."""
_REACH = 3
_LEAST_PX = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class BallPath:
    """The ball's path over the n frames of a scene.

    Attributes:
        body_px: float64 (n,), a body height at the ball, pixels; NaN where nobody is seen.
        before: float64 (n, 2), velocity over the ``SIDE_S`` before a frame, body heights a second, NaN where unknown.
        after: float64 (n, 2), the same over the ``SIDE_S`` after it.
        sound: bool (n,), whether both velocities rest on detections of the ball, not on filled-in places.
        place_m: float64 (n, 2), place of the ball as if on the grass, metres, NaN where unknown.

    """

    body_px: Floats64
    before: Floats64
    after: Floats64
    sound: Bools
    place_m: Floats64

    @property
    def change(self) -> Floats64:
        """float64 (n,): how much the velocity changes, body heights a second; NaN where unknown."""
        return np.asarray(np.linalg.norm(self.after - self.before, axis=1))

    @property
    def turn_deg(self) -> Floats64:
        """float64 (n,): by how much the direction changes, 0 to 180 degrees; NaN where there is none."""
        speeds = np.linalg.norm(self.before, axis=1) * np.linalg.norm(self.after, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = (self.before * self.after).sum(axis=1) / speeds
        return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def ball_path(scene: Scene) -> BallPath:
    """Return the ball's path through a scene."""
    body = body_heights(scene)
    offsets = range(-_REACH, _REACH + 1)
    places = np.stack([seen_from(scene, scene.ball_px, offset) for offset in offsets], axis=1)
    times = np.stack([shifted(scene.times_us / US_PER_S, offset) for offset in offsets], axis=1)
    since = times - times[:, [_REACH]]
    before = _velocity(places, since, -SIDE_S) / body[:, None]
    after = _velocity(places, since, SIDE_S) / body[:, None]
    return BallPath(body, before, after, _sound(scene.ball_seen), scene.place_m(scene.ball_px))


def body_heights(scene: Scene) -> Floats64:
    """Return a body height at the ball, or in the middle of the picture without one, pixels, float64 (n,)."""
    middle = np.array(scene.size_px) / 2
    at = np.where(np.isfinite(scene.ball_px), scene.ball_px, middle)
    feet, heights = scene.feet_px, scene.heights_px
    if heights.shape[1] == 0:
        return np.full(len(scene), np.nan)
    apart = np.linalg.norm(feet - at[:, None], axis=2)
    order = np.argsort(np.where(np.isfinite(apart), apart, np.inf), axis=1)[:, :NEAR_PEOPLE]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a frame without people has no median
        body = np.nanmedian(np.take_along_axis(heights, order, axis=1), axis=1)
    return np.asarray(np.maximum(body, _LEAST_PX))


def seen_from(scene: Scene, points_px: Floats64, offset: int) -> Floats64:
    """Return the points (n, ..., 2) of the frame ``offset`` later (earlier, if negative) as pixels of each frame."""
    points = shifted(points_px, offset)
    return moved(scene.into(offset), points) if offset else points


def _velocity(places: Floats64, since: Floats64, at_s: float) -> Floats64:
    """Return the mean velocity between a frame and the moment ``at_s`` later, in units of the places a second.

    Args:
        places: (n, offsets, 2), the ball as seen from each frame.
        since: (n, offsets), seconds from each frame.
        at_s: seconds, negative for a moment before the frame.

    """
    middle = places.shape[1] // 2
    order = np.arange(middle, -1, -1) if at_s < 0 else np.arange(middle, places.shape[1])
    away, points = np.abs(since[:, order]), places[:, order]
    known = np.isfinite(points).all(axis=2) & np.isfinite(away)
    best = np.full((len(places), 2), np.nan)
    for far in range(1, len(order)):
        near = far - 1
        usable = known[:, near] & known[:, far] & (away[:, far] >= abs(at_s)) & (away[:, near] < abs(at_s))
        usable &= known[:, 0]
        span = np.where(usable, away[:, far] - away[:, near], 1.0)
        share = ((abs(at_s) - away[:, near]) / span)[:, None]
        there = (1 - share) * points[:, near] + share * points[:, far]
        best[usable] = ((there - points[:, 0]) / at_s)[usable]
    return best


def _sound(seen: Bools) -> Bools:
    """Return whether the ball was detected at or beside a frame, and within two frames on either side of it."""
    padded = np.pad(seen, 2)
    here = padded[2:-2] | (padded[1:-3] & padded[3:-1])
    return np.asarray(here & (padded[:-4] | padded[1:-3]) & (padded[4:] | padded[3:-1]))
