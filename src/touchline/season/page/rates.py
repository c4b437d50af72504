"""Rates and shares with 95 % intervals.

From eight matches on, whole matches are drawn with replacement, as the events of one match are not independent: the
same camera, kits and light, and the same errors of the models. With fewer matches that says nothing, and the interval
is that of chance alone: Poisson's for counts and Wilson's for shares. It is too small where the models err alike
throughout a match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.metrics.bootstrap import draws, middle

BY_MATCHES_FROM = 8
"""Least number of matches whose draws make an interval."""
FEW_EVENTS = 10
"""Least number of events from which matches are drawn: of fewer, many draws hold none."""
ROUNDS = 1000
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """A number with its interval.

    Attributes:
        value: the number.
        low, high: its 95 % interval.
        by_matches: whether whole matches were drawn; False for the interval of chance alone.

    """

    value: float
    low: float
    high: float
    by_matches: bool


def rate(counts: Sequence[float], exposure: Sequence[float], *, per: float = 1.0) -> Rate | None:
    """Return events in ``per`` units of exposure.

    Args:
        counts: (matches,), number of events in each match.
        exposure: (matches,), such as minutes.
        per: what the rate refers to, in the same unit.

    Returns:
        None if there is no exposure.

    """
    count, length = np.asarray(counts, np.float64), np.asarray(exposure, np.float64)
    total = float(length.sum())
    if total <= 0:
        return None
    value = per * float(count.sum()) / total
    if len(count) >= BY_MATCHES_FROM and count.sum() >= FEW_EVENTS:
        return Rate(value, *_drawn(count, length, scale=per), True)
    low, high = poisson_interval(round(float(count.sum())))
    return Rate(value, per * low / total, per * high / total, False)


def share(successes: Sequence[float], trials: Sequence[float]) -> Rate | None:
    """Return the share of trials that were successes, 0 to 1, of each match; None without trials."""
    won, tried = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    count = float(tried.sum())
    if count <= 0:
        return None
    value = float(won.sum()) / count
    if len(tried) >= BY_MATCHES_FROM and count >= FEW_EVENTS:
        return Rate(value, *_drawn(won, tried, scale=1.0), True)
    return Rate(value, *_wilson(value, count), False)


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Rate | None:
    """Return a ratio of sums over matches, such as metres a minute; NaN as its interval with few matches."""
    top, bottom = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    if bottom.sum() <= 0:
        return None
    value = float(top.sum() / bottom.sum())
    if len(top) < BY_MATCHES_FROM:
        return Rate(value, float("nan"), float("nan"), False)
    return Rate(value, *_drawn(top, bottom, scale=1.0), True)


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean of a Poisson count."""
    from scipy.special import gammaincinv

    low = 0.0 if count == 0 else float(gammaincinv(count, 0.025))
    return low, float(gammaincinv(count + 1, 0.975))


def _wilson(value: float, count: float) -> tuple[float, float]:
    middle_at = (value + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * np.sqrt(value * (1 - value) / count + _Z**2 / (4 * count**2))
    return float(max(middle_at - half, 0.0)), float(min(middle_at + half, 1.0))


def _drawn(top: Floats64, bottom: Floats64, *, scale: float) -> tuple[float, float]:
    """Return the interval of a ratio of sums when whole matches are drawn."""
    rows = _rows(len(top))
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = middle(scale * top[rows].sum(axis=1) / bottom[rows].sum(axis=1))
    return low, high


@lru_cache(maxsize=64)
def _rows(count: int) -> Indices:
    """Return the drawn matches of every round (rounds, matches)."""
    return np.stack(list(draws(count, rounds=ROUNDS)))
