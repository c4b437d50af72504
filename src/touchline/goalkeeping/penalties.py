"""Penalties: the five pose measures of Wear et al., their clusters, and their regression.

The measures use poses as pictured, without rotation: see ``docs/explanation/keeper-technique.md``. None of this
predicts saves better than the base rate of saves does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.core.extras import need
from touchline.core.poses import JOINTS
from touchline.formats.keeper.tables import PenaltyTable, PublishedChoices

MEASURES = ("torso_angle_deg", "body_angle_deg", "height", "forward_step", "hand_height")
"""The measures of a pose, in column order."""

REGRESSED = ("torso_angle_deg", "height", "forward_step", "hand_height", "body_angle_deg")
"""The same measures, in the order of the authors' regression."""

TRAIN_ROWS = 157
"""The authors train on this many penalties on target, the first ones, and test on the rest."""

_RIGHT_ANKLE, _LEFT_ANKLE = JOINTS.index("right_ankle"), JOINTS.index("left_ankle")
_RIGHT_WRIST, _LEFT_WRIST = JOINTS.index("right_wrist"), JOINTS.index("left_wrist")
_THORAX = JOINTS.index("thorax")
_SMALL_SLOPE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PenaltyRows:
    """The penalties that the authors kept.

    Attributes:
        joints: float64 (n, 16, 3).
        outcome: str (n,): ``"Goal"``, ``"Saved"`` or ``"Off T"``.
        keeper: str (n,).

    """

    joints: Floats64
    outcome: npt.NDArray[np.str_]
    keeper: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.outcome)

    def on_target(self) -> PenaltyRows:
        """Return those that were saved or scored."""
        mine = self.outcome != "Off T"
        return PenaltyRows(self.joints[mine], self.outcome[mine], self.keeper[mine])


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A logistic regression, fitted by maximum likelihood.

    Attributes:
        coefficients: float64 (d + 1,), the constant last.
        errors: float64 (d + 1,), standard errors.
        mean, scale: float64 (d,), of the training measures.
        log_likelihood, log_likelihood_null: with the measures, and with only the constant.

    """

    coefficients: Floats64
    errors: Floats64
    mean: Floats64
    scale: Floats64
    log_likelihood: float
    log_likelihood_null: float

    def predict(self, measures: Floats64) -> Floats64:
        """Predict the probability (n,) of a save from measures (n, d), in the same units as at training."""
        scaled = (measures - self.mean) / self.scale
        return 1.0 / (1.0 + np.exp(-(scaled @ self.coefficients[:-1] + self.coefficients[-1])))

    def p_value(self) -> float:
        """p-value of the likelihood-ratio test against the constant alone."""
        from scipy.stats import chi2

        ratio = 2.0 * (self.log_likelihood - self.log_likelihood_null)
        return float(chi2.sf(ratio, len(self.coefficients) - 1))


def kept_penalties(table: PenaltyTable, choices: PublishedChoices) -> PenaltyRows:
    """Return the penalties that have a picture and were not rejected by the authors."""
    kept = np.setdiff1d(np.arange(len(table)), choices.rejected_penalties)
    kept = kept[np.isfinite(table.joints[kept]).all(axis=(1, 2))]
    return PenaltyRows(table.joints[kept], table.outcome[kept], table.keeper[kept])


def measures_of(joints: Floats64) -> Floats64:
    """Measure poses (n, 16, 3): (n, 5), in the order of ``MEASURES``.

    Both angles are measured from the vertical; the rest is in the poses' own unit.
    """
    x, up, away = joints[..., 0], -joints[..., 1], joints[..., 2]
    feet_x = (x[:, _RIGHT_ANKLE] + x[:, _LEFT_ANKLE]) / 2
    feet_up = (up[:, _RIGHT_ANKLE] + up[:, _LEFT_ANKLE]) / 2
    torso = np.abs(np.arctan2(x[:, _THORAX], up[:, _THORAX]))
    body = np.abs(np.arctan2(x[:, _THORAX] - feet_x, up[:, _THORAX] - feet_up))
    lowest = up.min(axis=1)
    hands = np.minimum(up[:, _RIGHT_WRIST], up[:, _LEFT_WRIST]) - lowest
    step = np.abs(away[:, _RIGHT_ANKLE] - away[:, _LEFT_ANKLE])
    return np.stack([np.rad2deg(torso), np.rad2deg(body), up.max(axis=1) - lowest, step, hands], axis=1)


def two_clusters(measures: Floats64, *, starts: int = 50, seed: int = 13) -> tuple[Indices, Floats64, float]:
    """Run K-means with two clusters, best of many starts: labels (n,), centres (2, 5), inertia; the larger is 0."""
    cluster = need("sklearn.cluster", what="grouping keepers' poses")
    found = cluster.KMeans(2, n_init=starts, random_state=seed).fit(measures)
    order = np.argsort(-np.bincount(found.labels_), kind="stable")
    labels = np.argsort(order)[found.labels_]
    return labels.astype(np.int64), found.cluster_centers_[order], float(found.inertia_)


def regressed_measures(joints: Floats64) -> Floats64:
    """Measure poses (n, 16, 3): (n, 5), in the order of ``REGRESSED``."""
    return measures_of(joints)[:, [MEASURES.index(name) for name in REGRESSED]]


def fit_regression(measures: Floats64, saved: npt.NDArray[np.bool_]) -> Regression:
    """Fit a logistic regression to standardised measures (n, d), without regularisation.

    Raises:
        ValueError: all penalties have the same outcome.

    """
    linear = need("sklearn.linear_model", what="a regression of penalties")
    if saved.all() or not saved.any():
        raise ValueError(f"saved: all {len(saved)} penalties have the same outcome; a fit needs saves and goals")
    mean, scale = measures.mean(axis=0), measures.std(axis=0)
    inputs = np.concatenate([(measures - mean) / scale, np.ones((len(measures), 1))], axis=1)
    line = linear.LogisticRegression(C=np.inf, solver="newton-cholesky", tol=_SMALL_SLOPE, fit_intercept=False)
    line.fit(inputs, saved)
    p = line.predict_proba(inputs)[:, 1]
    covariance = np.linalg.inv((inputs * (p * (1 - p))[:, None]).T @ inputs)
    truth = saved.astype(np.float64)
    null = np.full(len(truth), truth.mean())
    errors, likelihoods = np.sqrt(np.diag(covariance)), (_likelihood(truth, p), _likelihood(truth, null))
    return Regression(line.coef_[0], errors, mean, scale, *likelihoods)


def _likelihood(truth: Floats64, p: Floats64) -> float:
    return float(np.sum(truth * np.log(p) + (1 - truth) * np.log1p(-p)))
