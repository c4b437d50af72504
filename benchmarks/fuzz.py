"""Damaged files of every kind that touchline reads: each must be read, or refused with a message that names it.

    python benchmarks/fuzz.py [--each 200] [--seed 1] [--kind NAME] [--out benchmarks/results/fuzz.json] [--keep FOLDER]

Exits with 1 if any reader failed in another way, hung, or took much memory. ``--keep`` stores the files with faults.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fuzzing.fuzzkinds import KINDS
from fuzzing.fuzzloop import Outcome, table, timed, total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=200, help="files of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", default=[], help="only kinds whose names contain this")
    parser.add_argument("--out", type=Path, help="JSON file for the counts")
    parser.add_argument("--keep", type=Path, help="folder for the files with faults")
    given = parser.parse_args()
    kinds = [kind for kind in KINDS if not given.kind or any(part in kind.name for part in given.kind)]
    outcomes, seconds = timed(kinds, each=given.each, seed=given.seed, keep=given.keep)
    print(table(outcomes, seconds=seconds))
    if given.out is not None:
        given.out.write_text(json.dumps(_report(outcomes, seconds=seconds, seed=given.seed), indent=2) + "\n")
    return int(any(one.faults for one in outcomes))


def _report(outcomes: list[Outcome], *, seconds: float, seed: int) -> dict[str, object]:
    counts = [_counts(one) for one in outcomes]
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    about = {"date": date.today().isoformat(), "machine": machine, "seed": seed, "seconds": round(seconds)}
    return {**about, "kinds": len(outcomes), "total": _counts(total(outcomes)), "by_kind": counts}


def _counts(one: Outcome) -> dict[str, object]:
    return {
        "kind": one.kind,
        "files": one.tried,
        "refused": one.refused,
        "accepted": one.accepted,
        "faults": len(one.faults),
    }


if __name__ == "__main__":
    sys.exit(main())
