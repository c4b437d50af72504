"""Measure the built-in keeper-pose network on held-out shots, against two baselines and the published poses.

The pictures are those of ``recipes/keeper-pose.yaml``'s fold 0. Run with the measuring data beside the repository:

    python benchmarks/keeper_pose.py --json benchmarks/results/keeper_pose.json
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from touchline.formats.keeper.pictures import ONE_ON_ONE, read_keeper_pictures
from touchline.goalkeeping.pose_finder import PoseFinder, load_pose_finder
from touchline.media.stills import encode_still
from touchline.render.skeleton_picture import draw_skeletons
from touchline.training.keeper.pose import KeeperPoseRecipe, deal_folds
from touchline.training.keeper.pose_data import read_picture
from touchline.training.keeper.pose_measure import look_at
from touchline.training.keeper.pose_run import measure
from touchline.training.recipe import read_recipe

ROOT = Path(__file__).parent.parent
ROUNDS = 20
SHOWN = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="keeper-pose", help="name or file of a model")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "keeper-pose.yaml")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument(
        "--picture", type=Path, help="file for a drawing of six held-out skeletons, predicted above published"
    )
    arguments = parser.parse_args()
    settings = KeeperPoseRecipe.model_validate(read_recipe(arguments.recipe).settings)
    pictures = read_keeper_pictures(settings.data_root / settings.pictures)
    fold = deal_folds(pictures, folds=settings.folds, seed=settings.split_seed)
    rows = np.isin(fold, settings.measured)
    finder = load_pose_finder(arguments.model, device="cpu", threads=1)
    assert isinstance(finder, PoseFinder), "only networks of model files say how sure they are of each joint"
    held = [picture for picture, there in zip(pictures, rows, strict=True) if there]
    found = look_at(finder, held)
    measured = measure(settings, pictures, found, rows=rows, fold=fold)
    measured["crops_ms_one_thread"] = round(_latency_ms(finder, read_picture(held[0].path)), 2)
    _print(measured)
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=2) + "\n")
    if arguments.picture:
        trusted = [k for k, picture in enumerate(held) if picture.kept and picture.source == ONE_ON_ONE]
        chosen = np.random.default_rng(0).permutation(trusted)[:SHOWN]
        skeletons = [found.places[k] for k in chosen] + [held[k].joints_px for k in chosen]
        arguments.picture.write_bytes(encode_still(draw_skeletons(skeletons, cell_px=200, columns=SHOWN)))


def _latency_ms(finder: PoseFinder, crop: np.ndarray) -> float:
    times_s = []
    for _ in range(ROUNDS):
        started_s = time.perf_counter()
        finder.find([crop])
        times_s.append(time.perf_counter() - started_s)
    return 1000 * min(times_s)


def _print(measured: dict[str, Any]) -> None:
    columns = ("PCK@0.2 trusted", "all", "error in space, trusted", "all", "views agree", "steadiness")
    print(f"{'':24}" + "".join(f"{column:>26}" for column in columns))
    for name, results in measured.items():
        if not isinstance(results, dict) or "all" not in results:
            continue
        technique = results["technique"]["found"]
        cells = [
            _interval(results[part][key])
            for key in ("pck", "mpjpe_torsos")
            for part in ("trusted_by_the_authors", "all")
        ]
        cells += [_interval(technique["published_recipe"]), f"{technique['steadiness']['within_over_all']:.3f}"]
        print(f"{name:24}" + "".join(f"{cell:>26}" for cell in cells))
    published = measured["network"]["technique"]["published"]
    agree, steady = _interval(published["published_recipe"]), published["steadiness"]["within_over_all"]
    print(f"{'published poses':24}" + "".join(f"{cell:>26}" for cell in ("", "", "", "", agree, f"{steady:.3f}")))
    print(
        "same technique as the published pose:",
        _interval(measured["network"]["technique"]["same_as_published"]["published_recipe"]),
    )
    print("confidence:", measured["confidence"], "one crop:", measured["crops_ms_one_thread"], "ms")


def _interval(value: dict[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]" if "value" in value else "-"


if __name__ == "__main__":
    main()
