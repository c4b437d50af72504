"""Compare touchline's scores with the code of challenges that is no package of the tests.

Made sets with every kind of error are written as files, scored by the official code and by ``touchline.evaluate``, and
the largest difference is noted::

    pip download --no-deps sn-trackeval==0.4.0 && unzip sn_trackeval-0.4.0-*.whl -d sn-trackeval
    git clone https://github.com/SoccerNet/sn-teamspotting
    python benchmarks/official_protocols.py --sn-trackeval sn-trackeval --sn-teamspotting sn-teamspotting

The package SoccerNet, 0.2.0, must be installed for the second.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import math
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from touchline import evaluate
from touchline.core.labels import BALL_12

RESULT = Path(__file__).parent / "results" / "official_protocols.json"
LABELLED = {"has_labeled_pitch": True, "has_labeled_camera": True, "has_labeled_person": True}
ATTRIBUTES = {"role": "USE_ROLES", "team": "USE_TEAMS", "jersey": "USE_JERSEY_NUMBERS"}
ROLES = ("player", "player", "player", "goalkeeper", "referee", "other", "ball")
TEAMS = ("left", "right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sn-trackeval", type=Path, required=True, help="folder that holds its package trackeval")
    parser.add_argument("--sn-teamspotting", type=Path, required=True, help="folder of its repository")
    parser.add_argument("--sets", type=int, default=40)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.path[:0] = [str(given.sn_trackeval), str(given.sn_teamspotting)]
    found = {"gamestate": compare_gamestate(given.sets), "team_spotting": compare_teams(given.sets)}
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def quietly(call: Any, *arguments: Any, **options: Any) -> Any:
    """Call without what the official code prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return call(*arguments, **options)


def worst_of(pairs: Iterable[tuple[float, float]]) -> float:
    """The largest difference; numbers that are not finite must be the same."""
    worst = 0.0
    for official, ours in pairs:
        if not (math.isfinite(official) and math.isfinite(ours)):
            assert official == ours or (math.isnan(official) and math.isnan(ours)), (official, ours)
        else:
            worst = max(worst, abs(official - ours))
    return worst


def compare_gamestate(sets: int) -> dict[str, Any]:
    """GS-HOTA of sn-trackeval and touchline, with all attributes and without some."""
    worst, without_of = 0.0, [[], ["jersey"], ["team"], ["role"], ["team", "jersey"], ["role", "team", "jersey"]]
    for number in range(sets):
        rng, without = np.random.default_rng(number), without_of[number % len(without_of)]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for sequence in ("SNGS-116", "SNGS-117"):
                write_sequence(folder, sequence, rng)
            official = quietly(official_gamestate, folder, without)
            result = evaluate.gamestate(
                folder / "gt" / "test", folder / "found" / "SoccerNetGS-test" / "us", without=without
            )
        ours = result.total
        for key, values in official["HOTA"].items():
            if key in ours.hota.curves():
                worst = max(worst, worst_of(zip(values.tolist(), ours.hota.curves()[key].tolist(), strict=True)))
        worst = max(worst, worst_of([(float(official["Identity"]["IDF1"]), ours.identity.idf1)]))
    return {"official": "sn-trackeval 0.4.0, SoccerNetGS", "sets": sets, "largest_difference": worst}


def official_gamestate(folder: Path, without: list[str]) -> dict[str, Any]:
    """HOTA and Identity of all sequences by sn-trackeval."""
    trackeval = importlib.import_module("trackeval")
    settings = trackeval.datasets.SoccerNetGS.get_default_dataset_config()
    settings |= {
        "GT_FOLDER": str(folder / "gt"),
        "TRACKERS_FOLDER": str(folder / "found"),
        "TRACKER_SUB_FOLDER": "",
        "TRACKERS_TO_EVAL": ["us"],
        "SPLIT_TO_EVAL": "test",
        **{switch: name not in without for name, switch in ATTRIBUTES.items()},
    }
    options = trackeval.Evaluator.get_default_eval_config()
    options |= {"USE_PARALLEL": False, "BREAK_ON_ERROR": True, "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False}
    options |= {"PLOT_CURVES": False, "TIME_PROGRESS": False, "PRINT_RESULTS": False}
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.Identity({"THRESHOLD": 0.5})]
    results, _ = trackeval.Evaluator(options).evaluate([trackeval.datasets.SoccerNetGS(settings)], metrics)
    return dict(results["SoccerNetGS"]["us"]["COMBINED_SEQ"]["person"])


def write_sequence(folder: Path, sequence: str, rng: np.random.Generator) -> None:
    """Truth and predictions of one sequence with people who come and go, wrong identities and unlabelled pictures."""
    frames, people = int(rng.integers(3, 25)), int(rng.integers(3, 10))
    who = [identity(rng) for _ in range(people)]
    place, names = rng.uniform(-30, 30, (people, 2)), rng.permutation(people) + 1
    images, annotations, predictions = [], [], []
    for frame in range(1, frames + 1):
        place = place + rng.normal(0, 0.4, place.shape)
        labelled = rng.random() < 0.9 or frame == 1
        images.append({"image_id": f"3{sequence[-3:]}{frame:06d}", **LABELLED, "has_labeled_pitch": bool(labelled)})
        if rng.random() < 0.1:
            names = rng.permutation(people) + 1
        for i in range(people):
            if rng.random() < 0.85 or frame == 1:
                annotations.append(entry(sequence, frame, i + 1, place[i], who[i], own_ids=False))
            if rng.random() < 0.85 or frame == 1:
                guess = identity(rng) if rng.random() < 0.15 else who[i]
                moved, own_ids = place[i] + rng.normal(0, 1.5, 2), bool(rng.random() < 0.3)
                predictions.append(entry(sequence, frame, int(names[i]), moved, guess, own_ids=own_ids))
    truth = folder / "gt" / "test" / sequence
    found = folder / "found" / "SoccerNetGS-test" / "us"
    truth.mkdir(parents=True)
    found.mkdir(parents=True, exist_ok=True)
    document = {"images": images, "annotations": annotations, "categories": []}
    (truth / "Labels-GameState.json").write_text(json.dumps(document))
    (found / f"{sequence}.json").write_text(json.dumps({"predictions": predictions}))


def identity(rng: np.random.Generator) -> dict[str, str | None]:
    """Attributes of one person, at times such as the rules do not ask for."""
    role = str(rng.choice(ROLES))
    team = str(rng.choice(TEAMS)) if role in ("player", "goalkeeper") or rng.random() < 0.2 else None
    number = int(rng.integers(1, 4))
    return {"role": role, "team": team, "jersey": str(number) if rng.random() < 0.75 else None}


def entry(
    sequence: str, frame: int, track: int, place: np.ndarray, attributes: dict[str, Any], *, own_ids: bool
) -> dict[str, Any]:
    """One person of a picture; ``own_ids`` for image ids that are frame numbers from 0."""
    x, y = place.tolist()
    parts = ("left", "middle", "right")
    return {
        "image_id": f"{frame - 1:06d}" if own_ids else f"3{sequence[-3:]}{frame:06d}",
        "track_id": track,
        "supercategory": "object",
        "category_id": 1.0,
        "attributes": attributes,
        "bbox_pitch": {f"{axis}_bottom_{part}": v for part in parts for axis, v in (("x", x), ("y", y))},
    }


def compare_teams(sets: int) -> dict[str, Any]:
    """Team-mAP of sn-teamspotting and touchline."""
    official_code = importlib.import_module("evaluation.eval")
    games = importlib.import_module("evaluation.utils").getListGames("test")
    worst = 0.0
    for number in range(sets):
        rng = np.random.default_rng(number)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for game in games:
                write_game(folder, game, rng)
            official = quietly(official_code.mAPevaluateTest, str(folder / "truth"), str(folder / "found"))
            ours = evaluate.spotting(folder / "truth", folder / "found", metric="team-at1", labels="ball-12")
        assert ours.team is not None
        pairs = [(official["mAP_no_team"], ours.average_map)]
        pairs += zip(official["mAP_per_class_no_team"], ours.report.per_class().tolist(), strict=True)
        for kind, suffix in enumerate(("", "_visible", "_unshown")):
            pairs.append((official[f"mAP{suffix}"], ours.team.aggregate(kind)))
            pairs += zip(official[f"mAP_per_class{suffix}"], ours.team.per_class(kind).tolist(), strict=True)
        worst = max(worst, worst_of(pairs))
    code = "sn-teamspotting, evaluation/ of commit 1eac8af, with SoccerNet 0.2.0"
    return {"official": code, "sets": sets, "largest_difference": worst}


def write_game(folder: Path, game: str, rng: np.random.Generator) -> None:
    """Labels and predictions of one game: collisions, wrong sides, unshown events, a second half."""
    annotations, predictions = [], []
    for _ in range(int(rng.integers(20, 80))):
        at, label, side = int(rng.integers(0, 120_000)), str(rng.choice(BALL_12)), str(rng.choice(TEAMS))
        half = 2 if rng.random() < 0.05 else 1
        clock = f"{half} - {at // 60_000:02d}:{at // 1000 % 60:02d}"
        shown = "not shown" if rng.random() < 0.1 else "visible"
        annotations.append({"gameTime": clock, "label": label, "position": str(at), "team": side, "visibility": shown})
        for _ in range(int(rng.integers(0, 3))):
            moved = max(at + int(rng.normal(0, 400)), 0)
            team = side if rng.random() < 0.8 else str(rng.choice(TEAMS))
            row = {"gameTime": clock, "label": label, "position": str(moved), "half": str(half), "team": team}
            predictions.append({**row, "confidence": str(round(float(rng.random()), 3))})
    truth, found = folder / "truth" / game / "Labels-ball.json", folder / "found" / game / "results_spotting.json"
    for path, key, rows in ((truth, "annotations", annotations), (found, "predictions", predictions)):
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"UrlLocal": game, key: rows}))


if __name__ == "__main__":
    main()
