"""The expected-saves models that are compared: each trains on some shots and predicts the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools, Floats64
from touchline.core.extras import need
from touchline.goalkeeping.expected_saves import expit
from touchline.goalkeeping.reference import TECHNIQUES, fit_reference, nearest_centre
from touchline.goalkeeping.shots import FEATURES
from touchline.training.keeper.saves_data import SaveData
from touchline.training.keeper.saves_fit import choose_penalty, fit_logit, fit_saves, stratified_folds

CONSTANT = "constant"
LOCATION = "location only"
REFERENCE = "reference recipe"
CURVES = "curves"
NO_ENGAGEMENT = "curves without engagement"
PICTURED_ONLY = "curves from pictured shots only"
WITH_TECHNIQUE = "curves + technique"

_PLACE = [FEATURES.index(name) for name in ("log_distance", "opening_rad")]
_NO_ENGAGEMENT = [
    FEATURES.index(name) for name in ("log_distance", "opening_rad", "x_yd", "aside_yd", "under_pressure")
]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The settings of the fits.

    Attributes:
        knots: number per curve.
        penalties: ridges to choose from.
        inner_folds: of the inner cross-validation on the training shots.
        technique_sds: prior standard deviations of technique effects to choose from, besides no effect.

    """

    knots: int
    penalties: tuple[float, ...]
    inner_folds: int
    technique_sds: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Save probabilities of held-out shots.

    Attributes:
        pictured: float64 (n,), knowing which shots are pictured; NaN if the model makes no prediction.
        anyone: float64 (n,), not knowing it; NaN likewise.

    """

    pictured: Floats64
    anyone: Floats64


Model = Callable[[SaveData, Bools, FitSettings, int], dict[str, Answers]]
"""From the data, the held-out shots, settings and a seed to predictions for those shots, by the model's name."""


def constant(data: SaveData, held: Bools, settings: FitSettings, seed: int) -> dict[str, Answers]:
    """Predict the share of saves."""
    del settings, seed
    known = np.where(data.pictured[held] > 0, _share(data, ~held, 1.0), _share(data, ~held, 0.0))
    return {CONSTANT: Answers(known, np.full(int(held.sum()), data.saved[~held].mean()))}


def _share(data: SaveData, rows: Bools, pictured: float) -> float:
    chosen = rows & (data.pictured == pictured)
    return float(data.saved[chosen if chosen.any() else rows].mean())


def location(data: SaveData, held: Bools, settings: FitSettings, seed: int) -> dict[str, Answers]:
    """Predict by a plain logistic regression on distance and opening angle."""
    del settings, seed
    place = np.concatenate([np.ones((len(data), 1)), data.features[:, _PLACE]], axis=1)
    answers = []
    for columns in (np.concatenate([place, data.pictured[:, None]], axis=1), place):
        found, _ = fit_logit(columns[~held], data.saved[~held], penalty=np.zeros(columns.shape[1]))
        answers.append(expit(columns[held] @ found))
    return {LOCATION: Answers(*answers)}


def curves(data: SaveData, held: Bools, settings: FitSettings, seed: int) -> dict[str, Answers]:
    """Predict by smooth curves with a ridge chosen on the training shots; also with technique in addition."""
    answers, logits, inner = _fit_curves(data, held, settings, seed, columns=list(range(len(FEATURES))))
    train = ~held & (data.pictured > 0)
    offsets = np.zeros(len(data))
    offsets[~held] = inner
    shown = choose_technique(data, train, offsets, settings=settings, seed=seed)
    moved = logits + (0.0 if shown is None else technique_columns(data)[held] @ shown)
    none = np.full(int(held.sum()), np.nan)
    with_technique = np.where(data.pictured[held] > 0, expit(moved), np.nan)
    return {CURVES: answers, WITH_TECHNIQUE: Answers(with_technique, none)}


def no_engagement(data: SaveData, held: Bools, settings: FitSettings, seed: int) -> dict[str, Answers]:
    """Predict by the curves without the features that depend on the keeper's place."""
    return {NO_ENGAGEMENT: _fit_curves(data, held, settings, seed, columns=_NO_ENGAGEMENT)[0]}


def pictured_only(data: SaveData, held: Bools, settings: FitSettings, seed: int) -> dict[str, Answers]:
    """Predict by the curves trained on pictured shots only."""
    seen = data.pictured > 0
    answers, _, _ = _fit_curves(data, held, settings, seed, columns=list(range(len(FEATURES))), learn=seen)
    none = np.full(int(held.sum()), np.nan)
    return {PICTURED_ONLY: Answers(np.where(seen[held], answers.pictured, np.nan), none)}


def _fit_curves(
    data: SaveData,
    held: Bools,
    settings: FitSettings,
    seed: int,
    *,
    columns: list[int],
    learn: Bools | None = None,
) -> tuple[Answers, Floats64, Floats64]:
    """Return predictions, their log-odds knowing which are pictured, and held-out log-odds of the training shots."""
    rows = ~held if learn is None else ~held & learn
    features = data.features[:, columns]
    given = (features[rows], data.pictured[rows], data.saved[rows])
    penalty, inner = choose_penalty(
        *given, penalties=settings.penalties, knots=settings.knots, folds=settings.inner_folds, seed=seed
    )
    fit = fit_saves(*given, penalty=penalty, knots=settings.knots)
    logits = fit.logits(features[held], pictured=data.pictured[held])
    anyone = fit.logits(features[held], pictured=fit.all_share)
    return Answers(expit(logits), expit(anyone)), logits, inner


def technique_terms(data: SaveData) -> tuple[Floats64, Floats64, Floats64]:
    """Return the terms (n, 3) of a technique's coefficients; centre and scale (2,) of log distance and engagement."""
    place = np.stack([data.column("log_distance"), data.column("engagement")], axis=1)
    seen = place[data.pictured > 0]
    centre, scale = seen.mean(axis=0), seen.std(axis=0)
    return np.concatenate([np.ones((len(data), 1)), (place - centre) / scale], axis=1), centre, scale


def technique_columns(data: SaveData) -> Floats64:
    """Return columns (n, 12): the share of the shot's pictures with each technique, times the terms."""
    terms, _, _ = technique_terms(data)
    return (data.technique[:, :, None] * terms[:, None, :]).reshape(len(data), -1)


def fit_technique(data: SaveData, rows: Bools, offsets: Floats64, *, sd: float) -> tuple[Floats64, Floats64]:
    """Fit coefficients (12,) of techniques on top of log-odds (n,), and their covariance, under a normal prior."""
    columns = technique_columns(data)[rows]
    penalty = np.full(columns.shape[1], 1 / sd**2)
    found, curvature = fit_logit(columns, data.saved[rows], penalty=penalty, offset=offsets[rows])
    return found, np.asarray(np.linalg.inv(curvature), np.float64)


def choose_technique(
    data: SaveData, rows: Bools, offsets: Floats64, *, settings: FitSettings, seed: int
) -> Floats64 | None:
    """Fit technique coefficients (12,) with the prior that predicts held-out shots best; None if no effect is best."""
    numbers = np.flatnonzero(rows)
    fold = stratified_folds(data.saved[numbers], folds=settings.inner_folds, seed=seed)
    columns, losses = technique_columns(data), []
    for sd in settings.technique_sds:
        logits = offsets.copy()
        for number in range(settings.inner_folds):
            learn = np.zeros(len(data), bool)
            learn[numbers[fold != number]] = True
            held = numbers[fold == number]
            logits[held] += columns[held] @ fit_technique(data, learn, offsets, sd=sd)[0]
        losses.append(_loss(logits[numbers], data.saved[numbers]))
    best = int(np.argmin(losses))
    if losses[best] >= _loss(offsets[numbers], data.saved[numbers]):
        return None
    return fit_technique(data, rows, offsets, sd=settings.technique_sds[best])[0]


def _loss(logits: Floats64, saved: Floats64) -> float:
    return float(np.logaddexp(0, np.where(saved > 0, -logits, logits)).mean())


def reference(data: SaveData, held: Bools, settings: FitSettings, seed: int) -> dict[str, Answers]:
    """Predict by the published recipe without leakage: clusters and model trained without held-out shots, weighted."""
    del settings, seed
    cluster = need("sklearn.cluster", what="grouping techniques", extra="train")
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    views, of = data.views, data.view_of
    on_target = of >= 0
    left_out = on_target & held[of]
    with threadpool_limits(1):  # so little work that threads would only wait for each other
        clusters = cluster.KMeans(len(TECHNIQUES), n_init=10, random_state=0).fit(views.features[~left_out])
    technique, _ = nearest_centre(views.features, clusters.cluster_centers_)
    learn = on_target & ~left_out
    weight = 1.0 / np.bincount(of[on_target], minlength=len(data))[np.maximum(of, 0)].clip(min=1)
    distance, pressed = np.exp(data.column("log_distance")), data.column("under_pressure")

    def inputs(rows: Bools) -> tuple[Floats64, Floats64, Floats64, npt.NDArray[np.int64]]:
        return data.angle_deg[of[rows]], distance[of[rows]], pressed[of[rows]], technique[rows]

    model = fit_reference(*inputs(learn), data.saved[of[learn]] > 0, weight=weight[learn])
    p = model.predict(*inputs(left_out))
    total = np.bincount(of[left_out], weights=np.log(p / (1 - p)), minlength=len(data))
    count = np.bincount(of[left_out], minlength=len(data))
    mean = np.divide(total, count, out=np.full(len(data), np.nan), where=count > 0)
    return {REFERENCE: Answers(expit(mean[held]), np.full(int(held.sum()), np.nan))}


MODELS: Mapping[str, Model] = {
    CONSTANT: constant,
    LOCATION: location,
    REFERENCE: reference,
    CURVES: curves,
    NO_ENGAGEMENT: no_engagement,
    PICTURED_ONLY: pictured_only,
}
"""Every model that is compared; ``curves`` also predicts as ``curves + technique``."""
