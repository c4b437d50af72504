"""Fitting of expected saves: logistic regression on smooth curves, with a ridge, by Newton's method; deterministic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.goalkeeping.expected_saves import expit
from touchline.goalkeeping.splines import spline_basis

CONSTANTS_PENALTY = np.array([0.0, 0.01])
"""Penalty on the constant and on ``pictured``: almost none, but enough if all shots are pictured."""

_STEPS = 50
_SETTLED = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The mapping from features to the columns that the ridge acts on; all features but the last enter as curves.

    Attributes:
        knots: of each curve, float64 (k,).
        mean, scale: float64 (columns,), of the columns over the training shots.

    """

    knots: tuple[Floats64, ...]
    mean: Floats64
    scale: Floats64

    def columns(self, features: Floats64) -> Floats64:
        """Compute columns (n, c) from features (n, f)."""
        return (_raw_columns(features, self.knots) - self.mean) / self.scale


def make_curves(features: Floats64, *, knots: int) -> Curves:
    """Make curves with knots at quantiles of the given shots' features."""
    shares = np.linspace(0, 1, knots)
    places = tuple(np.quantile(features[:, k], shares) for k in range(features.shape[1] - 1))
    raw = _raw_columns(features, places)
    scale = raw.std(axis=0)
    return Curves(places, raw.mean(axis=0), np.where(scale > 0, scale, 1.0))


def _raw_columns(features: Floats64, knots: tuple[Floats64, ...]) -> Floats64:
    parts = [spline_basis(features[:, k], places) for k, places in enumerate(knots)]
    return np.concatenate([*parts, features[:, len(knots) :]], axis=1)


def fit_logit(
    columns: Floats64, truth: Floats64, *, penalty: Floats64, offset: Floats64 | None = None
) -> tuple[Floats64, Floats64]:
    """Maximise the penalised likelihood: coefficients (c,), and the matrix (c, c) of second derivatives there.

    Args:
        columns: (n, c).
        truth: (n,), 0 or 1.
        penalty: (c,), weights of the squared coefficients, 0 for none.
        offset: (n,), fixed log-odds that are added.

    """
    start = np.zeros(len(truth)) if offset is None else offset
    found = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        p = expit(columns @ found + start)
        slope = columns.T @ (truth - p) - penalty * found
        step = np.linalg.solve(_curvature(columns, p, penalty), slope)
        found = found + step
        if np.abs(step).max() < _SETTLED:
            break
    return found, _curvature(columns, expit(columns @ found + start), penalty)


def _curvature(columns: Floats64, p: Floats64, penalty: Floats64) -> Floats64:
    weighted = columns * (p * (1 - p))[:, None]
    return weighted.T @ columns + np.diag(penalty + 1e-9)


def stratified_folds(strata: npt.ArrayLike, *, folds: int, seed: int) -> Indices:
    """Assign each shot a fold (n,): every stratum is spread evenly over the folds, which have equal sizes."""
    names = np.asarray(strata)
    random = np.random.default_rng(seed)
    order = np.concatenate([random.permutation(np.flatnonzero(names == name)) for name in np.unique(names)])
    found = np.empty(len(names), np.int64)
    found[order] = np.arange(len(names)) % folds
    return found


@dataclass(frozen=True, slots=True, eq=False)
class SaveFit:
    """A fitted model of expected saves.

    Attributes:
        curves: of the features.
        coefficients: float64 (2 + columns,): constant, pictured, then the columns.
        curvature: second derivatives of the penalised likelihood there; their inverse is the covariance.
        penalty: the ridge.
        all_share: value of ``pictured`` if it is unknown whether a shot would have been pictured: the value for which
            the mean prediction equals the share of saves.

    """

    curves: Curves
    coefficients: Floats64
    curvature: Floats64
    penalty: float
    all_share: float

    def logits(self, features: Floats64, *, pictured: npt.ArrayLike) -> Floats64:
        """Return the log-odds (n,) of a save."""
        return _with_constants(self.curves.columns(features), pictured) @ self.coefficients


def fit_saves(features: Floats64, pictured: Floats64, saved: Floats64, *, penalty: float, knots: int) -> SaveFit:
    """Fit curves to shots: features (n, f), whether each shot is pictured (n,) and was saved (n,)."""
    curves = make_curves(features, knots=knots)
    columns = _with_constants(curves.columns(features), pictured)
    ridge = np.concatenate([CONSTANTS_PENALTY, np.full(columns.shape[1] - len(CONSTANTS_PENALTY), penalty)])
    found, curvature = fit_logit(columns, saved, penalty=ridge)
    share = _matching_share(columns @ found - found[1] * pictured, step=float(found[1]), wanted=float(saved.mean()))
    return SaveFit(curves, found, curvature, penalty, share)


def _with_constants(columns: Floats64, pictured: npt.ArrayLike) -> Floats64:
    constants = np.ones((len(columns), 2))
    constants[:, 1] = pictured
    return np.concatenate([constants, columns], axis=1)


def _matching_share(base: Floats64, *, step: float, wanted: float) -> float:
    """Find by bisection the x for which the mean of expit(base + step x) equals ``wanted``."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        above = expit(base + step * middle).mean() > wanted
        low, high = (low, middle) if above == (step > 0) else (middle, high)
    return (low + high) / 2


def choose_penalty(
    features: Floats64,
    pictured: Floats64,
    saved: Floats64,
    *,
    penalties: tuple[float, ...],
    knots: int,
    folds: int,
    seed: int,
) -> tuple[float, Floats64]:
    """Choose the ridge with the lowest log loss on held-out shots; also return their held-out log-odds (n,)."""
    fold = stratified_folds(2 * pictured + saved, folds=folds, seed=seed)
    logits = np.zeros((len(penalties), len(saved)))
    for number in range(folds):
        held = fold == number
        for k, penalty in enumerate(penalties):
            fit = fit_saves(features[~held], pictured[~held], saved[~held], penalty=penalty, knots=knots)
            logits[k, held] = fit.logits(features[held], pictured=pictured[held])
    losses = np.logaddexp(0, np.where(saved > 0, -logits, logits)).mean(axis=1)
    best = int(losses.argmin())
    return penalties[best], logits[best]
