"""Expected saves from end to end: models compared on held-out shots, then the model that ships.

Run it with ``touchline train recipes/expected-saves.yaml``. A shot and all its pictures lie in one fold; everything
that is tuned (the ridge, whether technique counts) is tuned on the training shots, by an inner cross-validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from touchline.core.arrays import Floats64
from touchline.core.errors import InputError
from touchline.formats.files.atomic import make_folder, write_json_atomic, write_text_atomic
from touchline.goalkeeping.expected_saves import VERSION, expit
from touchline.goalkeeping.reference import TECHNIQUES
from touchline.goalkeeping.shots import CURVES, FEATURES
from touchline.goalkeeping.splines import basis_count
from touchline.training.family import Family, Job, PlannedRun
from touchline.training.keeper.saves_data import SaveData, Selection, count_support, read_save_data, usual_engagement
from touchline.training.keeper.saves_fit import SaveFit, choose_penalty, fit_saves, stratified_folds
from touchline.training.keeper.saves_measure import measure, table
from touchline.training.keeper.saves_models import (
    MODELS,
    Answers,
    FitSettings,
    choose_technique,
    fit_technique,
    technique_terms,
)
from touchline.training.plan import Progress
from touchline.training.recipe import StrictSettings

if TYPE_CHECKING:
    import torch

    from touchline.formats.keeper.tables import ShotTable

OutOfFold = dict[str, tuple[Floats64, Floats64]]
"""Save probabilities (repeats, n) by model: knowing which shots are pictured, and not knowing it."""

_COVERAGE_ROUNDS = 100


class ExpectedSavesRecipe(StrictSettings):
    """A recipe of ``task: expected-saves``.

    Attributes:
        name: of the resulting model file.
        data_root: folder with ``events``, ``pose`` and ``filters.json`` of the published tables.
        folds, repeats: of the outer cross-validation.
        inner_folds: of the inner cross-validation on the training shots.
        knots: number per curve.
        penalties: ridges to choose from.
        technique_sds: prior standard deviations of technique effects, in log-odds, to choose from besides no effect.
        technique_prior_sd: of the effects that ship.
        seed: of the folds.

    """

    task: str = "expected-saves"
    name: str = "keeper-saves"
    data_root: Path
    folds: int = Field(default=10, ge=2)
    repeats: int = Field(default=20, ge=1)
    inner_folds: int = Field(default=5, ge=2)
    knots: int = Field(default=5, ge=3)
    penalties: tuple[float, ...] = Field(default=(3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 10000.0), min_length=1)
    technique_sds: tuple[float, ...] = Field(default=(0.1, 0.2, 0.4, 0.8), min_length=1)
    technique_prior_sd: float = Field(default=0.25, gt=0)
    seed: int = 0

    @property
    def fit(self) -> FitSettings:
        """Settings of the models' fit."""
        return FitSettings(self.knots, self.penalties, self.inner_folds, self.technique_sds)


def train(settings: ExpectedSavesRecipe, job: Job) -> Path:
    """Compare the models on held-out shots, and fit the model that ships to all shots.

    Args:
        settings: the recipe.
        job: its folder gets ``measured.json``, ``table.txt`` and the model; progress counts folds.

    Returns:
        The model file.

    Raises:
        InputError: the data are unusable.

    """
    data, selection, shots = read_save_data(settings.data_root)
    _check_enough(data, settings)
    make_folder(job.out)
    found = answer_out_of_fold(data, settings, progress=job.progress)
    measured = {"selection": _selection_json(selection), **measure(data.saved, data.pictured > 0, found)}
    fit, inner = _fit_all(data, settings)
    measured["interval_coverage"] = interval_coverage(data, fit, settings)
    document = model_document(data, fit, shots, settings=settings, inner=inner, measured=measured)
    write_json_atomic(job.out / "measured.json", {**measured, "penalty": fit.penalty})
    write_text_atomic(job.out / "table.txt", table(measured) + "\n")
    path = job.out / f"{settings.name}.json"
    write_json_atomic(path, document)
    return path


def plan(settings: ExpectedSavesRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the fits of a recipe."""
    count = 3 + len(CURVES) * basis_count(settings.knots)
    return [PlannedRun("folds", count, count, settings.folds * settings.repeats)]


def _check_enough(data: SaveData, settings: ExpectedSavesRecipe) -> None:
    kinds = [int(((data.pictured > 0) & (data.saved == kind)).sum()) for kind in (1, 0)]
    if min(kinds) < 2 * settings.folds:
        raise InputError(
            f"{settings.data_root}: {kinds[0]} saves and {kinds[1]} goals with pictures are too few for "
            f"{settings.folds} folds, which need {2 * settings.folds} of each; set folds lower"
        )


def answer_out_of_fold(data: SaveData, settings: ExpectedSavesRecipe, *, progress: Progress | None = None) -> OutOfFold:
    """Return every model's predictions for every shot from models not trained on it, once per repeat."""
    found: OutOfFold = {}
    for repeat in range(settings.repeats):
        seed = settings.seed + repeat
        fold = stratified_folds(2 * data.pictured + data.saved, folds=settings.folds, seed=seed)
        for number in range(settings.folds):
            held = fold == number
            for model in MODELS.values():
                for name, answers in model(data, held, settings.fit, seed).items():
                    _keep(found, name, answers, repeat=repeat, held=held, repeats=settings.repeats)
            if progress is not None:
                progress("folds", repeat * settings.folds + number + 1, settings.repeats * settings.folds)
    return found


def _keep(
    found: OutOfFold, name: str, answers: Answers, *, repeat: int, held: npt.NDArray[np.bool_], repeats: int
) -> None:
    if name not in found:
        empty = np.full((repeats, len(held)), np.nan)
        found[name] = (empty, empty.copy())
    found[name][0][repeat, held] = answers.pictured
    found[name][1][repeat, held] = answers.anyone


def _selection_json(selection: Selection) -> dict[str, Any]:
    return {"shots": selection.shots, "save_rate": selection.save_rate, "said": selection.said}


def _fit_all(data: SaveData, settings: ExpectedSavesRecipe) -> tuple[SaveFit, Floats64]:
    """Fit the model to all shots at the ridge chosen most often; also return the held-out log-odds of each shot."""
    given = (data.features, data.pictured, data.saved)
    chosen: list[float] = []
    logits = np.zeros(len(data))
    for repeat in range(settings.repeats):
        penalty, inner = choose_penalty(
            *given,
            penalties=settings.penalties,
            knots=settings.knots,
            folds=settings.folds,
            seed=settings.seed + repeat,
        )
        chosen.append(penalty)
        logits += inner / settings.repeats
    return fit_saves(*given, penalty=float(np.median(chosen)), knots=settings.knots), logits


def interval_coverage(data: SaveData, fit: SaveFit, settings: ExpectedSavesRecipe) -> dict[str, float]:
    """Return the coverage of the 95 % interval where the truth is known: outcomes simulated from the fitted model."""
    random = np.random.default_rng(settings.seed)
    truth = fit.logits(data.features, pictured=data.pictured)
    covered = []
    for _ in range(_COVERAGE_ROUNDS):
        drawn = (random.random(len(data)) < expit(truth)).astype(np.float64)
        again = fit_saves(data.features, data.pictured, drawn, penalty=fit.penalty, knots=settings.knots)
        columns = np.concatenate(
            [np.ones((len(data), 1)), data.pictured[:, None], again.curves.columns(data.features)], axis=1
        )
        sd = np.sqrt(np.einsum("nc,cd,nd->n", columns, np.linalg.inv(again.curvature), columns))
        covered.append(np.abs(columns @ again.coefficients - truth) < 1.96 * sd)
    by_shot = np.mean(covered, axis=0)
    return {"mean": float(by_shot.mean()), "worst_tenth_of_shots": float(np.quantile(by_shot, 0.1))}


def model_document(
    data: SaveData,
    fit: SaveFit,
    shots: ShotTable,
    *,
    settings: ExpectedSavesRecipe,
    inner: Floats64,
    measured: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the model document that ships, with numbers rounded to six digits."""
    support, usual = count_support(data), usual_engagement(shots)
    return {
        "version": VERSION,
        "name": settings.name,
        "features": list(FEATURES),
        "knots": [_short(places) for places in fit.curves.knots],
        "mean": _short(fit.curves.mean),
        "scale": _short(fit.curves.scale),
        "coefficients": _short(fit.coefficients),
        "factor": _factor(np.asarray(np.linalg.inv(fit.curvature), np.float64)),
        "all_share": round(fit.all_share, 6),
        "penalty": fit.penalty,
        "support": {
            "x_yd": _short(support.x_yd),
            "aside_yd": _short(support.aside_yd),
            "shots": _short(support.shots),
            "reach_yd": support.reach_yd,
            "least": support.least,
        },
        "usual_engagement": {"distance_yd": _short(usual.distance_yd), "engagement": _short(usual.engagement)},
        "techniques": _technique_document(data, settings, inner=inner, measured=measured),
        "measured": dict(measured),
    }


def _technique_document(
    data: SaveData, settings: ExpectedSavesRecipe, *, inner: Floats64, measured: Mapping[str, Any]
) -> dict[str, Any]:
    rows = data.pictured > 0
    coefficients, covariance = fit_technique(data, rows, inner, sd=settings.technique_prior_sd)
    _, centre, scale = technique_terms(data)
    chosen = choose_technique(data, rows, inner, settings=settings.fit, seed=settings.seed)
    tested = measured["technique"]
    return {
        "names": list(TECHNIQUES),
        "coefficients": _short(coefficients.reshape(len(TECHNIQUES), -1)),
        "factor": _factor(covariance),
        "centre": _short(centre),
        "scale": _short(scale),
        "prior_sd": settings.technique_prior_sd,
        "chosen_on_all": chosen is not None,
        "effect_shown": tested["effect_shown"],
        "said": tested["said"],
    }


def _factor(covariance: Floats64) -> list[Any]:
    """Return the lower-triangular factor, row by row without its zeros."""
    lower = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(covariance)))
    return [_short(row[: number + 1]) for number, row in enumerate(lower)]


def _short(values: npt.ArrayLike) -> Any:
    array = np.asarray(values, np.float64)
    digits = np.array([float(f"{value:.6g}") for value in array.ravel()])
    return digits.reshape(array.shape).tolist()


FAMILY = Family(
    "expected-saves", ExpectedSavesRecipe, train, plan, cpu_only=True, one_process="is fitted by one process"
)
