"""The method of "Learning From The Pros" (Wear et al., 2022) exactly as its authors ran it, flaws included.

Nothing else in touchline uses it: it shows that the published numbers can be reproduced, and what they are worth.
``docs/explanation/keeper-technique.md`` lists the flaws: pictures of one shot are on both sides of the split, the test
rows are drawn with replacement, and the pictured shots are a biased subset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.core.extras import need
from touchline.formats.keeper.tables import PoseTable, PublishedChoices, ShotTable
from touchline.goalkeeping.views import face_camera, widest_on_grid

TECHNIQUES = ("passive", "spread", "aggressive", "smother")
"""Names of the published techniques, in the order of their published clusters."""

SPLIT_SEED = 3615
TEST_DRAWS = 92


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceRows:
    """The pictures that the authors kept, one row each.

    Attributes:
        rows: int64 (n,), rows of the pose table.
        shots: int64 (n,), ids of the shots.
        features: float64 (n, 33): x and y of the rotated joints, joint by joint, then the engagement.
        technique: int64 (n,), as published, index into ``TECHNIQUES``.

    """

    rows: Indices
    shots: Indices
    features: Floats64
    technique: Indices


def pose_features(joints: Floats64, *, engagement: Floats64) -> Floats64:
    """Compute the 33 features (n, 33) that the authors cluster, from poses (n, 16, 3)."""
    turned = face_camera(widest_on_grid(joints))
    return np.concatenate([turned[..., :2].reshape(len(joints), -1), engagement[:, None]], axis=1)


def reference_rows(shots: ShotTable, poses: PoseTable, choices: PublishedChoices) -> ReferenceRows:
    """Return the kept pictures with the features that were clustered."""
    kept = np.setdiff1d(np.arange(len(poses)), choices.rejected_rows)
    ids = poses.shots[kept]
    features = pose_features(poses.joints[kept], engagement=shots.engagement[ids])
    technique = [TECHNIQUES.index(choices.technique[str(name)]) for name in poses.files[kept]]
    return ReferenceRows(kept, ids, features, np.array(technique, np.int64))


def centroids(features: Floats64, labels: Indices, *, count: int = len(TECHNIQUES)) -> Floats64:
    """Return the mean features (count, d) of each cluster."""
    return np.stack([features[labels == k].mean(axis=0) for k in range(count)])


def lloyd(features: Floats64, centres: Floats64, *, rounds: int = 300) -> tuple[Indices, Floats64, float]:
    """Run Lloyd's K-means from given centres to convergence: labels (n,), centres, inertia.

    Raises:
        ValueError: a cluster becomes empty.

    """
    labels = np.full(len(features), -1, np.int64)
    for _ in range(rounds):
        nearest, _ = nearest_centre(features, centres)
        if np.array_equal(nearest, labels):
            break
        if len(np.unique(nearest)) < len(centres):
            raise ValueError(f"{len(features)} rows do not fill {len(centres)} clusters: one became empty")
        labels, centres = nearest, centroids(features, nearest, count=len(centres))
    _, squared = nearest_centre(features, centres)
    return labels, centres, float(squared.sum())


def nearest_centre(features: Floats64, centres: Floats64) -> tuple[Indices, Floats64]:
    """Return for each row the nearest centre, and the squared distance to it."""
    squared = ((features[:, None] - centres[None]) ** 2).sum(axis=-1)
    return squared.argmin(axis=1), squared.min(axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSplit:
    """The published split of the rows of the on-target table.

    Attributes:
        train: int64, rows that were never drawn.
        test: int64, rows that were drawn, some more than once.

    """

    train: Indices
    test: Indices


def reference_split(count: int) -> ReferenceSplit:
    """Split ``count`` on-target rows as the authors did: drawn with replacement."""
    test = np.random.RandomState(SPLIT_SEED).choice(count, TEST_DRAWS)
    return ReferenceSplit(np.setdiff1d(np.arange(count), test), test)


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceModel:
    """The authors' expected-saves model: a support vector machine with Platt scaling.

    Attributes:
        mean, scale: of angle (degrees) and distance (yards) on the training rows.
        machine: scikit-learn's fitted ``CalibratedClassifierCV``.

    """

    mean: Floats64
    scale: Floats64
    machine: object
    gamma: float

    def predict(
        self, angle_deg: Floats64, distance_yd: Floats64, pressed: npt.ArrayLike, technique: Indices
    ) -> Floats64:
        """Predict the probability (n,) that each shot is saved."""
        inputs = model_inputs(angle_deg, distance_yd, pressed, technique, mean=self.mean, scale=self.scale)
        return np.asarray(self.machine.predict_proba(inputs)[:, 1])  # type: ignore[attr-defined]

    def decide(
        self, angle_deg: Floats64, distance_yd: Floats64, pressed: npt.ArrayLike, technique: Indices
    ) -> Floats64:
        """Return the machine's decision values (n,), above 0 for a save, before any scaling to probabilities."""
        inputs = model_inputs(angle_deg, distance_yd, pressed, technique, mean=self.mean, scale=self.scale)
        (calibrated,) = self.machine.calibrated_classifiers_  # type: ignore[attr-defined]
        return np.asarray(calibrated.estimator.decision_function(inputs))


def model_inputs(
    angle_deg: Floats64,
    distance_yd: Floats64,
    pressed: npt.ArrayLike,
    technique: Indices,
    *,
    mean: Floats64,
    scale: Floats64,
) -> Floats64:
    """Return the seven inputs (n, 7) in the authors' order: angle, distance, pressure, technique as four columns."""
    place = (np.stack([angle_deg, distance_yd], axis=1) - mean) / scale
    one_hot = np.eye(len(TECHNIQUES))[technique]
    pressed = np.broadcast_to(np.asarray(pressed, np.float64), len(place))
    return np.concatenate([place, pressed[:, None], one_hot], axis=1)


def fit_reference(
    angle_deg: Floats64,
    distance_yd: Floats64,
    pressed: npt.NDArray,
    technique: Indices,
    saved: npt.NDArray,
    *,
    weight: Floats64 | None = None,
) -> ReferenceModel:
    """Fit the authors' model with the settings of their grid search: RBF kernel, C = 1.

    ``weight`` (n,) is 1 for every picture in their work; an unbiased measurement gives a shot's pictures a sum of 1.
    """
    what = "the published model of expected saves"
    calibration, machines = need("sklearn.calibration", what=what), need("sklearn.svm", what=what)
    place = np.stack([angle_deg, distance_yd], axis=1)
    mean, scale = place.mean(axis=0), place.std(axis=0)
    inputs = model_inputs(angle_deg, distance_yd, pressed, technique, mean=mean, scale=scale)
    gamma = 1.0 / (inputs.shape[1] * inputs.var())
    machine = calibration.CalibratedClassifierCV(machines.SVC(kernel="rbf", C=1.0, gamma=gamma), ensemble=False, cv=5)
    machine.fit(inputs, saved.astype(int), sample_weight=weight)
    return ReferenceModel(mean, scale, machine, float(gamma))


def outcome_counts(saved: npt.NDArray[np.bool_], technique: Indices) -> Mapping[str, tuple[int, int]]:
    """Count saves and goals of each technique."""
    return {
        name: (int((saved & (technique == k)).sum()), int((~saved & (technique == k)).sum()))
        for k, name in enumerate(TECHNIQUES)
    }
