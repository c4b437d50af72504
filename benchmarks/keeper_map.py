"""Time maps of expected saves: the built-in model, and the published recipe in one batch and cell by cell.

    python benchmarks/keeper_map.py --data ../shared/data/keepers --json benchmarks/results/keeper_map.json

The published program predicts every cell and technique separately; that is timed on some of the cells and scaled up.
Its shares of the map in which each technique is best (acceptance check 10) are computed over all cells in one batch.
Wall times depend on the load of the machine; CPU times are the cost of a map.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from touchline.formats.keeper.tables import read_choices, read_poses, read_shots
from touchline.goalkeeping.expected_saves import load_expected_saves
from touchline.goalkeeping.maps import KeeperPlace, OptimalMap, optimal_map
from touchline.goalkeeping.reference_results import (
    every_technique,
    fit_as_published,
    optimal_shares,
    place_of,
    reference_map,
)
from touchline.goalkeeping.shots import Shot

PLACES = {
    "usual keeper": KeeperPlace(),
    "keeper at 114,40": KeeperPlace(keeper_yd=(114.0, 40.0)),
    "4 yd out": KeeperPlace(closing_yd=4.0),
}
SCALAR_CELLS = 60


def seconds(work: Callable[[], Any], *, rounds: int) -> dict[str, float]:
    """Return the median wall and CPU seconds of a round, after one warm-up round."""
    work()
    clock, processor = [], []
    for _ in range(rounds):
        started, before = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - before)
    return {"clock_s": float(np.median(clock)), "processor_s": float(np.median(processor))}


def built_in(rounds: int) -> dict[str, Any]:
    """Return the times of the built-in maps, and of the same cells predicted one by one."""
    model = load_expected_saves()
    found: dict[str, Any] = {}
    for name, place in PLACES.items():
        found[name] = {**seconds(lambda place=place: optimal_map(model, place=place), rounds=rounds), "cells": 36 * 80}
    whole = optimal_map(model, place=PLACES["keeper at 114,40"])
    found["one by one"] = {"estimated_processor_s": one_by_one(whole, lambda shot: model.predict([shot]))}
    return found


def one_by_one(whole: OptimalMap, predict: Callable[[Shot], Any]) -> float:
    """Estimate CPU seconds for predicting every covered cell as a separate shot, from some of the cells."""
    rows, columns = np.nonzero(whole.covered)
    chosen = np.random.default_rng(0).choice(len(rows), SCALAR_CELLS, replace=False)
    shots = [Shot(float(whole.x_yd[rows[k]]), float(whole.y_yd[columns[k]]), keeper_yd=(114.0, 40.0)) for k in chosen]
    started = time.process_time()
    for shot in shots:
        predict(shot)
    return (time.process_time() - started) / len(shots) * len(rows)


def published(folder: Path, rounds: int) -> dict[str, Any]:
    """Return the times of the published recipe's map, and its shares."""
    fit = fit_as_published(read_shots(folder), read_poses(folder), read_choices(folder))
    times = seconds(lambda: reference_map(fit.model, pressed=False), rounds=max(rounds // 3, 1))
    places, _ = reference_map(fit.model, pressed=False)
    started = time.process_time()
    for place in places[:SCALAR_CELLS]:
        every_technique(fit.model, *place_of(place[None]), False)
    scalar = (time.process_time() - started) / SCALAR_CELLS * len(places)
    shares = {
        "free" if not pressed else "pressed": dict(optimal_shares(reference_map(fit.model, pressed=pressed)[1]))
        for pressed in (False, True)
    }
    return {
        "at_once": times,
        "cell_by_cell_estimated_processor_s": scalar,
        "cells": len(places),
        "optimal_shares": shares,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the published tables; without it only the built-in model")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = {"built_in": built_in(options.rounds)}
    if options.data is not None:
        found["published_recipe"] = published(options.data, options.rounds)
    for name, row in found["built_in"].items():
        print(f"built-in, {name:18} " + ", ".join(f"{key} {value:.3g}" for key, value in row.items()))
    for name, value in found.get("published_recipe", {}).items():
        print(f"published recipe, {name}: {value}")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
