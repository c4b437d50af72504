"""Results that the authors of "Learning From The Pros" derive from their model: maps, a keeper table, amateurs.

Like :mod:`touchline.goalkeeping.reference`, this shows that their numbers can be reproduced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.core.errors import InputError
from touchline.formats.keeper.tables import AmateurTable, PoseTable, PublishedChoices, ShotTable
from touchline.goalkeeping.reference import (
    TECHNIQUES,
    ReferenceModel,
    ReferenceRows,
    ReferenceSplit,
    centroids,
    fit_reference,
    nearest_centre,
    pose_features,
    reference_rows,
    reference_split,
)

GOAL_YD = (120.0, 40.0)
"""The centre of the goal on StatsBomb's pitch."""

TABLE_FROM_ROWS = 15
"""The authors list keepers with at least this many rows."""

_FOLDS = 5
_MAP_X_YD = (90.0, 120.01)
_MAP_Y_YD = (0.0, 80.0)
_MAP_CELLS = 50


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceFit:
    """The authors' fitted model with the rows it was fitted to.

    Attributes:
        pictured: all pictures that they kept.
        centres: float64 (4, 33), of their clusters.
        on_target: the kept pictures of shots on target, in the order of the split's rows.
        saved: bool (n,), of ``on_target``.
        split: the rows of ``on_target`` for training and test.
        model: fitted on the training rows.

    """

    pictured: ReferenceRows
    centres: Floats64
    on_target: ReferenceRows
    saved: npt.NDArray[np.bool_]
    split: ReferenceSplit
    model: ReferenceModel

    def predict(self, shots: ShotTable, rows: Indices) -> Floats64:
        """Predict the probability (n,) that the shots of some rows of ``on_target`` are saved."""
        return self.model.predict(*_inputs(shots, self.on_target, rows))

    def predict_every_technique(self, shots: ShotTable, rows: Indices) -> Floats64:
        """Predict the probability (n, 4) of a save for each technique that the keeper could have chosen."""
        angle_deg, distance_yd, pressed, _ = _inputs(shots, self.on_target, rows)
        return every_technique(self.model, angle_deg, distance_yd, pressed)


@dataclass(frozen=True, slots=True)
class KeeperShare:
    """One keeper of the authors' table: how many of his rows show the technique that the model rates best."""

    keeper: str
    rows: int
    optimal: int

    @property
    def share(self) -> float:
        """Optimal rows as a share of all."""
        return self.optimal / self.rows


@dataclass(frozen=True, slots=True, eq=False)
class AmateurResult:
    """The model's predictions for amateurs, one entry per attempt.

    Attributes:
        engagement: float64 (n,).
        technique: int64 (n,), index into ``TECHNIQUES``.
        saves: float64 (n, 4), probability of a save with each technique.

    """

    engagement: Floats64
    technique: Indices
    saves: Floats64

    @property
    def optimal(self) -> npt.NDArray[np.bool_]:
        """Whether each attempt shows the technique that the model rates best."""
        return np.asarray(self.saves.argmax(axis=1) == self.technique)

    @property
    def above_average(self) -> Floats64:
        """Save probability (n,) with the chosen technique, minus the mean over techniques."""
        chosen = self.saves[np.arange(len(self.saves)), self.technique]
        return np.asarray(chosen - self.saves.mean(axis=1))


def fit_as_published(shots: ShotTable, poses: PoseTable, choices: PublishedChoices) -> ReferenceFit:
    """Fit everything that the authors fitted to shots, on their split.

    Raises:
        InputError: too few pictures for their split and their folds.

    """
    pictured = reference_rows(shots, poses, choices)
    mine = shots.on_target[pictured.shots]
    on_target = ReferenceRows(
        pictured.rows[mine], pictured.shots[mine], pictured.features[mine], pictured.technique[mine]
    )
    saved = shots.outcome[on_target.shots] == "Saved"
    split = reference_split(len(saved))
    kinds = [int((saved[split.train] == kind).sum()) for kind in (True, False)]
    if min(kinds) < _FOLDS:
        raise InputError(
            f"{len(saved)} pictures of shots on target leave {kinds[0]} saves and {kinds[1]} goals to train on after "
            f"the published draw of a test set; their {_FOLDS} folds need as many of each"
        )
    model = fit_reference(*_inputs(shots, on_target, split.train), saved[split.train])
    centres = centroids(pictured.features, pictured.technique)
    return ReferenceFit(pictured, centres, on_target, saved, split, model)


def every_technique(
    model: ReferenceModel, angle_deg: Floats64, distance_yd: Floats64, pressed: npt.ArrayLike
) -> Floats64:
    """Predict the save probability (n, 4) with each technique."""
    count = len(angle_deg)
    columns = [model.predict(angle_deg, distance_yd, pressed, np.full(count, k)) for k in range(len(TECHNIQUES))]
    return np.stack(columns, axis=1)


def place_of(shooter_yd: Floats64) -> tuple[Floats64, Floats64]:
    """Return angle off the goal's axis in degrees and distance from its centre in yards, of places (n, 2)."""
    ahead_yd, aside_yd = GOAL_YD[0] - shooter_yd[:, 0], np.abs(shooter_yd[:, 1] - GOAL_YD[1])
    return np.rad2deg(np.arctan2(aside_yd, ahead_yd)), np.hypot(ahead_yd, aside_yd)


def engagement_of(shooter_yd: Floats64, keeper_yd: Floats64) -> Floats64:
    """Return the keeper-shooter distance as a share of the goal-shooter distance (n,), of places (n, 2)."""
    apart = np.linalg.norm(shooter_yd - keeper_yd, axis=1)
    return np.asarray(apart / np.linalg.norm(shooter_yd - np.array(GOAL_YD), axis=1))


def reference_map(model: ReferenceModel, *, pressed: bool) -> tuple[Floats64, Floats64]:
    """Return the grid of their maps: places (2500, 2) in yards, and save probabilities (2500, 4) by technique."""
    x, y = np.meshgrid(np.linspace(*_MAP_X_YD, _MAP_CELLS), np.linspace(*_MAP_Y_YD, _MAP_CELLS), indexing="ij")
    places = np.stack([x.ravel(), y.ravel()], axis=1)
    return places, every_technique(model, *place_of(places), pressed)


def optimal_shares(saves: Floats64) -> Mapping[str, float]:
    """Return the share of places (n, 4) in which each technique is the best."""
    counts = np.bincount(saves.argmax(axis=1), minlength=len(TECHNIQUES))
    return {name: float(count / len(saves)) for name, count in zip(TECHNIQUES, counts, strict=True)}


def keeper_shares(fit: ReferenceFit, shots: ShotTable) -> tuple[KeeperShare, ...]:
    """Return their keeper table: all training and test rows, with repeated draws counted repeatedly, best first."""
    rows = np.concatenate([fit.split.train, fit.split.test])
    optimal = fit.predict_every_technique(shots, rows).argmax(axis=1) == fit.on_target.technique[rows]
    keepers = shots.keeper[fit.on_target.shots[rows]]
    table = [KeeperShare(str(k), int((keepers == k).sum()), int(optimal[keepers == k].sum())) for k in set(keepers)]
    return tuple(sorted(table, key=lambda entry: (-entry.share, entry.keeper)))


def judge_amateurs(fit: ReferenceFit, amateurs: AmateurTable) -> AmateurResult:
    """Assign amateurs to the professionals' clusters, and predict their save probabilities."""
    engagement = engagement_of(amateurs.shooter_yd, amateurs.keeper_yd)
    technique, _ = nearest_centre(pose_features(amateurs.joints, engagement=engagement), fit.centres)
    saves = every_technique(fit.model, *place_of(amateurs.shooter_yd), False)
    return AmateurResult(engagement, technique, saves)


def _inputs(
    shots: ShotTable, rows: ReferenceRows, chosen: Indices
) -> tuple[Floats64, Floats64, npt.NDArray[np.bool_], Indices]:
    ids = rows.shots[chosen]
    return shots.angle_deg[ids], shots.distance_yd[ids], shots.under_pressure[ids], rows.technique[chosen]
