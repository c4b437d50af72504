"""The probability that libsvm prints for a support vector machine of two classes, as the published model does.

libsvm fits a sigmoid to decision values of random folds, and then solves Wu, Lin and Weng's problem of coupling
pairwise probabilities (JMLR 2004) by an iteration that stops early. For two classes that only adds an error of up to
.006: probabilities near .5 come out as .5 exactly. scikit-learn's ``SVC(probability=True)``, which is on its way out,
did the same.
"""

from __future__ import annotations

import math

import numpy as np

from touchline.core.arrays import Floats64

PUBLISHED_SIGMOID = (-0.79068253, 0.07817386)
"""Slope and offset that libsvm finds for the published rows with scikit-learn's random numbers from the notebook's seed
3615 on: 92 draws of test rows, 40 fits of the grid search, then the fit that is kept."""

_CLOSE_ENOUGH = 0.005 / 2
_ROUNDS = 100
_LEAST = 1e-7


def libsvm_probability(decision: Floats64, *, sigmoid: tuple[float, float] = PUBLISHED_SIGMOID) -> Floats64:
    """Return libsvm's probability (n,) of the second class from decision values (n,)."""
    slope, offset = sigmoid
    found = [_coupled(1 / (1 + math.exp(slope * value + offset))) for value in np.asarray(decision).tolist()]
    return np.array(found, np.float64)


def _coupled(second: float) -> float:
    """Return the probability of the second class where the coupling of two pairwise probabilities stops."""
    second = min(max(second, _LEAST), 1 - _LEAST)
    first = 1 - second
    coupling = np.array([[second**2, -first * second], [-first * second, first**2]])
    p = np.array([0.5, 0.5])
    for _ in range(_ROUNDS):
        gradient = coupling @ p
        level = float(p @ gradient)
        if np.abs(gradient - level).max() < _CLOSE_ENOUGH:
            break
        for k in range(2):
            step = (level - float(gradient[k])) / float(coupling[k, k])
            p[k] += step
            level = (level + step * (step * float(coupling[k, k]) + 2 * float(gradient[k]))) / (1 + step) ** 2
            gradient = (gradient + step * coupling[k]) / (1 + step)
            p /= 1 + step
    return float(p[1])
