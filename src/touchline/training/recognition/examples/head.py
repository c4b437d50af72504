"""A linear head on features of clips: balanced ridge regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Floats64, Indices

STRENGTHS = (10.0, 3.0, 1.0, 0.3, 0.1)
"""Weights of the penalty on a head's weights."""
USUAL = 1.0
"""The weight of the penalty that is taken unless another is surely better."""

_SURENESS = 5.0
"""Factor of a ridge regression's outputs, -1 to 1, that makes their softmax about as sure as held-out clips allow."""
_LEAST_SHARE = 1e-3
_LEAST = 1e-6
_NEVER = -1e3
Splits = Callable[[Indices], Sequence[tuple[Indices, Indices]]]
"""Splits rows into pairs of rows to train on and to choose on."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear head: logits are ``(features - mean) * scale @ weights.T + bias``.

    Attributes:
        mean, scale: float32 (D,).
        weights: float32 (classes, D).
        bias: float32 (classes,).

    """

    mean: Floats32
    scale: Floats32
    weights: Floats32
    bias: Floats32

    def probabilities(self, features: Floats32) -> Floats64:
        """Return probabilities (n, classes) of features (n, D)."""
        logits = ((features - self.mean) * self.scale @ self.weights.T + self.bias).astype(np.float64)
        return _softmax(logits)


@dataclass(frozen=True, slots=True, eq=False)
class HeadData:
    """Features of examples.

    Attributes:
        features: float32 (views, n, D): of each example, and of its mirror image if there are two views.
        truth: int64 (n,).
        classes: number of classes.
        block_sizes: sizes of the consecutive blocks of features.
        block_weights: how much each block counts; all alike if None.

    """

    features: Floats32
    truth: npt.NDArray[np.int64]
    classes: int
    block_sizes: tuple[int, ...]
    block_weights: tuple[float, ...] | None = None

    @property
    def even(self) -> Floats64:
        """The scale (D,) that makes the blocks of standardised features count as they should."""
        weights = np.array(self.block_weights or (1.0,) * len(self.block_sizes))
        return np.repeat(np.sqrt(weights / weights.sum() / self.block_sizes), self.block_sizes)

    @property
    def averaged(self) -> Floats32:
        """Features of each example, averaged over the views, as the finished model computes them."""
        return np.asarray(self.features.mean(axis=0), np.float32)


def fit_head(data: HeadData, rows: Indices, *, strengths: Sequence[float] = STRENGTHS) -> list[Head]:
    """Fit a head to some examples and their mirror images for each of the strengths."""
    seen = data.features[:, rows].reshape(-1, data.features.shape[2])
    truth = np.tile(data.truth[rows], len(data.features))
    mean, deviation = seen.mean(axis=0), seen.std(axis=0)
    scale = (data.even / (deviation + _LEAST_SHARE * seen.std() + _LEAST)).astype(np.float32)
    placed = (seen - mean) * scale
    values, vectors = np.linalg.eigh((placed @ placed.T).astype(np.float64))
    kept = values > _LEAST * values[-1]
    roots = np.sqrt(values[kept])
    coordinates, back = vectors[:, kept] * roots, placed.T @ (vectors[:, kept] / roots)
    found = fit_ridge(coordinates, truth, classes=data.classes, strengths=strengths)
    return [
        Head(mean, scale, np.asarray(weights @ back.T, np.float32), bias.astype(np.float32)) for weights, bias in found
    ]


def fit_ridge(
    x: Floats64, truth: Indices, *, classes: int, strengths: Sequence[float]
) -> list[tuple[Floats64, Floats64]]:
    """Return weights (classes, d) and bias of ridge regressions to 1 for the class and -1 for others.

    Classes count alike. The bias is not penalised. A class without examples is never named.
    """
    importance, never = class_importance(truth, classes=classes)
    share = importance / importance.sum()
    wanted = 2 * np.eye(classes)[truth] - 1
    middle, usual = share @ x, share @ wanted
    weighted = (x - middle) * importance[:, None]
    products, toward = weighted.T @ (x - middle), weighted.T @ (wanted - usual)
    found = []
    for strength in strengths:
        weights = np.linalg.solve(products + strength * np.eye(len(products)), toward).T
        found.append((_SURENESS * weights, _SURENESS * (usual - weights @ middle) + never))
    return found


def class_importance(truth: Indices, *, classes: int) -> tuple[Floats64, Floats64]:
    """Return how much each example counts, and logits (classes,) that rule out classes without examples."""
    counts = np.bincount(truth, minlength=classes)
    importance = (len(truth) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[truth]
    return importance, np.where(counts == 0, _NEVER, 0.0)


def _softmax(logits: Floats64) -> Floats64:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def choose_head(data: HeadData, rows: Indices, *, splits: Splits) -> Head:
    """Fit a head to some examples.

    Its strength is the usual one, unless another is right on more held-out parts of the examples by over a standard
    error: with few examples the best on held-out parts is the best by chance.
    """
    right, count = np.zeros(len(STRENGTHS)), 0
    averaged = data.averaged
    for train, held in splits(rows):
        count += len(held)
        for number, head in enumerate(fit_head(data, train)):
            right[number] += (head.probabilities(averaged[held]).argmax(axis=1) == data.truth[held]).sum()
    return fit_head(data, rows, strengths=[surely_better(right, count=count)])[0]


def surely_better(right: Floats64, *, count: int) -> float:
    """Return the strength to use, of those with so many right of ``count`` held-out examples."""
    usual = right[STRENGTHS.index(USUAL)]
    error = np.sqrt(usual * (1 - usual / max(count, 1)))
    return STRENGTHS[int(right.argmax())] if right.max() > usual + error else USUAL


def held_out_probabilities(data: HeadData, folds: Sequence[tuple[Indices, Indices]], *, splits: Splits) -> Floats64:
    """Return probabilities (n, classes) of every example by a head that was chosen and fitted without its fold."""
    found = np.full((len(data.truth), data.classes), np.nan)
    averaged = data.averaged
    for train, held in folds:
        found[held] = choose_head(data, train, splits=splits).probabilities(averaged[held])
    return found
