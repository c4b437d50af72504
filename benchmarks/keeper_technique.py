"""Evaluate keepers' techniques, the keeper table and penalty models on the published tables.

    python benchmarks/keeper_technique.py DATA [--json benchmarks/results/keeper_technique.json] [--picture FILE]

DATA is the folder of the published tables (events/, pose/, filters.json). Techniques: stability over 200 bootstrap
samples of shots, and agreement of two pictures of one shot in five folds of shots; the same for the published recipe.
Keeper table: expected saves of each keeper's shots from a model fitted on all other keepers' shots. Penalties: twenty
repetitions of ten folds of keepers. "Rejected by eye" are the results on the pictures that the authors discarded.
Nothing was tuned on these results except the number of clusters and their names, which are the published ones, and the
confidence threshold for naming a technique (one half). --picture draws the centre of each technique and the map (needs
matplotlib).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.poses import BONES
from touchline.formats.keeper.tables import read_penalties
from touchline.goalkeeping.expected_saves import expit, load_expected_saves
from touchline.goalkeeping.keeper_names import one_spelling
from touchline.goalkeeping.keeper_table import keeper_table
from touchline.goalkeeping.penalties import kept_penalties
from touchline.goalkeeping.technique import Techniques, name_technique
from touchline.studies.keeper_reference import ReferenceTables, read_tables
from touchline.studies.keeper_techniques import fit_techniques
from touchline.studies.penalty_measure import measure_penalties
from touchline.training.keeper.saves_data import read_save_data
from touchline.training.keeper.saves_fit import choose_penalty, fit_saves

KNOTS = 5
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)


def naming_rates(tables: ReferenceTables, techniques: Techniques) -> dict[str, Any]:
    """Return the results on the pictures that the authors kept, and on those that they rejected by eye."""
    rejected = set(tables.choices.rejected_rows)
    found: dict[str, Any] = {}
    for name, wanted in (("kept", False), ("rejected by eye", True)):
        rows = [row for row in range(len(tables.poses)) if (row in rejected) == wanted]
        readings = [name_technique(tables.poses.joints[row], techniques=techniques) for row in rows]
        reasons = Counter(r.reason.split(": ")[1].split(" ")[0] for r in readings if r.reason)
        found[name] = {
            "pictures": len(rows),
            "told": sum(r.name is not None for r in readings) / len(rows),
            "unlike any": reasons["the"] / len(rows),
            "between two": reasons["between"] / len(rows),
        }
    return found


def keepers(folder: Path) -> dict[str, Any]:
    """Return the keeper table, each keeper's expected saves predicted from the other keepers' shots."""
    data, _, shots = read_save_data(folder)
    spelling = one_spelling([str(name) for name in shots.keeper])
    names = np.array([spelling[str(name)] for name in shots.keeper[data.ids]])
    penalty, _ = choose_penalty(
        data.features, data.pictured, data.saved, penalties=PENALTIES, knots=KNOTS, folds=10, seed=0
    )
    expected = np.zeros(len(data))
    for name in np.unique(names):
        held = names == name
        others = (data.features[~held], data.pictured[~held], data.saved[~held])
        fit = fit_saves(*others, penalty=penalty, knots=KNOTS)
        expected[held] = expit(fit.logits(data.features[held], pictured=np.full(held.sum(), fit.all_share)))
    table = keeper_table(names.tolist(), data.saved, expected)
    return {
        "keepers": len(table.rows),
        "shots": len(data),
        "spread": table.spread,
        "spread_low": table.spread_low,
        "spread_high": table.spread_high,
        "rows": [asdict(row) for row in table.rows if row.shots >= 10],
        "best_against_worst": table.better_than(table.rows[0].keeper, table.rows[-1].keeper),
    }


def penalties(folder: Path, tables: ReferenceTables) -> dict[str, Any]:
    """Return the results of every penalty model."""
    found = measure_penalties(kept_penalties(read_penalties(folder), tables.choices))
    models = [
        {
            "name": m.name,
            "log_loss": m.log_loss.to_json(),
            "more": m.more.to_json(),
            "auc": None if m.auc != m.auc else m.auc,
        }
        for m in found.models
    ]
    return {"penalties": found.penalties, "keepers": found.keepers, "models": models, "said": found.said}


def draw(techniques: Techniques, path: Path) -> None:
    """Draw the centre of each technique with its examples, and the map."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    colours = ("#1f6f8b", "#c8553d", "#588157", "#6d597a")
    figure, axes = plt.subplots(1, 5, figsize=(15, 3.4), width_ratios=(1, 1, 1, 1, 1.5))
    for k, name in enumerate(techniques.names):
        for example in techniques.examples:
            if example.technique == k:
                bones(axes[k], example.joints[:, :2], colour=colours[k], strength=0.18, width=1.2)
        bones(axes[k], techniques.centres[k], colour=colours[k], strength=1.0, width=3.0)
        axes[k].set(title=f"{name} ({100 * techniques.share[k]:.0f} %)", xlim=(-3.6, 3.6), ylim=(4.2, -3.8))
        axes[k].set_aspect("equal")
        axes[k].axis("off")
    for k, name in enumerate(techniques.names):
        points = techniques.map.points[techniques.map.technique == k]
        axes[4].scatter(*points.T, s=12, color=colours[k], label=name, alpha=0.8, linewidths=0)
    axes[4].set(title=f"257 shots, {100 * techniques.map.explained:.0f} % of the spread", xticks=[], yticks=[])
    axes[4].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def bones(axis: Any, joints: Any, *, colour: str, strength: float, width: float) -> None:
    for a, b in BONES:
        axis.plot(*joints[[a, b]].T, color=colour, alpha=strength, lw=width, solid_capstyle="round")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    tables = read_tables(options.data)
    techniques = fit_techniques(tables)
    results = {
        "techniques": dict(techniques.facts),
        "told": naming_rates(tables, techniques),
        "keepers": keepers(options.data),
        "penalties": penalties(options.data, tables),
        "expected_saves_model": str(load_expected_saves().measured["selection"]["said"]),
    }
    print(json.dumps(results, indent=1, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.picture:
        draw(techniques, options.picture)


if __name__ == "__main__":
    main()
