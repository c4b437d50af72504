"""A test of whether a keeper's pose at a penalty predicts a save; it does not.

Folds are grouped by keeper: all penalties of one keeper are in one fold, and intervals are bootstrapped over keepers.
Every model is fitted in each of ten folds, repeated twenty times, and compared with the share of saves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.core.errors import InputError
from touchline.core.extras import need
from touchline.goalkeeping.expected_saves import expit
from touchline.goalkeeping.keeper_names import one_spelling
from touchline.goalkeeping.penalties import PenaltyRows, regressed_measures
from touchline.goalkeeping.views import comparable
from touchline.metrics.bootstrap import Interval, mean_interval
from touchline.metrics.probability import auc, log_losses
from touchline.training.keeper.saves_fit import fit_logit

FOLDS = 10
REPEATS = 20
_LEAST_KEEPERS = FOLDS
_RIDGE = 20.0
_COMPONENTS = 5


@dataclass(frozen=True, slots=True)
class PenaltyModel:
    """The quality of one model's predictions for held-out penalties.

    Attributes:
        name: the inputs of the model.
        log_loss: mean, with its 95 % interval.
        more: its log loss minus that of the share of saves, with the 95 % interval; positive is worse.
        auc: probability that a save is ranked above a goal.

    """

    name: str
    log_loss: Interval
    more: Interval
    auc: float


@dataclass(frozen=True, slots=True)
class PenaltyMeasure:
    """All models, measured on the same folds.

    Attributes:
        penalties, keepers: their numbers.
        saved: number of saved penalties.
        models: the share of saves comes first.

    """

    penalties: int
    keepers: int
    saved: int
    models: tuple[PenaltyModel, ...]

    @property
    def said(self) -> str:
        """The finding, in one sentence."""
        better = [model.name for model in self.models[1:] if model.more.high < 0]
        if better:
            return f"Better than the share of saves: {', '.join(better)}."
        return f"On {self.penalties} penalties of {self.keepers} keepers nothing is better than the share of saves."


def measure_penalties(rows: PenaltyRows, *, repeats: int = REPEATS, seed: int = 0) -> PenaltyMeasure:
    """Measure every model on penalties on target.

    Raises:
        InputError: too few keepers for the folds.

    """
    rows = rows.on_target()
    saved = (rows.outcome == "Saved").astype(np.float64)
    spelling = one_spelling([str(name) for name in rows.keeper])
    _, keeper = np.unique([spelling[str(name)] for name in rows.keeper], return_inverse=True)
    count = int(keeper.max()) + 1
    if count < _LEAST_KEEPERS:
        raise InputError(f"penalties of {count} keepers; folds by keeper need at least {_LEAST_KEEPERS}")
    inputs = _inputs(rows.joints)
    folds = [_folds(saved, keeper, seed=seed + repeat) for repeat in range(repeats)]
    constant = _answers(np.zeros((len(saved), 0)), saved, folds, ridge=0.0)
    found = [_judged("share of saves", constant, constant, saved, keeper)]
    for name, (columns, ridge) in inputs.items():
        found.append(_judged(name, _answers(columns, saved, folds, ridge=ridge), constant, saved, keeper))
    return PenaltyMeasure(len(saved), count, int(saved.sum()), tuple(found))


def _inputs(joints: Floats64) -> Mapping[str, tuple[Floats64, float]]:
    """Return columns and ridge penalty of each model."""
    turned = comparable(joints)
    flat = turned[..., :2].reshape(len(joints), -1)
    flat = flat - flat.mean(axis=0)
    _, _, directions = np.linalg.svd(flat, full_matrices=False)  # from poses alone: outcomes are not used
    return {
        "the authors' five measures": (regressed_measures(joints), 0.0),
        "the same, ridge": (regressed_measures(joints), _RIDGE),
        "the same of turned poses, ridge": (regressed_measures(turned), _RIDGE),
        f"{_COMPONENTS} main directions of turned poses, ridge": (flat @ directions[:_COMPONENTS].T, _RIDGE),
    }


def _folds(saved: Floats64, keeper: npt.NDArray[np.intp], *, seed: int) -> Indices:
    """Assign every penalty a fold (n,): all of a keeper in one, saves spread evenly."""
    selection = need("sklearn.model_selection", what="measuring penalties")
    fold = np.zeros(len(saved), np.int64)
    split = selection.StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (_, held) in enumerate(split.split(saved, saved, keeper)):
        fold[held] = number
    return fold


def _answers(columns: Floats64, saved: Floats64, folds: list[Indices], *, ridge: float) -> Floats64:
    """Return predicted probabilities (repeats, n) of held-out penalties."""
    found = np.zeros((len(folds), len(saved)))
    penalty = np.array([0.0] + [ridge] * columns.shape[1])
    for repeat, fold in enumerate(folds):
        for number in np.unique(fold):
            held = fold == number
            scaled = _scaler(columns[~held])
            beta, _ = fit_logit(scaled(columns[~held]), saved[~held], penalty=penalty)
            found[repeat, held] = expit(scaled(columns[held]) @ beta)
    return found


def _scaler(columns: Floats64) -> Callable[[Floats64], Floats64]:
    mean, scale = columns.mean(axis=0), columns.std(axis=0)
    return lambda values: np.concatenate([np.ones((len(values), 1)), (values - mean) / scale], axis=1)


def _judged(
    name: str, answers: Floats64, constant: Floats64, saved: Floats64, keeper: npt.NDArray[np.intp]
) -> PenaltyModel:
    losses, base = log_losses(saved, answers).mean(axis=0), log_losses(saved, constant).mean(axis=0)
    ranked = float(np.mean([auc(saved, row) for row in answers])) if name != "share of saves" else float("nan")
    mean, more = (mean_interval(values, groups=keeper) for values in (losses, losses - base))
    return PenaltyModel(name, mean, more, ranked)
