"""Measure pose finders on keepers' joints that were marked by hand, in pictures of shots that no network saw.

``benchmarks/keeper_marks.json`` holds the marks: 30 pictures for choosing and 30 for reporting. A joint is right within
a fifth of the marked torso; only joints that were seen count. Intervals are over pictures. Run with the measuring data:

    python benchmarks/keeper_marks.py --half report --json benchmarks/results/keeper_marks.json
    python benchmarks/keeper_marks.py --half choose --model runs/keeper-pose/keeper-pose.safetensors
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.poses import JOINTS, MIRROR, PELVIS
from touchline.formats.keeper.pictures import KeeperPicture, read_keeper_pictures
from touchline.goalkeeping.pose_finder import load_pose_finder
from touchline.media.stills import read_still
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.poses import correct_joints

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data" / "keepers"
MARKED = [row for row, name in enumerate(JOINTS) if name not in ("pelvis", "thorax", "neck")]
VIEWS = ("frontal", "side", "behind")
Finder = Callable[[KeeperPicture], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["choose", "report", "all"], default="report")
    parser.add_argument("--model", action="append", help="name or file of a pose model; the built-in one by default")
    parser.add_argument("--marks", type=Path, default=HERE / "keeper_marks.json")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path, help="file for the results")
    arguments = parser.parse_args()
    entries = [e for e in json.loads(arguments.marks.read_text())["pictures"] if arguments.half in (e["half"], "all")]
    stored = {f"{p.source}/{p.path.name}": p for p in read_keeper_pictures(arguments.data)}
    pictures = [stored[entry["picture"]] for entry in entries]
    finders: dict[str, Finder] = {"published poses": lambda picture: picture.joints_px}
    for name in arguments.model or ["keeper-pose"]:
        finders[name] = _finder(name)
    results: dict[str, Any] = {"half": arguments.half, "pictures": len(entries)}
    for name, find in finders.items():
        results[name] = measure(np.stack([find(picture) for picture in pictures]), entries)
        _print(name, results[name])
    results["marked again"] = repeatability(entries)
    print("marked again:", results["marked again"])
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


def _finder(name: str) -> Finder:
    finder = load_pose_finder(name, device="cpu", threads=1)
    return lambda picture: finder.find([read_still(picture.path)])[0].joints_px.astype(np.float64)


def marks_of(entries: Sequence[dict[str, Any]], *, key: str = "joints") -> tuple[np.ndarray, np.ndarray]:
    """Return marked joints (n, 16, 2), neck and pelvis as middles, and which were seen (n, 16)."""
    joints, seen = np.zeros((len(entries), len(JOINTS), 2)), np.zeros((len(entries), len(JOINTS)), bool)
    for row, entry in enumerate(entries):
        for name, (x, y, visible) in entry[key].items():
            joints[row, JOINTS.index(name)], seen[row, JOINTS.index(name)] = (x, y), bool(visible)
    middle = {part: _middle(joints, part) for part in ("shoulder", "hip")}
    joints[:, [JOINTS.index("neck"), JOINTS.index("thorax")]] = middle["shoulder"][:, None]
    joints[:, PELVIS] = middle["hip"]
    return joints, seen


def _middle(joints: np.ndarray, part: str) -> np.ndarray:
    return joints[:, [JOINTS.index(f"right_{part}"), JOINTS.index(f"left_{part}")]].mean(axis=1)


def measure(found: np.ndarray, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Measure joints (n, 16, 2) against the marks: together, by view and by joint, and with sides ignored."""
    known, seen = marks_of(entries)
    correct = correct_joints(found, known)
    views = np.array([entry["view"] for entry in entries])
    either = np.maximum(correct, correct_joints(found[:, list(MIRROR)], known))
    result = {"all": _interval(correct, seen)}
    result |= {view: _interval(correct[views == view], seen[views == view]) for view in VIEWS}
    result["sides ignored"] = _interval(either, seen)
    result["by_joint"] = {JOINTS[j]: round(float(correct[seen[:, j], j].mean()), 3) for j in MARKED}
    return result


def _interval(correct: np.ndarray, seen: np.ndarray) -> dict[str, float]:
    right, count = (correct & seen).sum(axis=1), seen.sum(axis=1)
    names = np.array([str(row) for row in range(len(count))])
    found = over_groups(lambda k: float(right[k].sum() / max(count[k].sum(), 1)), names, rounds=2000)
    return {
        "value": round(found.value, 3),
        "low": round(found.low, 3),
        "high": round(found.high, 3),
        "pictures": len(count),
        "joints": int(count.sum()),
    }


def repeatability(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Measure the second marks against the first, on joints seen both times."""
    twice = [entry for entry in entries if "again" in entry]
    (known, seen), (again, seen_again) = marks_of(twice), marks_of(twice, key="again")
    both = seen & seen_again
    torso = np.linalg.norm(known[:, JOINTS.index("neck")] - known[:, PELVIS], axis=-1)
    apart = (np.linalg.norm(again - known, axis=-1) / torso[:, None])[both]
    return {
        "pck": _interval(correct_joints(again, known), both),
        "median_torsos": round(float(np.median(apart)), 3),
        "ninetieth_percentile_torsos": round(float(np.percentile(apart, 90)), 3),
    }


def _print(name: str, result: dict[str, Any]) -> None:
    cells = [f"{key} {result[key]['value']:.3f} [{result[key]['low']:.3f}, {result[key]['high']:.3f}]" for key in
             ("all", *VIEWS, "sides ignored")]  # fmt: skip
    print(f"{name}: " + "; ".join(cells))
    print("   " + ", ".join(f"{joint} {value:.2f}" for joint, value in result["by_joint"].items()))


if __name__ == "__main__":
    main()
