"""Courses over the grass: a person's noisy places smoothed into a path that a human being can run.

A course is the path that explains the measured places best, weighed by their uncertainty, while the velocity wanders as
a person's does. Places far from it hardly count. What is left of impossible jumps, for instance where the camera's view
was lost and found again elsewhere, is blanked: between neighbouring places nobody is faster than ``FASTEST_MPS``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.geometry.kinematics import IMPLAUSIBLE_MPS

FASTEST_MPS = IMPLAUSIBLE_MPS - 0.1
"""Fastest step between two places; a little below the limit, so that rounding does not lift a speed over it."""

_LOOK_BACK = 64
_ROUNDS = 6
_CORE, _PAD = 48, 24
"""Variances are computed for this many places at once, with this many neighbours on either side."""


@dataclass(frozen=True, slots=True)
class CourseSettings:
    """How people run, and how their places are measured.

    Attributes:
        wander: intensity of the white noise that drives the velocity, m2/s3.
        alike: errors of neighbouring places are correlated; this many count as one.
        freedom: degrees of freedom of the errors' distribution; fewer make it more tolerant of outliers.
        gap_s: longest time without a place over which a course goes on.

    """

    wander: float = 50.0
    alike: float = 1.0
    freedom: float = 4.0
    gap_s: float = 1.0


DEFAULT_COURSE = CourseSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Steadied:
    """A steadied course.

    Attributes:
        places_m: float64 (n, 2), NaN where unknown or not believed.
        variances_m2: float64 (n, 2), of the places about the course; NaN likewise.
        speed_variances: float64 (n,), variance of the speed, (m/s)2; NaN where unknown.

    """

    places_m: Floats64
    variances_m2: Floats64
    speed_variances: Floats64


def steady(
    times_s: Floats64, places_m: Floats64, variances_m2: Floats64, *, settings: CourseSettings = DEFAULT_COURSE
) -> Steadied:
    """Smooth one person's places.

    Args:
        times_s: (n,), strictly increasing.
        places_m: (n, 2), NaN where unknown.
        variances_m2: (n, 2), of the measured places along both axes.
        settings: of the model.

    """
    times, places = np.asarray(times_s, np.float64), np.asarray(places_m, np.float64)
    variances = np.asarray(variances_m2, np.float64)
    if places.shape != (len(times), 2) or variances.shape != places.shape:
        raise ValueError(f"places {places.shape} and variances {variances.shape} do not fit {len(times)} times")
    found, spread = np.full_like(places, np.nan), np.full_like(places, np.nan)
    of_speed = np.full(len(times), np.nan)
    known = np.flatnonzero(np.isfinite(places).all(axis=1) & np.isfinite(variances).all(axis=1))
    for part in np.split(known, np.flatnonzero(np.diff(times[known]) > settings.gap_s) + 1):
        if len(part) > 2:
            fitted = _fitted(times[part], places[part], variances[part] * settings.alike, settings)
            found[part], spread[part], of_speed[part] = fitted
        elif len(part):
            found[part], spread[part] = places[part], variances[part]
    blank = ~believable_steps(times, found, np.sqrt(spread.sum(axis=1)))
    found[blank], spread[blank], of_speed[blank] = np.nan, np.nan, np.nan
    return Steadied(found, spread, of_speed)


def believable_steps(times_s: Floats64, places_m: Floats64, std_m: Floats64) -> npt.NDArray[np.bool_]:
    """Return which places (n,) to keep: the surest ones between which nobody is faster than ``FASTEST_MPS``."""
    known = np.flatnonzero(np.isfinite(places_m).all(axis=1))
    times, places = times_s[known], places_m[known]
    if _possible(times, places):
        kept = np.zeros(len(times_s), bool)
        kept[known] = True
        return kept
    worth = 1 / (1 + np.nan_to_num(std_m[known], nan=0.0))
    best, before = np.zeros(len(known)), np.full(len(known), -1)
    for i in range(len(known)):
        past = slice(max(0, i - _LOOK_BACK), i)
        away = np.hypot(*(places[past] - places[i]).T)
        gained = np.where(away <= FASTEST_MPS * (times[i] - times[past]), best[past], -1.0)
        if len(gained) and gained.max() > 0:
            before[i] = past.start + int(gained.argmax())
        best[i] = worth[i] + max(0.0, best[before[i]] if before[i] >= 0 else 0.0)
    kept = np.zeros(len(times_s), bool)
    at = int(best.argmax())
    while at >= 0:
        kept[known[at]] = True
        at = int(before[at])
    return kept


def _possible(times: Floats64, places: Floats64) -> bool:
    return bool((np.hypot(*np.diff(places, axis=0).T) <= FASTEST_MPS * np.diff(times)).all())


def _fitted(
    times: Floats64, places: Floats64, variances: Floats64, settings: CourseSettings
) -> tuple[Floats64, Floats64, Floats64]:
    """Return the fitted places (n, 2), their variances (n, 2), and the variance of the speed (n,)."""
    stiff = _stiffness(times, settings.wander)
    weights, course = 1 / variances, places
    for _ in range(_ROUNDS):
        course = np.stack([_solve(stiff, weights[:, k], places[:, k]) for k in (0, 1)], axis=1)
        off = ((places - course) ** 2 / variances).sum(axis=1)
        trust = (settings.freedom + 2) / (settings.freedom + off)
        weights = np.minimum(trust, 1.0)[:, None] / variances
    spreads = [_spread(stiff, weights[:, k], times) for k in (0, 1)]
    velocity = np.gradient(course, times, axis=0)
    share = velocity**2 / np.maximum((velocity**2).sum(axis=1, keepdims=True), 1e-9)
    place = np.stack([spread[0] for spread in spreads], axis=1)
    of_velocity = np.stack([spread[1] for spread in spreads], axis=1)
    still = (velocity**2).sum(axis=1) < 0.25
    speed = np.where(still, of_velocity.mean(axis=1), (share * of_velocity).sum(axis=1))
    return course, place, speed


def _stiffness(times: Floats64, wander: float) -> Floats64:
    """Return the penalty on changes of velocity as a banded matrix, its upper form (3, n)."""
    first, second = np.diff(times)[:-1], np.diff(times)[1:]
    a, c = 1 / first, 1 / second
    b = -(a + c)
    strength = 1 / (wander * (first + second) / 2)
    banded = np.zeros((3, len(times)))
    for offset, value in ((0, a), (1, b), (2, c)):
        banded[2, offset : len(times) - 2 + offset] += strength * value**2
    banded[1, 1:-1] += strength * a * b
    banded[1, 2:] += strength * b * c
    banded[0, 2:] += strength * a * c
    return banded


def _solve(stiff: Floats64, weights: Floats64, values: Floats64) -> Floats64:
    from scipy.linalg import solveh_banded  # importing takes as long as the rest of a start

    banded = stiff.copy()
    banded[2] += weights
    return np.asarray(solveh_banded(banded, weights * values), dtype=np.float64)


def _spread(stiff: Floats64, weights: Floats64, times: Floats64) -> tuple[Floats64, Floats64]:
    """Return the variances of the fitted places and of the velocities between their neighbours, each (n,)."""
    count = len(times)
    place, velocity = np.zeros(count), np.zeros(count)
    for start in range(0, count, _CORE):
        low, high = max(0, start - _PAD), min(count, start + _CORE + _PAD)
        part = stiff[:, low:high]
        dense = np.diag(part[2] + weights[low:high])
        for offset in (1, 2):
            side = part[2 - offset, offset:]
            dense += np.diag(side, offset) + np.diag(side, -offset)
        covariance = np.linalg.inv(dense)
        inner = np.arange(start, min(start + _CORE, count))
        back, ahead = np.maximum(inner - 1, 0), np.minimum(inner + 1, count - 1)
        i, j, k = inner - low, back - low, ahead - low
        place[inner] = covariance[i, i]
        step = times[ahead] - times[back]
        velocity[inner] = (covariance[k, k] + covariance[j, j] - 2 * covariance[j, k]) / step**2
    return place, velocity
