"""Measure the expected-saves model when its form, too, is chosen inside every fold.

    python benchmarks/saves_forms.py --data ../shared/data/keepers --json benchmarks/results/saves_forms.json

`recipes/expected-saves.yaml` chooses the ridge inside the folds, but 5 knots and training on all shots were decided
beforehand. Here 4, 5 or 6 knots, all shots or only those with pictures, six ridges and a constant compete on the
training shots.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools
from touchline.goalkeeping.expected_saves import expit
from touchline.metrics.bootstrap import mean_interval
from touchline.metrics.probability import log_losses
from touchline.training.keeper.saves_data import SaveData, read_save_data
from touchline.training.keeper.saves_fit import fit_saves, stratified_folds

FOLDS, INNER_FOLDS = 10, 5
RIDGES = (10.0, 30.0, 56.0, 100.0, 180.0, 300.0)
FORMS = [("constant", 0, 0.0)] + [
    (learnt, knots, ridge) for learnt in ("all", "pictured") for knots in (4, 5, 6) for ridge in RIDGES
]


def answers(data: SaveData, learn: Bools, held: Bools) -> npt.NDArray[np.float64]:
    """Return the chances (forms, n) predicted by every form for held-out shots with pictures."""
    pictured = data.pictured > 0
    rows = {"all": learn, "pictured": learn & pictured}
    found = []
    for learnt, knots, ridge in FORMS:
        if learnt == "constant":
            found.append(np.full(int(held.sum()), data.saved[rows["pictured"]].mean()))
            continue
        chosen = rows[learnt]
        given = (data.features[chosen], data.pictured[chosen], data.saved[chosen])
        fit = fit_saves(*given, penalty=ridge, knots=knots)
        found.append(expit(fit.logits(data.features[held], pictured=1.0)))
    return np.array(found)


def nested(data: SaveData, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], Counter[str]]:
    """Return log losses (n,) of held-out shots by the chosen form, those of every form (forms, n), and the choices."""
    pictured = data.pictured > 0
    fold = stratified_folds(2 * data.pictured + data.saved, folds=FOLDS, seed=seed)
    each = np.zeros((len(FORMS), len(data)))
    best = np.zeros(len(data))
    choices: Counter[str] = Counter()
    for number in range(FOLDS):
        learn, held = fold != number, (fold == number) & pictured
        inner = stratified_folds(2 * data.pictured + data.saved, folds=INNER_FOLDS, seed=seed + 1000)
        losses = np.zeros(len(FORMS))
        for part in range(INNER_FOLDS):
            out = learn & (inner == part) & pictured
            losses += log_losses(data.saved[out], answers(data, learn & (inner != part), out)).sum(axis=1)
        each[:, held] = answers(data, learn, held)
        best[held] = each[losses.argmin(), held]
        choices["{} {} {:g}".format(*FORMS[int(losses.argmin())])] += 1
    return log_losses(data.saved, best)[pictured], log_losses(data.saved, each)[:, pictured], choices


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the published tables")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data, _, _ = read_save_data(options.data)
    runs = [nested(data, seed) for seed in range(options.repeats)]
    chosen = np.mean([run[0] for run in runs], axis=0)
    each = np.mean([run[1] for run in runs], axis=0)
    found: dict[str, Any] = {
        "repeats": options.repeats,
        "chosen inside the folds": mean_interval(chosen).to_json(),
        "minus constant": mean_interval(chosen - each[0]).to_json(),
        "choices": dict(sum((run[2] for run in runs), Counter())),
        "each": {"{} {} {:g}".format(*form): float(loss) for form, loss in zip(FORMS, each.mean(axis=1), strict=True)},
    }
    print(json.dumps(found, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
