"""Expected saves: the probability that a shot is saved, with intervals, from built-in parameters; needs only NumPy.

The model is a logistic regression on smooth curves (``touchline.training.keeper.expected_saves`` fits it). Pictured
shots were saved less often than others, because pictures were mostly collected of goals; the model has a term for that,
and by default predicts for any shot on target, not only the pictured ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.errors import InputError
from touchline.core.shots import GOAL_YD
from touchline.formats.files.guard import reading
from touchline.formats.files.json_files import parse_object
from touchline.goalkeeping.shots import FEATURES, Shot, geometry, shot_features
from touchline.goalkeeping.splines import basis_count, spline_basis

Population = Literal["all", "pictured"]

BUILTIN = "keeper-saves.json"
VERSION = 1
Z_95 = 1.959964


@dataclass(frozen=True, slots=True, eq=False)
class SaveEstimate:
    """Save probabilities.

    Attributes:
        p: float64 (n,), 0 to 1.
        low, high: float64 (n,), 95 % interval of the probability; the outcome of a single shot is far less certain.
        shots_near: float64 (n,), number of training shots taken nearby; few mean extrapolation.
        population: ``"all"`` shots on target, or only ``"pictured"`` ones.

    """

    p: Floats64
    low: Floats64
    high: Floats64
    shots_near: Floats64
    population: Population


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """The density of training shots around every place.

    Attributes:
        x_yd, aside_yd: float64, increasing coordinates of the grid's rows and columns.
        shots: float64 (rows, columns), number of nearby shots, with a Gaussian weight of width ``reach_yd``.
        reach_yd: standard deviation of that weight.
        least: where there are fewer shots, a map should not be read.

    """

    x_yd: Floats64
    aside_yd: Floats64
    shots: Floats64
    reach_yd: float
    least: float

    def near(self, x_yd: Floats64, y_yd: Floats64) -> Floats64:
        """Return the number of nearby shots for places of any shape, interpolated linearly; 0 outside the grid."""
        aside = np.abs(y_yd - GOAL_YD[1])
        row, down = _between(self.x_yd, x_yd)
        column, right = _between(self.aside_yd, aside)
        above = self.shots[row, column] * (1 - right) + self.shots[row, column + 1] * right
        below = self.shots[row + 1, column] * (1 - right) + self.shots[row + 1, column + 1] * right
        inside = (x_yd >= self.x_yd[0]) & (x_yd <= self.x_yd[-1]) & (aside <= self.aside_yd[-1])
        return np.where(inside, above * (1 - down) + below * down, 0.0)


def _between(grid: Floats64, values: Floats64) -> tuple[npt.NDArray[np.int64], Floats64]:
    index = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, len(grid) - 2)
    return index, np.clip((values - grid[index]) / (grid[index + 1] - grid[index]), 0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class UsualEngagement:
    """The usual engagement of keepers by the shot's distance.

    Attributes:
        distance_yd: float64 (d,), increasing.
        engagement: float64 (d, q), quantiles at (i + 1/2) / q of the shots around that distance.

    """

    distance_yd: Floats64
    engagement: Floats64

    def quantiles(self, distance_yd: Floats64) -> Floats64:
        """Return engagement quantiles (n, q) at distances (n,)."""
        return np.stack([np.interp(distance_yd, self.distance_yd, column) for column in self.engagement.T], axis=1)

    def median(self, distance_yd: Floats64) -> Floats64:
        """Return the median engagement (n,) at distances (n,)."""
        return np.asarray(np.median(self.quantiles(distance_yd), axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class TechniqueOffsets:
    """The effect of each technique on the log-odds of a save, shrunk towards zero.

    Attributes:
        names: of the techniques.
        coefficients: float64 (names, 3): constant, per unit of the standardised log distance and engagement.
        factor: float64 (3 * names, 3 * names); multiplied by its transpose it is their covariance.
        centre, scale: float64 (2,), of log distance and engagement.
        effect_shown: whether they improved the prediction of held-out shots.
        said: the finding, in one sentence.

    """

    names: tuple[str, ...]
    coefficients: Floats64
    factor: Floats64
    centre: Floats64
    scale: Floats64
    effect_shown: bool
    said: str

    def terms(self, features: Floats64) -> Floats64:
        """Return the terms (n, 3) that a technique's coefficients multiply, from features (n, 8)."""
        place = features[:, [FEATURES.index("log_distance"), FEATURES.index("engagement")]]
        return np.concatenate([np.ones((len(features), 1)), (place - self.centre) / self.scale], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class SaveModel:
    """A fitted model of expected saves.

    Attributes:
        knots: of the spline of each of the first seven features.
        mean, scale: float64 (c,), of the spline columns.
        coefficients: float64 (2 + c,): constant, pictured, columns.
        factor: float64 (2 + c, 2 + c); multiplied by its transpose it is their covariance.
        all_share: value of the ``pictured`` term for a shot of any kind.
        support: density of the training shots.
        usual: the usual engagement of keepers.
        techniques: the effect of each technique.
        measured: the measured quality, as recorded at training.

    """

    knots: tuple[Floats64, ...]
    mean: Floats64
    scale: Floats64
    coefficients: Floats64
    factor: Floats64
    all_share: float
    support: Support
    usual: UsualEngagement
    techniques: TechniqueOffsets
    measured: Mapping[str, Any]

    def design(self, features: Floats64, *, population: Population = "all") -> Floats64:
        """Return the design matrix (n, 2 + c) for features (n, 8)."""
        parts = [spline_basis(features[:, k], places) for k, places in enumerate(self.knots)]
        raw = np.concatenate([*parts, features[:, len(self.knots) :]], axis=1)
        constants = np.ones((len(features), 2))
        constants[:, 1] = 1.0 if population == "pictured" else self.all_share
        return np.concatenate([constants, (raw - self.mean) / self.scale], axis=1)

    def logits(self, features: Floats64, *, population: Population = "all") -> tuple[Floats64, Floats64]:
        """Return the log-odds (n,) of a save and their standard deviation (n,)."""
        columns = self.design(features, population=population)
        return columns @ self.coefficients, np.sqrt(((columns @ self.factor) ** 2).sum(axis=1))

    def predict(
        self,
        shots: Sequence[Shot],
        *,
        techniques: Sequence[str | None] | None = None,
        population: Population = "all",
    ) -> SaveEstimate:
        """Predict save probabilities.

        If a shot's engagement is unknown, the prediction is the mean over the usual engagements at that distance, and
        the interval is wider.

        Args:
            shots: any number of them.
            techniques: what the keeper did, None if unknown; changes the prediction only if an effect was shown.
            population: ``"pictured"`` for shots selected in the same way as the pictured ones.

        """
        features = shot_features(shots)
        eta, variance = self._over_engagement(features, population=population)
        if techniques is not None and self.techniques.effect_shown:
            more, extra = technique_logits(self, features, techniques)
            eta, variance = eta + more, variance + extra
        x, y = (np.array([getattr(shot, name) for shot in shots], np.float64) for name in ("x_yd", "y_yd"))
        spread = Z_95 * np.sqrt(variance)
        return SaveEstimate(expit(eta), expit(eta - spread), expit(eta + spread), self.support.near(x, y), population)

    def _over_engagement(self, features: Floats64, *, population: Population) -> tuple[Floats64, Floats64]:
        """Return log-odds (n,) and variance (n,), averaged over the usual engagements if a shot has none."""
        unknown = ~np.isfinite(features[:, FEATURES.index("engagement")])
        eta, variance = np.zeros(len(features)), np.zeros(len(features))
        if not unknown.all():
            known, deviation = self.logits(features[~unknown], population=population)
            eta[~unknown], variance[~unknown] = known, deviation**2
        if unknown.any():
            eta[unknown], variance[unknown] = self._usual_logits(features[unknown], population=population)
        return eta, variance

    def _usual_logits(self, features: Floats64, *, population: Population) -> tuple[Floats64, Floats64]:
        engagement = self.usual.quantiles(np.exp(features[:, 0]))
        count = engagement.shape[1]
        tried = np.repeat(features, count, axis=0)
        place = [tried[:, FEATURES.index(name)] for name in ("x_yd", "aside_yd", "under_pressure")]
        whole = geometry(place[0], GOAL_YD[1] + place[1], engagement=engagement.ravel(), under_pressure=place[2])
        eta, deviation = (part.reshape(-1, count) for part in self.logits(whole, population=population))
        p = expit(eta).mean(axis=1)
        return np.log(p / (1 - p)), (deviation**2).mean(axis=1) + eta.var(axis=1)

    @property
    def said(self) -> str:
        """The sentence on the selection of the shots that every output carries."""
        return str(self.measured["selection"]["said"])


def technique_logits(
    model: SaveModel, features: Floats64, techniques: Sequence[str | None]
) -> tuple[Floats64, Floats64]:
    """Return the techniques' effect on the log-odds (n,), and its variance (n,), shown or not; 0 for None.

    Raises:
        InputError: a technique unknown to the model.

    """
    offsets = model.techniques
    unknown = sorted({str(name) for name in techniques if name is not None and name not in offsets.names})
    if unknown:
        raise InputError(f"technique {unknown[0]!r} is unknown; the model knows {', '.join(offsets.names)}")
    middle = model.usual.median(np.exp(features[:, 0]))
    column = FEATURES.index("engagement")
    features = features.copy()
    features[:, column] = np.where(np.isfinite(features[:, column]), features[:, column], middle)
    terms = offsets.terms(features)
    used = np.zeros((len(features), len(offsets.names), terms.shape[1]))
    for row, name in enumerate(techniques):
        if name is not None:
            used[row, offsets.names.index(name)] = terms[row]
    flat = used.reshape(len(features), -1)
    return flat @ offsets.coefficients.ravel(), ((flat @ offsets.factor) ** 2).sum(axis=1)


def expit(logits: Floats64) -> Floats64:
    """Return the probability for log-odds."""
    return np.asarray(0.5 * (1 + np.tanh(np.asarray(logits) / 2)))


def load_expected_saves(path: Path | None = None) -> SaveModel:
    """Load the built-in model, or one trained by ``touchline train recipes/expected-saves.yaml``.

    Raises:
        InputError: the file is missing or is not such a model.

    """
    source = path or resources.files("touchline.models") / "builtin" / BUILTIN
    with reading(str(source), what="a model of expected saves"):
        return model_from_json(parse_object(source.read_bytes(), source=str(source)))


def model_from_json(document: Mapping[str, Any]) -> SaveModel:
    """Build the model from its JSON document.

    Raises:
        ValueError: another version, other features or wrong shapes.
        KeyError: a part is missing.

    """
    if document["version"] != VERSION or document["features"] != list(FEATURES):
        raise ValueError(f"version {document['version']} or features {document['features']} differ from this package's")
    support, usual, techniques = document["support"], document["usual_engagement"], document["techniques"]
    model = SaveModel(
        knots=tuple(_array(places) for places in document["knots"]),
        mean=_array(document["mean"]),
        scale=_array(document["scale"]),
        coefficients=_array(document["coefficients"]),
        factor=_triangle(document["factor"]),
        all_share=float(document["all_share"]),
        support=Support(
            _array(support["x_yd"]),
            _array(support["aside_yd"]),
            _array(support["shots"]),
            float(support["reach_yd"]),
            float(support["least"]),
        ),
        usual=UsualEngagement(_array(usual["distance_yd"]), _array(usual["engagement"])),
        techniques=TechniqueOffsets(
            tuple(techniques["names"]),
            _array(techniques["coefficients"]),
            _triangle(techniques["factor"]),
            _array(techniques["centre"]),
            _array(techniques["scale"]),
            bool(techniques["effect_shown"]),
            str(techniques["said"]),
        ),
        measured=document["measured"],
    )
    columns = sum(basis_count(len(places)) for places in model.knots) + len(FEATURES) - len(model.knots)
    if not len(model.mean) == len(model.scale) == columns == len(model.coefficients) - 2 == len(model.factor) - 2:
        raise ValueError(f"{len(model.coefficients)} coefficients do not fit {columns} columns")
    return model


def _array(values: Any) -> Floats64:
    return np.asarray(values, np.float64)


def _triangle(rows: Sequence[Sequence[float]]) -> Floats64:
    """Return a lower-triangular matrix from its rows, each given up to the diagonal."""
    matrix = np.zeros((len(rows), len(rows)))
    for number, row in enumerate(rows):
        matrix[number, : len(row)] = row
    return matrix
