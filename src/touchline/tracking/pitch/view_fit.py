"""Robust fit of a view to points: sampling that tolerates outliers, then least squares on the reprojection error.

Image points are in picture units here (see :mod:`touchline.tracking.pitch.view_algebra`), pitch points in metres;
``sigmas`` are standard deviations of the image points in picture units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.pitch.view_algebra import change_matrix, displacements, project

MOST_SAMPLES = 200
LEAST_TRIANGLE_M2 = 8.0
"""Three points of a sample must span at least this much of the pitch; otherwise the sample is degenerate."""
OUTLIER_SIGMAS = 3.5
WIDEN_FROM, WIDEST = 1.3, 5.0
"""Ratio from which a wrong noise level is corrected, and the largest correction."""
RAYLEIGH_MEDIAN = 1.1774
PRIOR_DEGREES = 4.0
"""Weight of the stated noise, in residuals, when the noise is estimated from the residuals."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted view: ``matrix`` (3, 3) from metres to picture units, its ``covariance`` (8, 8), and the inliers."""

    matrix: Floats64
    covariance: Floats64
    inliers: npt.NDArray[np.bool_]


def fit(picture: Floats64, pitch: Floats64, *, sigmas: Floats64) -> Fit | None:
    """Fit the view that explains most of the points; None if they do not determine one.

    Args:
        picture: float64 (n, 2), picture units.
        pitch: float64 (n, 2), metres, the same points on the pitch.
        sigmas: float64 (n,), positive.

    """
    fours = _samples(pitch)
    start = _sampled(picture, pitch, sigmas=sigmas, fours=fours)
    if start is None:
        return None
    found = _settled(start, picture, pitch, sigmas=sigmas, fours=fours)
    if found is None:
        return None
    wider = _noise(found.matrix, picture, pitch, sigmas=sigmas)
    if wider <= WIDEN_FROM:
        return found
    return _settled(found.matrix, picture, pitch, sigmas=sigmas * wider, fours=fours) or found


def _settled(
    start: Floats64, picture: Floats64, pitch: Floats64, *, sigmas: Floats64, fours: npt.NDArray[np.int64]
) -> Fit | None:
    """Alternate least squares and selection of inliers until neither changes."""
    inliers = _close(start, picture, pitch, sigmas=sigmas)
    for _ in range(4):
        if not inliers[fours].all(axis=1).any():
            return None
        solved = _refined(start, picture[inliers], pitch[inliers], sigmas=sigmas[inliers])
        if solved is None:
            return None
        start, information = solved
        now = _close(start, picture, pitch, sigmas=sigmas)
        if np.array_equal(now, inliers):
            break
        inliers = now
    if not inliers[fours].all(axis=1).any() or np.linalg.cond(information) > 1e14:
        return None
    return _judged(start, information, picture[inliers], pitch[inliers], sigmas=sigmas[inliers], inliers=inliers)


def _noise(view: Floats64, picture: Floats64, pitch: Floats64, *, sigmas: Floats64) -> float:
    """Estimate how much larger than stated the points' noise is, from the median residual."""
    count = len(picture)
    if count < 7:
        return 1.0
    mapped, _ = project(view, pitch)
    left = np.hypot(*(picture - mapped).T) / sigmas
    return min(WIDEST, float(np.median(left)) / RAYLEIGH_MEDIAN * (count / (count - 4)) ** 0.5)


def _sampled(picture: Floats64, pitch: Floats64, *, sigmas: Floats64, fours: npt.NDArray[np.int64]) -> Floats64 | None:
    """Return the best view through any four points, judged by the truncated squared residuals of all."""
    if len(fours) == 0:
        return None
    views = _through_four(pitch[fours], picture[fours])
    with np.errstate(divide="ignore", invalid="ignore"):
        mapped = np.einsum("kij,nj->kni", views, np.c_[pitch, np.ones(len(pitch))])
        off = (mapped[..., :2] / mapped[..., 2:] - picture) / sigmas[:, None]
        cost = np.minimum(np.nan_to_num((off**2).sum(-1), nan=np.inf), OUTLIER_SIGMAS**2).sum(-1)
    best = int(np.argmin(cost))
    return views[best] if np.isfinite(views[best]).all() else None


def _samples(pitch: Floats64) -> npt.NDArray[np.int64]:
    """Return sets of four points, int64 (k, 4): all sets if there are few, otherwise a fixed sample.

    The same points are seen for many frames, so the sets of the last few hundred are remembered.
    """
    return _samples_of(np.ascontiguousarray(pitch, np.float64).tobytes())


@lru_cache(maxsize=512)
def _samples_of(points: bytes) -> npt.NDArray[np.int64]:
    """Return the sets of four of points given as the bytes of float64 (n, 2)."""
    pitch = np.frombuffer(points).reshape(-1, 2)
    count = len(pitch)
    if count < 4:
        return np.zeros((0, 4), dtype=np.int64)
    if count <= 9:
        drawn = np.array(list(combinations(range(count), 4)), dtype=np.int64)
    else:
        random = np.random.default_rng(count)
        drawn = np.argsort(random.random((3 * MOST_SAMPLES, count)), axis=1)[:, :4]
    p = pitch[drawn]
    good = np.ones(len(drawn), dtype=bool)
    for i, j, k in combinations(range(4), 3):
        a, b = p[:, j] - p[:, i], p[:, k] - p[:, i]
        good &= np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2 >= LEAST_TRIANGLE_M2
    return drawn[good][:MOST_SAMPLES]


def _through_four(source: Floats64, target: Floats64) -> Floats64:
    """Return homographies through k sets of four points: float64 (k, 3, 3), NaN for degenerate sets."""
    count = len(source)
    scale = np.abs(source).max()
    x, y = source[..., 0] / scale, source[..., 1] / scale
    u, v = target[..., 0], target[..., 1]
    one, nil = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate(
        [
            np.stack([x, y, one, nil, nil, nil, -u * x, -u * y], axis=-1),
            np.stack([nil, nil, nil, x, y, one, -v * x, -v * y], axis=-1),
        ],
        axis=1,
    )
    sides = np.concatenate([u, v], axis=1)
    sound = np.abs(np.linalg.det(rows)) > 1e-14
    views = np.full((count, 9), np.nan)
    if sound.any():
        views[sound, :8] = np.linalg.solve(rows[sound], sides[sound][..., None])[..., 0]
        views[sound, 8] = 1.0
    return views.reshape(count, 3, 3) * np.array([1 / scale, 1 / scale, 1.0])


def _close(view: Floats64, picture: Floats64, pitch: Floats64, *, sigmas: Floats64) -> npt.NDArray[np.bool_]:
    """Return the points whose reprojection lies near where they were observed."""
    mapped, _ = project(view, pitch)
    return np.hypot(*(mapped - picture).T) <= OUTLIER_SIGMAS * sigmas


def _refined(
    view: Floats64, picture: Floats64, pitch: Floats64, *, sigmas: Floats64
) -> tuple[Floats64, Floats64] | None:
    """Refine a view by robust least squares on the reprojection; return it with its information matrix (8, 8)."""
    for _ in range(12):
        mapped, _ = project(view, pitch)
        left = (picture - mapped) / sigmas[:, None]
        weights = 1 / (1 + (left**2).sum(1) / OUTLIER_SIGMAS**2)
        rows = displacements(mapped) / sigmas[:, None, None]
        information = np.einsum("n,nij,nik->jk", weights, rows, rows)
        if not np.isfinite(information).all():
            return None
        try:
            change = np.linalg.solve(information, np.einsum("n,nij,ni->j", weights, rows, left))
        except np.linalg.LinAlgError:
            return None
        view = change_matrix(change) @ view
        if np.abs(change).max() < 1e-6:
            break
    return view, information


def _judged(
    view: Floats64,
    information: Floats64,
    picture: Floats64,
    pitch: Floats64,
    *,
    sigmas: Floats64,
    inliers: npt.NDArray[np.bool_],
) -> Fit:
    """Return the fit with its covariance: the stated noise, scaled up or down according to the residuals."""
    mapped, _ = project(view, pitch)
    squares = float((((picture - mapped) / sigmas[:, None]) ** 2).sum())
    spare = 2 * len(picture) - 8
    noise = (PRIOR_DEGREES + squares) / (PRIOR_DEGREES + spare)
    covariance: Floats64 = np.asarray(np.linalg.inv(information) * noise, dtype=np.float64)
    return Fit(view, covariance, inliers)
