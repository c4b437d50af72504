"""Bootstrap intervals: the spread of a statistic when cases, or whole groups of cases, are drawn with replacement.

Cases of one match, shot or person are not independent; they are drawn together, as a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Indices

Groups = Sequence[object] | npt.NDArray[np.generic]

ROUNDS = 4000
"""Default number of rounds for a mean; costlier statistics use fewer."""

_BLOCK = 1 << 20
"""Number of indices drawn at a time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic and the central 95 % of its values over bootstrap rounds."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Return the interval as plain numbers."""
        return {"value": self.value, "low": self.low, "high": self.high}


def draws(count: int, *, rounds: int, seed: int = 0) -> Iterator[Indices]:
    """Yield ``rounds`` times ``count`` indices below ``count``, drawn with replacement; reproducible by seed."""
    for block in _draw_blocks(count, rounds=rounds, seed=seed):
        yield from block


def _draw_blocks(count: int, *, rounds: int, seed: int) -> Iterator[Indices]:
    """Yield the same draws as matrices (some rounds, count) of bounded size."""
    random = np.random.default_rng(seed)
    most = max(_BLOCK // max(count, 1), 1)
    for done in range(0, rounds, most):
        yield random.integers(0, count, (min(most, rounds - done), count))


def middle(values: npt.ArrayLike) -> tuple[float, float]:
    """Return the central 95 % interval of values (n,), ignoring NaN."""
    low, high = np.nanpercentile(np.asarray(values, np.float64), [2.5, 97.5])
    return float(low), float(high)


def over_cases(measure: Callable[[Indices], float], count: int, *, rounds: int, seed: int = 0) -> Interval:
    """Return the interval of a statistic of ``count`` cases; it gets their indices, with repetitions."""
    values = [measure(rows) for rows in draws(count, rounds=rounds, seed=seed)]
    return Interval(measure(np.arange(count)), *middle(values))


def over_groups(measure: Callable[[Indices], float], groups: Groups, *, rounds: int, seed: int = 0) -> Interval:
    """Return the interval of a statistic of cases, drawing whole groups.

    Args:
        measure: statistic to compute from the indices of cases, with repetitions.
        groups: group of each case; give every case its own group if nothing is known.
        rounds: number of bootstrap rounds.
        seed: seed of the draws.

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
    """Return the mean of one value per case with its interval; paired differences are one value per case.

    Args:
        values: (n,), one value per case.
        groups: group of each case, drawn whole; None draws single cases.
        rounds: number of bootstrap rounds.
        seed: seed of the draws.

    """
    each = np.asarray(values, np.float64)
    number = np.arange(len(each)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    total, count = np.bincount(number, weights=each), np.bincount(number)
    blocks = _draw_blocks(len(count), rounds=rounds, seed=seed)
    means = [total[block].sum(axis=1) / count[block].sum(axis=1) for block in blocks]
    return Interval(float(each.mean()), *middle(np.concatenate(means)))
