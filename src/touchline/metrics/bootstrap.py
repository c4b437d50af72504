"""Bootstrap intervals: how far a number moves when cases, or whole groups of cases, are drawn with replacement.

Cases of one match, shot or person are not independent; they are drawn together, as a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Groups = Sequence[object] | npt.NDArray[np.generic]

ROUNDS = 4000
"""Rounds for a mean; a costlier measure takes fewer."""

_BLOCK = 1 << 20
"""Numbers drawn at a time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and the middle 95 % of what it is over bootstrap rounds."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """As plain numbers."""
        return {"value": self.value, "low": self.low, "high": self.high}


def draws(count: int, *, rounds: int, seed: int = 0) -> Iterator[Indices]:
    """``rounds`` times ``count`` numbers below ``count``, with replacement; the same ones for the same seed."""
    for block in _draw_blocks(count, rounds=rounds, seed=seed):
        yield from block


def _draw_blocks(count: int, *, rounds: int, seed: int) -> Iterator[Indices]:
    """Yield the same as matrices (some rounds, count) of bounded size."""
    random = np.random.default_rng(seed)
    most = max(_BLOCK // max(count, 1), 1)
    for done in range(0, rounds, most):
        yield random.integers(0, count, (min(most, rounds - done), count))


def middle(values: npt.ArrayLike) -> tuple[float, float]:
    """Return the span of the middle 95 % of values (n,), those that are NaN left out."""
    low, high = np.nanpercentile(np.asarray(values, np.float64), [2.5, 97.5])
    return float(low), float(high)


def over_cases(measure: Callable[[Indices], float], count: int, *, rounds: int, seed: int = 0) -> Interval:
    """Return a measure of ``count`` cases; it gets their numbers, some of them more than once."""
    values = [measure(rows) for rows in draws(count, rounds=rounds, seed=seed)]
    return Interval(measure(np.arange(count)), *middle(values))


def over_groups(measure: Callable[[Indices], float], groups: Groups, *, rounds: int, seed: int = 0) -> Interval:
    """Return a measure of cases, whole groups drawn.

    Args:
        measure: gets the numbers of cases, some of them more than once.
        groups: of each case; give every case a group of its own where nothing is known.
        rounds: how many times groups are drawn.
        seed: decides the draws.

    """
    _, number = np.unique(np.asarray(groups), return_inverse=True)
    members = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
    values = [
        measure(np.concatenate([members[k] for k in drawn])) for drawn in draws(len(members), rounds=rounds, seed=seed)
    ]
    return Interval(measure(np.arange(len(number))), *middle(values))


def mean_interval(
    values: npt.ArrayLike, *, groups: Groups | None = None, rounds: int = ROUNDS, seed: int = 0
) -> Interval:
    """Mean of one number a case; a paired difference is one number a case.

    Args:
        values: (n,).
        groups: of each case, drawn whole; cases are drawn one by one where None.
        rounds: how many times.
        seed: decides the draws.

    """
    each = np.asarray(values, np.float64)
    number = np.arange(len(each)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    total, count = np.bincount(number, weights=each), np.bincount(number)
    blocks = _draw_blocks(len(count), rounds=rounds, seed=seed)
    means = [total[block].sum(axis=1) / count[block].sum(axis=1) for block in blocks]
    return Interval(float(each.mean()), *middle(np.concatenate(means)))
