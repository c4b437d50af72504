"""Views over a whole shot, and people's places from them.

A single picture's view shakes, and some pictures have none. The camera's motion between pictures carries every view to
its neighbours, where they are weighed by what is known of each: once forwards, once backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.tracking.camera_motion import Motion
from touchline.tracking.homography import PitchView, plausible
from touchline.tracking.view_algebra import (
    Floats,
    carried,
    change_between,
    change_matrix,
    corner_noise,
    picture_units,
)


@dataclass(frozen=True, slots=True)
class SmoothSettings:
    """How far neighbours are believed.

    Attributes:
        drift_share: what carrying a view over one picture adds, as a share of the picture's width (standard deviation
            of the picture's corners).
        least_quality: motions below it carry nothing.
        memory_s: errors of views closer together than this are much alike, so they count as one.
        gate: squared distance in standard deviations (eight of them) from which two views contradict each other.
        neighbours: pictures on each side that a view is compared with before it may take part.
        worst_std_m: a view whose typical place is less sure than this is forgotten.

    """

    drift_share: float = 1 / 1600
    least_quality: float = 0.3
    memory_s: float = 0.3
    gate: float = 40.0
    neighbours: int = 4
    worst_std_m: float = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Belief:
    """A view to picture units, (3, 3), and its covariance (8, 8)."""

    matrix: Floats
    covariance: Floats


def smooth_views(
    views: Sequence[PitchView | None],
    motions: Sequence[Motion],
    *,
    fps: float,
    settings: SmoothSettings | None = None,
) -> list[PitchView | None]:
    """The views of one shot, steadied and carried over pictures that have none.

    Args:
        views: one for each picture, in order; None where the picture gave none.
        motions: one for each picture: from the picture before to it; the first is not looked at.
        fps: pictures per second.
        settings: how far neighbours are believed.

    Returns:
        One for each picture; None where nothing near enough in time shows the pitch.

    """
    if len(views) != len(motions):
        raise ValueError(f"{len(views)} views and {len(motions)} motions; one of each belongs to every picture")
    if fps <= 0:
        raise ValueError(f"fps={fps} must be positive")
    first = next((view for view in views if view is not None), None)
    if first is None:
        return [None] * len(views)
    settings = settings or SmoothSettings()
    units = picture_units(width=first.width, height=first.height)
    steps = _steps(motions, units=units, least_quality=settings.least_quality)
    drift = corner_noise(width=first.width, height=first.height, sigma_px=settings.drift_share * first.width)
    alike = max(1.0, settings.memory_s * fps)
    seen = _believable(
        [None if v is None else _Belief(units @ np.linalg.inv(v.matrix), v.covariance * alike) for v in views],
        steps,
        settings=settings,
    )
    ahead, _ = _filter(seen, steps, drift=drift, gate=settings.gate)
    back_steps: list[Floats | None] = [None, *(None if step is None else np.linalg.inv(step) for step in reversed(steps[1:]))]
    _, expected = _filter(seen[::-1], back_steps, drift=drift, gate=settings.gate)
    fused = [_fused(one, other) for one, other in zip(ahead, expected[::-1], strict=True)]
    return [_view(belief, view, first, units, settings) for belief, view in zip(fused, views, strict=True)]


def place_points(
    points_px: npt.ArrayLike,
    index: npt.ArrayLike,
    views: Sequence[PitchView | None],
    *,
    points_std_px: float | npt.ArrayLike = 0.0,
) -> tuple[Floats, Floats]:
    """Places on the grass of points in several pictures.

    Args:
        points_px: (n, 2) pixels.
        index: (n,), which of ``views`` each belongs to.
        views: of the pictures.
        points_std_px: how well the points themselves are known, one number or (n,).

    Returns:
        float64 (n, 2) metres, NaN where unknown, and float64 (n,) root mean square error to expect, infinite there.

    """
    points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
    owners = np.asarray(index, dtype=np.int64)
    noise = np.broadcast_to(np.asarray(points_std_px, dtype=np.float64), (len(points),))
    metres, std = np.full((len(points), 2), np.nan), np.full(len(points), np.inf)
    for owner in np.unique(owners):
        view = views[int(owner)]
        if view is None:
            continue
        rows = owners == owner
        metres[rows], of_view = view.to_metres(points[rows])
        std[rows] = np.hypot(of_view, noise[rows] * view.metres_per_pixel(points[rows]))
    return metres, std


def place_track(
    boxes_xyxy: npt.NDArray,
    index: npt.NDArray[np.int64],
    views: Sequence[PitchView | None],
    *,
    worst_std_m: float = 3.0,
    margin_m: float = 8.0,
) -> npt.NDArray[np.float32]:
    """Where somebody stood: the middle of each box's lower edge, on the grass.

    Args:
        boxes_xyxy: (n, 4) pixels.
        index: (n,), which of ``views`` each box belongs to.
        views: of the shot's pictures.
        worst_std_m: places less sure than this are not given.
        margin_m: nor are places further than this outside the pitch.

    Returns:
        float32 (n, 2) metres, NaN where unknown.

    """
    boxes = np.asarray(boxes_xyxy, dtype=np.float64).reshape(-1, 4)
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    metres, std = place_points(feet, index, views)
    pitch = next((view.pitch for view in views if view is not None), None)
    if pitch is not None:
        with np.errstate(invalid="ignore"):
            outside = (np.abs(metres) > np.array([pitch.length_m, pitch.width_m]) / 2 + margin_m).any(axis=1)
        metres[outside | ~(std <= worst_std_m)] = np.nan
    return metres.astype(np.float32)


def _steps(motions: Sequence[Motion], *, units: Floats, least_quality: float) -> list[Floats | None]:
    """Motions in picture units; None for the first and for those not to be believed."""
    back = np.linalg.inv(units)
    sound = [m.quality >= least_quality and bool(np.isfinite(m.matrix).all()) for m in motions]
    return [units @ m.matrix @ back if ok and i else None for i, (m, ok) in enumerate(zip(motions, sound, strict=True))]


def _believable(
    seen: list[_Belief | None], steps: Sequence[Floats | None], *, settings: SmoothSettings
) -> list[_Belief | None]:
    """Without the views that more of their neighbours contradict than confirm."""
    votes = np.zeros(len(seen), dtype=np.int64)
    for start, belief in enumerate(seen):
        matrix = None if belief is None else belief.matrix
        for other in range(start + 1, min(len(seen), start + 1 + settings.neighbours)):
            step, theirs = steps[other], seen[other]
            if matrix is None or belief is None or step is None:
                break
            matrix = step @ matrix
            if theirs is not None:
                apart = _apart(matrix, theirs.matrix, belief.covariance + theirs.covariance)
                votes[[start, other]] += 1 if apart < settings.gate else -1
    return [None if belief is None or vote < 0 else belief for belief, vote in zip(seen, votes, strict=True)]


def _apart(one: Floats, other: Floats, covariance: Floats) -> float:
    """Squared distance of two views in standard deviations."""
    change = change_between(one, other)
    return float(change @ np.linalg.solve(covariance, change))


def _filter(
    seen: Sequence[_Belief | None], steps: Sequence[Floats | None], *, drift: Floats, gate: float
) -> tuple[list[_Belief | None], list[_Belief | None]]:
    """One pass: what is believed at each picture with its own view, and what was expected without it."""
    after: list[_Belief | None] = []
    before: list[_Belief | None] = []
    now: _Belief | None = None
    refused = 0
    for view, step in zip(seen, steps, strict=True):
        now = None if now is None or step is None else _carry(now, step, drift=drift)
        before.append(now)
        joined = _joined(now, view, gate=gate)
        refused = refused + 1 if view is not None and now is not None and joined is now else 0
        if refused > 6:
            joined, refused = view, 0
        now = joined
        after.append(now)
    return after, before


def _carry(belief: _Belief, step: Floats, *, drift: Floats) -> _Belief:
    moved = carried(step)
    return _Belief(step @ belief.matrix, moved @ belief.covariance @ moved.T + drift)


def _joined(now: _Belief | None, view: _Belief | None, *, gate: float) -> _Belief | None:
    """What is expected, corrected by what was seen unless the two contradict each other."""
    if now is None or view is None:
        return view if now is None else now
    change = change_between(now.matrix, view.matrix)
    gain = np.linalg.solve(now.covariance + view.covariance, np.c_[now.covariance, change])
    if float(change @ gain[:, 8]) > gate:
        return now
    kept = now.covariance - now.covariance @ gain[:, :8]
    return _Belief(change_matrix(now.covariance @ gain[:, 8]) @ now.matrix, (kept + kept.T) / 2)


def _fused(one: _Belief | None, other: _Belief | None) -> _Belief | None:
    """The two passes' beliefs together; where they contradict each other the surer one."""
    if one is None or other is None:
        return one or other
    surer = one if np.trace(one.covariance) <= np.trace(other.covariance) else other
    joined = _joined(one, other, gate=200.0)
    return surer if joined is one else joined


def _view(
    belief: _Belief | None, seen: PitchView | None, like: PitchView, units: Floats, settings: SmoothSettings
) -> PitchView | None:
    """A belief as a view, or None where it is not worth one."""
    if belief is None:
        return None
    matrix = np.linalg.inv(belief.matrix) @ units
    matrix = matrix / float(matrix[2] @ (like.width / 2, float(like.height), 1.0))
    keypoints = 0 if seen is None else seen.keypoints
    view = PitchView(matrix, belief.covariance, like.width, like.height, like.pitch, keypoints)
    return view if plausible(view) and view.typical_std_m() <= settings.worst_std_m else None
