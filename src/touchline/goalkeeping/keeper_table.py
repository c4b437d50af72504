"""Keepers compared with an average keeper: estimates shrunk towards the average, the more the fewer shots there are.

Each keeper adds a number to the log-odds of a save of every shot he faces. These effects are normal around zero with a
standard deviation estimated from the keepers themselves (an empirical-Bayes model, computed on grids, deterministic). A
keeper with few shots is estimated as about average, with a wide interval; the uncertainty of the standard deviation is
included. The uncertainty of the expected saves themselves is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

_EFFECTS = np.linspace(-4.0, 4.0, 641)
_SPREADS = np.geomspace(0.02, 2.5, 56)
_WIDEST_SPREAD = 1.0
"""Scale of the half-normal prior of the standard deviation: wide enough for seven times the odds of others."""

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class KeeperEstimate:
    """The estimate for one keeper.

    Attributes:
        keeper: his name.
        shots: number of shots on target.
        saved: number of these that he saved.
        expected: expected saves of an average keeper.
        raw: saves above expected per 100 shots, unshrunk.
        above: the same, shrunk towards the average; for shots such as his.
        low, high: 95 % interval of ``above``.
        better: probability that he is better than average.

    """

    keeper: str
    shots: int
    saved: int
    expected: float
    raw: float
    above: float
    low: float
    high: float
    better: float


@dataclass(frozen=True, slots=True, eq=False)
class KeeperTable:
    """All keepers, the most saves above expected first.

    Attributes:
        rows: one per keeper.
        spread: posterior mode of the standard deviation of the keepers' log-odds.
        spread_low, spread_high: its 95 % interval; if it starts near zero, no difference between keepers is shown.

    """

    rows: tuple[KeeperEstimate, ...]
    spread: float
    spread_low: float
    spread_high: float
    _weights: Floats64
    _posteriors: dict[str, Floats64]

    def better_than(self, first: str, second: str) -> float:
        """Return the probability that one keeper is better than another.

        Raises:
            KeyError: a keeper is not in the table.

        """
        one, other = self._posteriors[first], self._posteriors[second]
        below = np.cumsum(other, axis=1) - other / 2
        return float(self._weights @ (one * below).sum(axis=1))


def keeper_table(keepers: Sequence[str], saved: npt.ArrayLike, expected: npt.ArrayLike) -> KeeperTable:
    """Estimate keepers' effects from shots on target.

    Args:
        keepers: (n,), the keeper who faced each shot.
        saved: (n,), 1 or 0.
        expected: (n,), probability that an average keeper saves it.

    Raises:
        ValueError: the lengths differ, there are no shots, or a probability is not in 0 to 1.

    """
    names, truth, p = np.asarray(keepers), np.asarray(saved, np.float64), np.asarray(expected, np.float64)
    if not len(names) or names.shape != truth.shape or truth.shape != p.shape:
        raise ValueError(f"{len(names)} keepers, {truth.shape} outcomes and {p.shape} probabilities do not fit")
    if not bool(np.all((p >= 0) & (p <= 1))):
        raise ValueError(f"probabilities from {p.min()} to {p.max()} are outside 0 to 1")
    p = np.clip(p, _LEAST, 1 - _LEAST)
    who = [str(name) for name in dict.fromkeys(names.tolist())]
    likelihood = np.stack([_likelihood(truth[names == name], p[names == name]) for name in who])
    prior = np.exp(-((_EFFECTS[None] / _SPREADS[:, None]) ** 2) / 2)
    prior /= prior.sum(axis=1, keepdims=True)
    evidence = np.einsum("sg,kg->ks", prior, likelihood)
    weights = _normalised(np.log(evidence).sum(axis=0) - (_SPREADS / _WIDEST_SPREAD) ** 2 / 2 + np.log(_SPREADS))
    posteriors = {name: prior * likelihood[k] / evidence[k][:, None] for k, name in enumerate(who)}
    rows = [_estimate(name, truth[names == name], p[names == name], weights @ posteriors[name]) for name in who]
    low, middle, high = _quantiles(_SPREADS, weights, (0.025, 0.5, 0.975))
    ordered = tuple(sorted(rows, key=lambda row: (-row.above, row.keeper)))
    return KeeperTable(ordered, middle, low, high, weights, posteriors)


def _likelihood(saved: Floats64, p: Floats64) -> Floats64:
    """Return the likelihood of a keeper's outcomes for each effect on the grid, up to a factor."""
    log_odds = np.log(p / (1 - p))[:, None] + _EFFECTS[None]
    terms = saved[:, None] * log_odds - np.logaddexp(0.0, log_odds)
    total = terms.sum(axis=0)
    return np.asarray(np.exp(total - total.max()))


def _estimate(keeper: str, saved: Floats64, p: Floats64, posterior: Floats64) -> KeeperEstimate:
    log_odds = np.log(p / (1 - p))[:, None] + _EFFECTS[None]
    above = 100 * (1 / (1 + np.exp(-log_odds)) - p[:, None]).mean(axis=0)
    low, high = _quantiles(above, posterior, (0.025, 0.975))
    middle = len(_EFFECTS) // 2
    return KeeperEstimate(
        keeper=keeper,
        shots=len(saved),
        saved=int(saved.sum()),
        expected=float(p.sum()),
        raw=float(100 * (saved - p).mean()),
        above=float(posterior @ above),
        low=low,
        high=high,
        better=float(posterior[middle + 1 :].sum() + posterior[middle] / 2),
    )


def _quantiles(values: Floats64, weights: Floats64, shares: Sequence[float]) -> list[float]:
    """Return the quantiles of increasing values with weights that sum to 1."""
    return [float(np.interp(share, np.cumsum(weights) - weights / 2, values)) for share in shares]


def _normalised(logs: Floats64) -> Floats64:
    raised = np.exp(logs - logs.max())
    return np.asarray(raised / raised.sum())
