"""Nested choice of a linear head on sets of features, for example_features.py.

Every choice (sets, standardisation, principal components, kind of head, strength) is made by inner folds of whole games
within the training clips of each outer fold. Linear heads need products of features alone, so each set is read once
for each part of the clips.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from example_sets import LAYERS, TIMES
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from scipy.special import softmax

from touchline.core.arrays import Floats32, Floats64, Indices
from touchline.training.recognition.examples.head import STRENGTHS as RIDGE
from touchline.training.recognition.examples.head import class_importance, fit_ridge

LOGISTIC = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Inverse weights of the penalty of a logistic regression."""
STRENGTHS = {"ridge": RIDGE, "logistic": LOGISTIC}
SEEN_AGAIN = ("zoomed", "smaller", "larger")
"""Sets of the encoder on other pictures, of the same layers and places."""
COMPONENTS = 50
JITTER = 1e-4
"""Far below the weakest penalty, far above the rounding of products in 32 bits."""
PRESENT = (LAYERS[1:], ("whole", "bands"), TIMES[:2])
"""Layers, places and times of what `touchline recognize --examples` computes."""
_LAYERS = (LAYERS, LAYERS[1:], LAYERS[4:], LAYERS[5:])
_PLACES = (("whole",), ("bands",), ("whole", "bands"), ("grid",))
_TIMES = (TIMES[:1], TIMES[:2], TIMES)


@dataclass(frozen=True, slots=True)
class Sets:
    """What a head reads: sets of the encoder, and others, which count as much as all of the encoder's together."""

    layers: tuple[str, ...]
    places: tuple[str, ...]
    times: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def weights(self) -> dict[str, float]:
        """How much each set counts."""
        encoder = ["/".join(parts) for parts in itertools.product(self.layers, self.places, self.times)]
        groups = [encoder] if encoder else []
        for other in self.others:
            again = [f"{other}/{name}" for name in encoder if name.endswith(TIMES[:2])]
            groups.append(again if other in SEEN_AGAIN else [other])
        return {name: 1 / len(group) / len(groups) for group in groups for name in group}


@dataclass(frozen=True, slots=True)
class Option:
    """One way to make a head, but for its strength.

    Attributes:
        sets: what it reads.
        kind: "ridge" or "logistic".
        standardised: whether every feature has one spread, or the features of a set keep their proportions.
        components: principal components that are kept; all if None.
        even_games: whether directions in which the mean clips of the training games differ are left out.

    """

    sets: Sets
    kind: str = "ridge"
    standardised: bool = True
    components: int | None = None
    even_games: bool = False


def _options() -> list[Option]:
    encoder = [Sets(*parts) for parts in itertools.product(_LAYERS, _PLACES, _TIMES)]
    extras = (("hand",), ("zoomed",), ("hand", "detector", "joints"))
    mixed = [Sets(LAYERS[1:], p, t, e) for p, t, e in itertools.product(_PLACES, _TIMES, extras)]
    usual = [Sets(*PRESENT), *(Sets(*PRESENT, e) for e in (*extras, ("smaller",), ("larger",)))]
    alone = [Sets((), (), (), (name,)) for name in ("hand", "detector", "joints")]
    options = [Option(sets) for sets in (*encoder, *mixed, *alone, *usual[-2:])]
    options += [Option(sets, "logistic") for sets in usual[:4]]
    options += [Option(sets, "ridge", s, c) for sets in usual[:4] for s, c in ((False, None), (True, COMPONENTS))]
    return options + [Option(sets, even_games=True) for sets in (*usual[:4], Sets(LAYERS[5:], *PRESENT[1:]))]


OPTIONS = _options()
CANDIDATES = [(option, strength) for option in OPTIONS for strength in STRENGTHS[option.kind]]


@dataclass(frozen=True, eq=False)
class Data:
    """Sets of features (views, n, D), the classes and the games of clips."""

    sets: dict[str, Floats32]
    truth: Indices
    games: Sequence[str]

    @cached_property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.truth.max()) + 1

    def folds(self, rows: Indices, *, folds: int, seed: int) -> list[tuple[Indices, Indices]]:
        """Deal whole games of some clips at random to folds of about equal size.

        scikit-learn's StratifiedGroupKFold deals 14 games nearly the same way with every seed.
        """
        random = np.random.default_rng(seed)
        _, game = np.unique(np.asarray(self.games)[rows], return_inverse=True)
        sizes, fold = np.zeros(folds), np.zeros(game.max() + 1, np.int64)
        for number in random.permutation(len(fold)):
            fold[number] = sizes.argmin()
            sizes[sizes.argmin()] += np.count_nonzero(game == number)
        return [(rows[fold[game] != k], rows[fold[game] == k]) for k in range(folds)]


def fit_logistic(
    x: Floats64, truth: Indices, *, classes: int, strengths: Sequence[float]
) -> list[tuple[Floats64, Floats64]]:
    """Return weights (classes, d) and bias of logistic regressions in which classes count alike."""
    importance, never = class_importance(truth, classes=classes)
    wanted = np.eye(classes)[truth]
    flat, found = np.zeros(classes * (x.shape[1] + 1)), []

    def loss(flat: Floats64, strength: float) -> tuple[float, Floats64]:
        table = flat.reshape(classes, -1)
        logits = x @ table[:, :-1].T + table[:, -1] + never
        said = softmax(logits, axis=1)
        value = -(importance * np.log(np.maximum(said[np.arange(len(truth)), truth], 1e-300))).sum()
        wrong = importance[:, None] * (said - wanted)
        slope = np.concatenate([wrong.T @ x + table[:, :-1] / strength, wrong.sum(axis=0)[:, None]], axis=1)
        return float(value + (table[:, :-1] ** 2).sum() / (2 * strength)), slope.ravel()

    for strength in strengths:
        flat = minimize(loss, flat, args=(strength,), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
        table = flat.reshape(classes, -1)
        found.append((table[:, :-1], table[:, -1] + never))
    return found


FITS = {"ridge": fit_ridge, "logistic": fit_logistic}


def scores_of(data: Data, train: Indices, held: Indices) -> Floats32:
    """Return scores (candidates, held, classes) by heads that are fitted to some clips."""
    truth = np.tile(data.truth[train], 2)
    found = np.zeros((len(CANDIDATES), len(held), data.classes), np.float32)
    number = 0
    coordinates = _Coordinates(data, train)
    for option in OPTIONS:
        seen, shown = coordinates.of(option)
        for weights, bias in FITS[option.kind](seen, truth, classes=data.classes, strengths=STRENGTHS[option.kind]):
            found[number] = shown[held] @ weights.T + bias
            number += 1
    return found


class _Coordinates:
    """Clips in the space of the training clips, for any option; products of features are computed once."""

    def __init__(self, data: Data, train: Indices) -> None:
        self._data, self._train, self._count = data, train, len(data.truth)
        self._products: dict[tuple[str, bool], Floats64] = {}
        self._known: dict[tuple[Sets, bool], tuple[Floats64, Floats64]] = {}

    def of(self, option: Option) -> tuple[Floats64, Floats64]:
        """Return coordinates of all views of the training clips, and of all clips, averaged over their views."""
        key = option.sets, option.standardised
        if key not in self._known:
            self._known[key] = self._placed(*key)
        seen, shown = self._known[key]
        if option.even_games:
            directions = self._game_directions(seen)
            seen, shown = (part - part @ directions @ directions.T for part in (seen, shown))
        if option.components is not None:
            _, vectors = np.linalg.eigh(seen.T @ seen)
            seen, shown = (part @ vectors[:, -option.components :] for part in (seen, shown))
        return seen, shown

    def _game_directions(self, seen: Floats64) -> Floats64:
        """Return orthonormal directions (d, k) in which games differ once the means of classes are subtracted."""
        truth = np.tile(self._data.truth[self._train], 2)
        _, game = np.unique(np.tile(np.asarray(self._data.games)[self._train], 2), return_inverse=True)
        classes, games = (np.eye(ids.max() + 1)[ids] for ids in (truth, game))
        classes, games = (
            table[:, table.any(axis=0)] / table.sum(axis=0)[table.any(axis=0)] for table in (classes, games)
        )
        rest = seen - (classes > 0) @ (classes.T @ seen)
        left, sizes, _ = np.linalg.svd((games.T @ rest).T, full_matrices=False)
        return left[:, sizes > 1e-6 * sizes[0]]

    def _placed(self, sets: Sets, standardised: bool) -> tuple[Floats64, Floats64]:
        products = sum(weight * self._product(name, standardised) for name, weight in sets.weights.items())
        rows = np.concatenate([self._train, self._train + self._count])
        own = products[rows]
        lower = np.linalg.cholesky(own + JITTER * np.eye(len(own)))
        placed = solve_triangular(lower, products.T, lower=True).T
        return placed[rows], (placed[: self._count] + placed[self._count :]) / 2

    def _product(self, name: str, standardised: bool) -> Floats64:
        key = name, standardised
        if key not in self._products:
            features = self._data.sets[name]
            seen = features[:, self._train].reshape(-1, features.shape[2])
            deviation = seen.std(axis=0)
            whole = np.sqrt(np.square(deviation).mean()) + 1e-6
            scale = 1 / (deviation + 1e-3 * whole) if standardised else np.full(len(deviation), 1 / whole)
            scale = (scale / np.sqrt(len(scale))).astype(np.float32)
            every = (features.reshape(-1, features.shape[2]) - seen.mean(axis=0)) * scale
            trained = (seen - seen.mean(axis=0)) * scale
            self._products[key] = (every @ trained.T).astype(np.float64)
        return self._products[key]


@dataclass(frozen=True, slots=True, eq=False)
class OuterFold:
    """Everything about one outer fold.

    Attributes:
        held: the held-out clips.
        inner: int64 (seeds, candidates), clips of the inner folds that are named rightly.
        scores: (candidates, held, classes).

    """

    held: Indices
    inner: Indices
    scores: Floats32


def run(data: Data, folds: Sequence[tuple[Indices, Indices]], *, inner: int, seeds: Sequence[int]) -> list[OuterFold]:
    """Fit every candidate to the training clips of each outer fold, and within its inner folds."""
    return list(_outer(data, folds, inner=inner, seeds=seeds))


def _outer(
    data: Data, folds: Sequence[tuple[Indices, Indices]], *, inner: int, seeds: Sequence[int]
) -> Iterator[OuterFold]:
    for train, held in folds:
        right = np.zeros((len(seeds), len(CANDIDATES)), np.int64)
        for row, seed in enumerate(seeds):
            for part, chosen in data.folds(train, folds=inner, seed=seed):
                right[row] += (scores_of(data, part, chosen).argmax(axis=2) == data.truth[chosen]).sum(axis=1)
        print(
            f"{len(held)} clips held out: {right.sum(axis=0).max() / len(seeds) / len(train):.3f} in inner folds",
            flush=True,
        )
        yield OuterFold(held, right, scores_of(data, train, held))
