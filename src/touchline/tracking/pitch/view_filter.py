"""One pass over the pictures of a shot: what is believed of the camera, carried on and corrected.

Everything is in picture units (see :mod:`touchline.tracking.pitch.view_algebra`). A picture contributes a whole view,
or, where its keypoints are too few for one, those few points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.tracking.pitch.view_algebra import Floats, carried, change_between, change_matrix, displacements, project


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What is thought of a view.

    Attributes:
        matrix: (3, 3), metres to picture units.
        covariance: (8, 8).
        strong: whether it may stand against its neighbours.
        age: pictures since something seen agreed with it.

    """

    matrix: Floats
    covariance: Floats
    strong: bool = False
    age: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Keypoints of a picture.

    Attributes:
        picture: float64 (n, 2), picture units.
        pitch: float64 (n, 2), metres, where they lie.
        sigmas: float64 (n,), standard deviations in picture units.

    """

    picture: Floats
    pitch: Floats
    sigmas: Floats

    def take(self, mask: npt.NDArray[np.bool_]) -> Points:
        """Those that a mask selects."""
        return Points(self.picture[mask], self.pitch[mask], self.sigmas[mask])

    def widened(self, factor: float) -> Points:
        """The same, known less well."""
        return Points(self.picture, self.pitch, self.sigmas * factor)


Seen = Belief | Points | None
"""What one picture shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What a pass goes by.

    Attributes:
        drift: (8, 8), what carrying over one picture adds to the covariance.
        gate: squared distance in standard deviations from which two views contradict each other.
        gate_point: the same for a single keypoint.
        patience: after more contradictions in a row the newest view is believed, or nothing where there is none.

    """

    drift: Floats
    gate: float
    gate_point: float
    patience: int = 4


def believable(seen: Sequence[Seen], steps: Sequence[Floats | None], *, limits: Limits, neighbours: int) -> list[Seen]:
    """Without the weak views that more of their neighbours contradict than confirm."""
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
    """Squared distance of two views in standard deviations."""
    change = change_between(one.matrix, other.matrix)
    return float(change @ np.linalg.solve(one.covariance + other.covariance, change))


def run(
    seen: Sequence[Seen], steps: Sequence[Floats | None], *, limits: Limits
) -> tuple[list[Belief | None], list[Belief | None]]:
    """One pass: what is believed at each picture with what it shows, and what was expected without.

    Args:
        seen: what each picture shows, in the order of the pass.
        steps: for each picture, the camera's motion (3, 3) from the one before in the pass; None where unknown.
        limits: what to go by.

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
    """A belief after what a picture shows; None where that contradicts it."""
    if view is None:
        return now
    if isinstance(view, Points):
        return None if now is None else with_points(now, view, gate=limits.gate_point)
    return view if now is None else joined_views(now, view, gate=limits.gate)


def carry(belief: Belief, step: Floats, *, drift: Floats) -> Belief:
    """A belief after the camera moved."""
    moved = carried(step)
    return Belief(step @ belief.matrix, moved @ belief.covariance @ moved.T + drift, age=belief.age + 1)


def joined_views(now: Belief, view: Belief, *, gate: float) -> Belief | None:
    """Two independent beliefs as one, or None where they contradict each other."""
    change = change_between(now.matrix, view.matrix)
    gain = np.linalg.solve(now.covariance + view.covariance, np.c_[now.covariance, change])
    if not float(change @ gain[:, 8]) <= gate:
        return None
    kept = now.covariance - now.covariance @ gain[:, :8]
    return Belief(change_matrix(now.covariance @ gain[:, 8]) @ now.matrix, (kept + kept.T) / 2)


def with_points(now: Belief, points: Points, *, gate: float) -> Belief | None:
    """A belief corrected by the keypoints that agree with it, or None where most do not."""
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
    """Both passes' beliefs together; where they contradict each other the one that something seen agreed with last."""
    if one is None or other is None:
        return one or other
    return joined_views(one, other, gate=200.0) or (one if one.age <= other.age else other)
