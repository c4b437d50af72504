"""Measurement of networks on held-out examples: folds, held-out probabilities, and their quality."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.formats.clips.predictions import write_clip_predictions
from touchline.formats.files.atomic import write_json_atomic
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.recognition import ROUNDS, accuracy_interval, confusion_matrix, report
from touchline.training.recognition.clip_splits import Fold

Networks = Mapping[str, Any]
"""Trained networks by their role."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Labelled examples.

    Attributes:
        ids: one per example.
        groups: one per example; examples of one group are resampled together for intervals.
        truth: int64 (n,), class of each example.
        labels: the classes in the order of the outputs.

    """

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    truth: Indices
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, rows: Indices) -> Examples:
        """Return a selection of the examples."""
        ids, groups = (tuple(names[i] for i in rows.tolist()) for names in (self.ids, self.groups))
        return Examples(ids, groups, self.truth[rows], self.labels)


class Trial(Protocol):
    """Examples of one kind with their folds, predictions and measures."""

    @property
    def examples(self) -> Examples:
        """All examples."""

    @property
    def folds(self) -> Mapping[str, Fold]:
        """Training and held-out examples, by the name of the fold's folder."""

    def predict(self, network: Any, rows: Indices) -> Floats64:
        """Predict probabilities (rows, classes) of some examples."""

    def measure(self, examples: Examples, values: Floats64) -> dict[str, Any]:
        """Measure probabilities (n, classes) of the examples; returns JSON values."""

    def one_by_one(self, network: Any) -> Callable[[], object]:
        """Return a function that recognises one example, for timing."""


def hold_out(trial: Trial, train: Callable[[str, Indices], Networks]) -> tuple[dict[str, Floats64], list[Networks]]:
    """Train networks for each fold, and predict its held-out examples.

    Args:
        trial: the examples and their folds.
        train: returns networks by role, trained on some rows, in the folder of the fold's name.

    Returns:
        Probabilities (n, classes) by role, NaN for examples that no fold measures; and the networks of each fold.

    """
    values: dict[str, Floats64] = {}
    networks = []
    for name, fold in trial.folds.items():
        networks.append(train(name, fold.train))
        for role, network in networks[-1].items():
            nothing = np.full((len(trial.examples), len(trial.examples.labels)), np.nan)
            values.setdefault(role, nothing)[fold.test] = trial.predict(network, fold.test)
    return values, networks


def write_measured(trial: Trial, values: Floats64, *, csv: Path, json: Path) -> dict[str, Any]:
    """Write held-out probabilities (n, classes) as CSV and their measures as JSON; return the latter.

    Examples that were not measured (NaN) are left out.
    """
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    some = trial.examples.only(rows)
    write_clip_predictions(csv, ids=some.ids, classes=some.labels, values=values[rows])
    measured = trial.measure(some, values[rows])
    write_json_atomic(json, measured)
    return measured


def measure(examples: Examples, values: Floats64) -> dict[str, Any]:
    """Compute accuracy and macro F1 with their intervals, and the confusion, of probabilities (n, classes)."""
    truth, groups, classes = examples.truth, examples.groups, len(examples.labels)
    predicted = values.argmax(axis=1)
    whole = report(confusion_matrix(truth, predicted, classes=classes))
    accuracy = accuracy_interval(truth, predicted, groups=groups)
    macro = over_groups(
        lambda drawn: report(confusion_matrix(truth[drawn], predicted[drawn], classes=classes)).macro_f1,
        groups,
        rounds=ROUNDS,
    )
    return {
        "accuracy": accuracy.value,
        "accuracy_interval": [accuracy.low, accuracy.high],
        "macro_f1": macro.value,
        "macro_f1_interval": [macro.low, macro.high],
        "balanced_accuracy": whole.balanced_accuracy,
        "recall": {label: entry.recall for label, entry in zip(examples.labels, whole.classes, strict=True)},
        "confusion": whole.confusion.tolist(),
    }
