"""Temperature scaling: one number, fitted to held-out probabilities, that calibrates a recogniser's confidence.

Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. The ranking of the classes does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from touchline.core.arrays import Floats64
from touchline.metrics.recognition import calibration

_LEAST, _MOST = 0.05, 20.0
_TINY = 1e-9


def tempered(probabilities: npt.ArrayLike, *, temperature: float) -> Floats64:
    """Return probabilities (n, classes) as if their logits had been divided by a temperature."""
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), _TINY)) / temperature
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit_temperature(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Fit the temperature, 0.05 to 20, with the highest likelihood of labels (n,) given probabilities (n, classes)."""
    labels = np.asarray(truth, np.int64)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        p = tempered(probabilities, temperature=float(np.exp(log_temperature)))
        return float(-np.log(np.maximum(p[rows, labels], _TINY)).mean())

    found = minimize_scalar(loss, bounds=(np.log(_LEAST), np.log(_MOST)), method="bounded")
    return float(np.exp(found.x))


def measure_temperature(
    truth: npt.NDArray[np.int64], probabilities: Floats64, *, groups: Sequence[str]
) -> tuple[float, dict[str, Any]]:
    """Fit the temperature to held-out probabilities, and measure it on groups that it was not fitted to.

    Returns:
        The temperature fitted to all, and calibration before and after; the latter with one fitted to the others.

    """
    names = np.array(groups)
    after = np.array(probabilities, np.float64)
    for name in sorted(set(groups)):
        own = names == name
        if own.all():
            continue
        temperature = fit_temperature(truth[~own], probabilities[~own])
        after[own] = tempered(probabilities[own], temperature=temperature)
    before, scaled = calibration(truth, probabilities), calibration(truth, after)
    return fit_temperature(truth, probabilities), {
        "calibration_error": before.expected_error,
        "log_loss": before.log_loss,
        "calibration_error_tempered": scaled.expected_error,
        "log_loss_tempered": scaled.log_loss,
    }
