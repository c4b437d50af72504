"""One filter pass over the frames of a shot: the belief about the camera's view, predicted and corrected.

Everything is in picture units (see :mod:`touchline.tracking.pitch.view_algebra`). A frame contributes a complete view,
or its keypoints if there are too few for a view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.pitch.view_algebra import carried, change_between, change_matrix, displacements, project


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """The estimate of a view at one frame.

    Attributes:
        matrix: (3, 3), metres to picture units.
        covariance: (8, 8).
        strong: whether it is accepted although its neighbours contradict it.
        age: frames since an observation last agreed with it.

    """

    matrix: Floats64
    covariance: Floats64
    strong: bool = False
    age: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The keypoints of a frame.

    Attributes:
        picture: float64 (n, 2), picture units.
        pitch: float64 (n, 2), metres, the same points on the pitch.
        sigmas: float64 (n,), standard deviations in picture units.

    """

    picture: Floats64
    pitch: Floats64
    sigmas: Floats64

    def take(self, mask: npt.NDArray[np.bool_]) -> Points:
        """Return the points that a mask selects."""
        return Points(self.picture[mask], self.pitch[mask], self.sigmas[mask])

    def widened(self, factor: float) -> Points:
        """Return the same points with their standard deviations multiplied by a factor."""
        return Points(self.picture, self.pitch, self.sigmas * factor)


Seen = Belief | Points | None
"""The observation of one frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The limits of a pass.

    Attributes:
        drift: (8, 8), covariance added per frame of carrying.
        gate: squared distance in standard deviations above which two views contradict each other.
        gate_point: the same for a single keypoint.
        patience: after this many contradictions in a row the newest view is accepted, or the belief dropped if none.

    """

    drift: Floats64
    gate: float
    gate_point: float
    patience: int = 4


def believable(
    seen: Sequence[Seen], steps: Sequence[Floats64 | None], *, limits: Limits, neighbours: int
) -> list[Seen]:
    """Drop weak views that are contradicted by more neighbours than confirm them."""
    votes = np.zeros(len(seen), dtype=np.int64)
    for start, belief in enumerate(seen):
        if not isinstance(belief, Belief):
            continue
        now: Belief | None = belief
        for other in range(start + 1, min(len(seen), start + 1 + neighbours)):
            step, theirs = steps[other], seen[other]
            if step is None or now is None:
                break
            now = Belief(step @ now.matrix, now.covariance + limits.drift)
            if isinstance(theirs, Belief):
                votes[[start, other]] += 1 if apart(now, theirs) < limits.gate else -1
    return [
        None if isinstance(belief, Belief) and vote < 0 and not belief.strong else belief
        for belief, vote in zip(seen, votes, strict=True)
    ]


def apart(one: Belief, other: Belief) -> float:
    """Return the squared Mahalanobis distance of two views."""
    change = change_between(one.matrix, other.matrix)
    return float(change @ np.linalg.solve(one.covariance + other.covariance, change))


def run(
    seen: Sequence[Seen], steps: Sequence[Floats64 | None], *, limits: Limits
) -> tuple[list[Belief | None], list[Belief | None]]:
    """Run one pass; return the beliefs after each frame's observation, and the predictions without it.

    Args:
        seen: observation of each frame, in the order of the pass.
        steps: the camera's motion (3, 3) into each frame from the previous one in the pass; None where unknown.
        limits: of the pass.

    """
    after: list[Belief | None] = []
    before: list[Belief | None] = []
    now: Belief | None = None
    refused = 0
    for view, step in zip(seen, steps, strict=True):
        now = None if now is None or step is None else carry(now, step, drift=limits.drift)
        before.append(now)
        joined = _corrected(now, view, limits=limits)
        contradicted = joined is None and now is not None
        refused = refused + 1 if contradicted else 0 if view is not None else refused
        if contradicted and (refused > limits.patience or (isinstance(view, Belief) and view.strong)):
            now, refused = view if isinstance(view, Belief) else None, 0
        else:
            now = joined or now
        after.append(now)
    return after, before


def _corrected(now: Belief | None, view: Seen, *, limits: Limits) -> Belief | None:
    """Correct a belief by a frame's observation; None if that contradicts it."""
    if view is None:
        return now
    if isinstance(view, Points):
        return None if now is None else with_points(now, view, gate=limits.gate_point)
    return view if now is None else joined_views(now, view, gate=limits.gate)


def carry(belief: Belief, step: Floats64, *, drift: Floats64) -> Belief:
    """Predict a belief after a camera motion."""
    moved = carried(step)
    return Belief(step @ belief.matrix, moved @ belief.covariance @ moved.T + drift, age=belief.age + 1)


def joined_views(now: Belief, view: Belief, *, gate: float) -> Belief | None:
    """Fuse two independent beliefs; None if they contradict each other."""
    change = change_between(now.matrix, view.matrix)
    gain = np.linalg.solve(now.covariance + view.covariance, np.c_[now.covariance, change])
    if not float(change @ gain[:, 8]) <= gate:
        return None
    kept = now.covariance - now.covariance @ gain[:, :8]
    return Belief(change_matrix(now.covariance @ gain[:, 8]) @ now.matrix, (kept + kept.T) / 2)


def with_points(now: Belief, points: Points, *, gate: float) -> Belief | None:
    """Correct a belief by the keypoints that agree with it; None if most do not."""
    mapped, _ = project(now.matrix, points.pitch)
    rows = displacements(mapped)
    spread = rows @ now.covariance @ rows.transpose(0, 2, 1) + points.sigmas[:, None, None] ** 2 * np.eye(2)
    left = points.picture - mapped
    off = np.einsum("ni,ni->n", left, np.linalg.solve(spread, left[..., None])[..., 0])
    good = np.isfinite(off) & (off <= gate)
    if not good.any() or 2 * int(good.sum()) < len(good):
        return None
    rows, left = rows[good].reshape(-1, 8), left[good].ravel()
    noise = np.repeat(points.sigmas[good] ** 2, 2)
    inner = rows @ now.covariance
    gain = np.linalg.solve(inner @ rows.T + np.diag(noise), np.c_[inner, left])
    kept = now.covariance - inner.T @ gain[:, :8]
    return Belief(change_matrix(inner.T @ gain[:, 8]) @ now.matrix, (kept + kept.T) / 2)


def fused(one: Belief | None, other: Belief | None) -> Belief | None:
    """Fuse the beliefs of both passes; on contradiction, return the one that an observation confirmed last."""
    if one is None or other is None:
        return one or other
    return joined_views(one, other, gate=200.0) or (one if one.age <= other.age else other)
