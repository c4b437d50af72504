"""Make the table of a finished ``touchline distill`` run from its folder.

    touchline distill recipes/distill-basketball.yaml --set data_root=../shared/data --out runs/basketball-student
    python benchmarks/distillation.py runs/basketball-student --json benchmarks/results/distill_basketball.json

    touchline distill recipes/distill-skeletons.yaml --set data_root=../shared/data --out runs/tennis-student
    python benchmarks/distillation.py runs/tennis-student --json benchmarks/results/distill_skeletons.json

In addition to the table: macro F1 with its interval, the recall of every class, the accuracy of every match, and the
agreement of student and teacher. Losses, weights and sizes were set before the first run and not changed after it.
Speeds depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from touchline.formats.clips.predictions import read_clip_predictions

ROLES = ("teacher", "student", "distilled")
KEPT = (
    "accuracy",
    "accuracy_interval",
    "accuracy_by_group",
    "macro_f1",
    "macro_f1_interval",
    "balanced_accuracy",
    "recall",
    "calibration_error",
)


def gather(folder: Path) -> dict[str, Any]:
    """Return all results."""
    table = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    table["model"] = Path(table["model"]).name
    predicted = {role: read_clip_predictions(folder / f"{role}.csv").values.argmax(axis=1) for role in ROLES}
    table["agrees_with_teacher"] = {role: float((predicted[role] == predicted["teacher"]).mean()) for role in ROLES[1:]}
    for row in table["rows"]:
        measured = json.loads((folder / f"{row['role']}.json").read_text(encoding="utf-8"))
        row["measured"] = {name: measured[name] for name in KEPT if name in measured}
    return dict(table)


def show(table: dict[str, Any]) -> None:
    print(f"{'':10} {'weights':>9} {'clips/s':>8}  accuracy [95 %]          macro F1 [95 %]          agreement")
    for row in table["rows"]:
        intervals = [
            f"{100 * row['measured'][key]:5.1f} [{100 * low:.1f} to {100 * high:.1f}]"
            for key in ("accuracy", "macro_f1")
            for low, high in [row["measured"][f"{key}_interval"]]
        ]
        agrees = table["agrees_with_teacher"].get(row["role"])
        print(
            f"{row['role']:10} {row['parameters']:9,} {row['clips_per_s']:8.1f}  {intervals[0]:25}{intervals[1]:25}"
            f"{'' if agrees is None else f'{100 * agrees:.1f} %'}".rstrip()
        )
    for name, words in (("gain", "distilled over student alone"), ("over_teacher", "distilled over teacher")):
        value, low, high = (100 * table[key] for key in (name, f"{name}_low", f"{name}_high"))
        print(f"{words}: {value:+.1f} points [{low:+.1f} to {high:+.1f}]")
    print(f"{table['clips']} clips of {table['groups']} groups")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of a finished run")
    parser.add_argument("--json", type=Path, help="file for the results")
    chosen = parser.parse_args()
    table = gather(chosen.folder)
    show(table)
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
