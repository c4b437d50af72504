"""Views over a whole shot, and the places of people computed from them.

The view of a single frame is noisy, and some frames have none. The camera's motion carries every view to its
neighbours, where views are combined by their covariances: one pass forwards, one backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.geometry.pitch import STANDARD
from touchline.tracking.camera_motion import Motion
from touchline.tracking.pitch.courses import DEFAULT_COURSE, CourseSettings, steady
from touchline.tracking.pitch.homography import PitchView, plausible, usable_points
from touchline.tracking.pitch.view_algebra import corner_noise, displacements, jacobians, picture_units, project
from touchline.tracking.pitch.view_filter import Belief, Limits, Seen, believable, fused, run

FOOT_HEIGHTS = np.array([0.06, 0.06])
"""Standard deviation of the foot of a box, across and down, in heights of the box."""
FOOT_LEAST_PX = 0.7
PLACE_FACTOR, SPEED_FACTOR, LEAST_SPEED_STD = 0.5, 0.37, 0.14
"""What deviations are multiplied by, and what is added in squares: fitted on match 011 (benchmarks/reliability.py)."""
SIZE_STD_M = np.array([2.9, 1.9])
"""Standard deviation of a place at the end and at the side of the ground because its size is only assumed, metres.

Fitted on the simulated ground of 110 x 72 m, which is taken for one of 105 x 68 m: most real grounds differ less.
"""


@dataclass(frozen=True, slots=True)
class SmoothSettings:
    """Settings of the smoothing of views over time.

    Attributes:
        drift_share: noise added when a view is carried over one frame, as a share of the frame's width (standard
            deviation of the frame's corners). Errors of neighbouring motions are correlated: this is the rate at which
            they accumulate over a second, not the error of a single motion.
        least_quality: motions below this quality carry nothing.
        memory_s: views closer together than this have correlated errors, so they count as one.
        gate: squared distance in standard deviations (eight degrees of freedom) above which two views contradict.
        gate_point: the same for a single keypoint (two degrees of freedom).
        strong: a view with at least this many keypoints is accepted even when its neighbours contradict it.
        neighbours: number of following frames that a weaker view is checked against before it is used.
        worst_std_m: a view with a larger typical uncertainty is dropped.

    """

    drift_share: float = 1 / 500
    least_quality: float = 0.3
    memory_s: float = 0.3
    gate: float = 40.0
    gate_point: float = 16.0
    strong: int = 6
    neighbours: int = 4
    worst_std_m: float = 4.0


def smooth_views(
    views: Sequence[PitchView | None],
    motions: Sequence[Motion],
    *,
    fps: float,
    keypoints: Sequence[npt.ArrayLike | None] | None = None,
    settings: SmoothSettings | None = None,
) -> list[PitchView | None]:
    """Smooth the views of one shot and carry them over frames that have none.

    Args:
        views: one per frame, in order; None where the frame has none.
        motions: one per frame, each from the previous frame to it; the first is ignored.
        fps: frames per second.
        keypoints: (32, 3) each, the keypoints of every frame; those too few for a view of their own still contribute.
        settings: of the smoothing.

    Returns:
        One per frame; None where no frame near enough in time shows the pitch.

    """
    if len(views) != len(motions):
        raise ValueError(f"{len(views)} views and {len(motions)} motions; pass one of each per frame")
    if keypoints is not None and len(keypoints) != len(views):
        raise ValueError(f"{len(views)} views and {len(keypoints)} keypoints; pass one of each per frame")
    if fps <= 0:
        raise ValueError(f"fps={fps} must be positive")
    like = next((view for view in views if view is not None), None)
    if like is None:
        return [None] * len(views)
    settings = settings or SmoothSettings()
    steps = _steps(motions, like=like, least_quality=settings.least_quality)
    drift = corner_noise(width=like.width, height=like.height, sigma_px=settings.drift_share * like.width)
    limits = Limits(drift, settings.gate, settings.gate_point)
    seen = _seen(views, keypoints, like=like, alike=max(1.0, settings.memory_s * fps), strong=settings.strong)
    seen = believable(seen, steps, limits=limits, neighbours=settings.neighbours)
    ahead, _ = run(seen, steps, limits=limits)
    _, expected = run(seen[::-1], _reversed(steps), limits=limits)
    beliefs = [fused(one, other) for one, other in zip(ahead, expected[::-1], strict=True)]
    return [_view(belief, view, like, settings.worst_std_m) for belief, view in zip(beliefs, views, strict=True)]


def place_points(
    points_px: npt.ArrayLike,
    index: npt.ArrayLike,
    views: Sequence[PitchView | None],
    *,
    points_std_px: float | npt.ArrayLike = 0.0,
) -> tuple[Floats64, Floats64]:
    """Place points of several frames on the grass.

    Args:
        points_px: (n, 2) pixels.
        index: (n,), the index in ``views`` of each point's frame.
        views: one per frame.
        points_std_px: standard deviation of the points themselves, one number or (n,).

    Returns:
        float64 (n, 2) metres, NaN where unknown, and float64 (n,) expected root mean square error, infinite there.

    """
    points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
    noise = np.broadcast_to(np.asarray(points_std_px, dtype=np.float64), (len(points),))
    places = _places(points, index, views)
    with np.errstate(invalid="ignore"):
        of_point = noise * np.sqrt((places.slopes**2).sum(axis=(1, 2)))
    return places.metres, np.hypot(places.std, of_point)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Points of several frames on the grass.

    Attributes:
        metres: (n, 2), NaN where unknown.
        std: (n,), root mean square error due to the view, infinite where unknown.
        of_view: (n, 2), variances due to the view along both axes, NaN where unknown.
        slopes: (n, 2, 2), metres that one pixel across and one down move a point; NaN where unknown.

    """

    metres: Floats64
    std: Floats64
    of_view: Floats64
    slopes: Floats64


def _places(points: Floats64, index: npt.ArrayLike, views: Sequence[PitchView | None]) -> _Places:
    """Return the places of points (n, 2), each seen by the view of its own frame, all at once."""
    seen = [views[int(frame)] for frame in np.asarray(index)]
    known = [view for view in seen if view is not None]
    count = len(points)
    found = _Places(
        metres=np.full((count, 2), np.nan),
        std=np.full(count, np.inf),
        of_view=np.full((count, 2), np.nan),
        slopes=np.full((count, 2, 2), np.nan),
    )
    if not known:
        return found
    rows = np.array([view is not None for view in seen], np.bool_)
    matrices = np.stack([view.matrix for view in known])
    covariances = np.stack([view.covariance for view in known])
    metres, depth = project(matrices, points[rows])
    variances = np.diagonal(_covariances(points[rows], matrices, covariances, like=known[0]), axis1=1, axis2=2)
    above = ~(depth > 0)
    std = np.sqrt(variances.sum(axis=1))
    metres[above], std[above] = np.nan, np.inf
    found.metres[rows], found.std[rows], found.of_view[rows] = metres, std, variances
    found.slopes[rows] = jacobians(matrices, points[rows])
    return found


def _covariances(points: Floats64, matrices: Floats64, covariances: Floats64, *, like: PitchView) -> Floats64:
    """Return the covariance (n, 2, 2) of each place, square metres, as :meth:`PitchView.covariance_m2` does."""
    units = picture_units(width=like.width, height=like.height)
    scaled, _ = project(units, points)
    moved = jacobians(matrices @ np.linalg.inv(units), scaled) @ displacements(scaled)
    return moved @ covariances @ moved.transpose(0, 2, 1)


@dataclass(frozen=True, slots=True, eq=False)
class PlacedTrack:
    """One person's places in the frames of his boxes.

    Attributes:
        places_m: float32 (n, 2), NaN where unknown or not believed.
        stds: float32 (n, 2), standard deviations of the place (metres, both axes together) and of the speed (metres per
            second); NaN where unknown.

    """

    places_m: npt.NDArray[np.float32]
    stds: npt.NDArray[np.float32]


def place_track(
    boxes_xyxy: npt.NDArray,
    index: npt.NDArray[np.int64],
    views: Sequence[PitchView | None],
    *,
    worst_std_m: float = 3.0,
    margin_m: float = 8.0,
) -> npt.NDArray[np.float32]:
    """Place a person on the grass: the middle of each box's lower edge, as measured.

    Args:
        boxes_xyxy: (n, 4) pixels.
        index: (n,), the index in ``views`` of each box's frame.
        views: one per frame of the shot.
        worst_std_m: less certain places are left out.
        margin_m: places farther outside the pitch than this are left out too.

    Returns:
        float32 (n, 2) metres, NaN where unknown.

    """
    metres, _, _ = _measured(boxes_xyxy, index, views, worst_std_m=worst_std_m, margin_m=margin_m)
    return metres.astype(np.float32)


def place_person(
    boxes_xyxy: npt.NDArray,
    index: npt.NDArray[np.int64],
    views: Sequence[PitchView | None],
    *,
    times_us: npt.NDArray[np.int64],
    settings: CourseSettings = DEFAULT_COURSE,
) -> PlacedTrack:
    """Place a person on the grass as :func:`place_track` does, as a course that a human being can run.

    Args:
        boxes_xyxy: (n, 4) pixels.
        index: (n,), the index in ``views`` of each box's frame.
        views: one per frame of the shot.
        times_us: (n,), the time of each box's frame; boxes of one and the same frame get one place.
        settings: how people run.

    """
    metres, of_view, of_foot = _measured(boxes_xyxy, index, views)
    times, first, same = np.unique(np.asarray(times_us, np.int64), return_index=True, return_inverse=True)
    course = steady(times / 1e6, metres[first], (of_view + of_foot)[first], settings=settings)
    pitch = next((view.pitch for view in views if view is not None), STANDARD)
    of_size = (course.places_m / (np.array([pitch.length_m, pitch.width_m]) / 2) * SIZE_STD_M) ** 2
    place = np.sqrt(((course.variances_m2 + of_view[first]) * PLACE_FACTOR**2 + of_size).sum(axis=1))
    speed = np.hypot(np.sqrt(course.speed_variances) * SPEED_FACTOR, LEAST_SPEED_STD)
    stds = np.stack([place, speed], axis=1)
    return PlacedTrack(course.places_m[same].astype(np.float32), stds[same].astype(np.float32))


def _measured(
    boxes_xyxy: npt.NDArray,
    index: npt.NDArray[np.int64],
    views: Sequence[PitchView | None],
    *,
    worst_std_m: float = 3.0,
    margin_m: float = 8.0,
) -> tuple[Floats64, Floats64, Floats64]:
    """Return the places (n, 2) of boxes, and their variances (n, 2) due to the view and due to the box."""
    boxes = np.asarray(boxes_xyxy, dtype=np.float64).reshape(-1, 4)
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    noise = np.maximum((boxes[:, 3] - boxes[:, 1])[:, None] * FOOT_HEIGHTS, FOOT_LEAST_PX) ** 2
    places = _places(feet, index, views)
    metres, std = places.metres, places.std
    of_foot = (places.slopes**2 * noise[:, None, :]).sum(axis=2)
    pitch = next((view.pitch for view in views if view is not None), None)
    if pitch is not None:
        with np.errstate(invalid="ignore"):
            outside = (np.abs(metres) > np.array([pitch.length_m, pitch.width_m]) / 2 + margin_m).any(axis=1)
        metres[outside | ~(std <= worst_std_m)] = np.nan
    return metres, places.of_view, of_foot


def _steps(motions: Sequence[Motion], *, like: PitchView, least_quality: float) -> list[Floats64 | None]:
    """Return the motions in picture units; None for the first and for unreliable ones."""
    units = picture_units(width=like.width, height=like.height)
    back = np.linalg.inv(units)
    sound = [m.quality >= least_quality and bool(np.isfinite(m.matrix).all()) for m in motions]
    steps: list[Floats64 | None] = []
    for motion, ok in zip(motions, sound, strict=True):
        steps.append(units @ motion.matrix @ back if ok and steps else None)
    return steps


def _reversed(steps: Sequence[Floats64 | None]) -> list[Floats64 | None]:
    """Return the same motions for a pass from the last frame to the first."""
    back: list[Floats64 | None] = [None]
    for step in reversed(steps[1:]):
        back.append(None if step is None else np.asarray(np.linalg.inv(step), dtype=np.float64))
    return back


def _seen(
    views: Sequence[PitchView | None],
    keypoints: Sequence[npt.ArrayLike | None] | None,
    *,
    like: PitchView,
    alike: float,
    strong: int,
) -> list[Seen]:
    """Return each frame's observation, its noise inflated because errors of ``alike`` neighbours are correlated."""
    units = picture_units(width=like.width, height=like.height)
    seen: list[Seen] = []
    for view, points in zip(views, keypoints or [None] * len(views), strict=True):
        if view is not None:
            matrix = units @ np.linalg.inv(view.matrix)
            seen.append(Belief(matrix, view.covariance * alike, view.keypoints >= strong))
        elif points is not None:
            used, _ = usable_points(points, width=like.width, height=like.height, pitch=like.pitch)
            seen.append(used.widened(alike**0.5) if len(used.sigmas) else None)
        else:
            seen.append(None)
    return seen


def _view(belief: Belief | None, seen: PitchView | None, like: PitchView, worst_std_m: float) -> PitchView | None:
    """Convert a belief to a view; None if it is too uncertain."""
    if belief is None:
        return None
    matrix = np.linalg.inv(belief.matrix) @ picture_units(width=like.width, height=like.height)
    matrix = matrix / float(matrix[2] @ (like.width / 2, float(like.height), 1.0))
    keypoints = 0 if seen is None else seen.keypoints
    view = PitchView(matrix, belief.covariance, like.width, like.height, like.pitch, keypoints)
    return view if plausible(view) and view.typical_std_m() <= worst_std_m else None
