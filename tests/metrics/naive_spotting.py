"""SoccerNet's average-mAP written down from its definition, slowly, to compare with where the package is absent."""

from __future__ import annotations

from typing import Any

import numpy as np

Game = dict[str, Any]


def naive_results(
    truth: list[Game], predictions: list[Game], *, labels: list[str], fps: int, deltas: list[int]
) -> dict:
    per_delta = [[_class_ap(truth, predictions, label, fps, delta * fps) for label in labels] for delta in deltas]
    ap = np.array(per_delta)  # (deltas, classes, kinds)
    results: dict[str, Any] = {}
    for kind, suffix in enumerate(("", "_visible", "_unshown")):
        means = ap[:, :, kind].mean(axis=1)
        factor = 17 / 13 if suffix == "_unshown" and len(deltas) > 1 else 1
        results[f"a_mAP{suffix}"] = _area(means) * factor
        results[f"a_mAP_per_class{suffix}"] = [_area(ap[:, c, kind]) for c in range(len(labels))]
    return results


def _area(values: np.ndarray) -> float:
    return float(values[0]) if len(values) == 1 else float(np.trapezoid(values) / (len(values) - 1))


def _frame(position: int, fps: int) -> int:
    frame = min(int(fps * (position / 1000)), 7200 * fps - 1)
    return frame if frame >= 0 else frame + 7200 * fps


def _events(rows: list[dict[str, Any]], half: int, label: str, fps: int, *, truth: bool) -> dict[int, float]:
    """Frame -> value, later rows over earlier ones."""
    found: dict[int, float] = {}
    for row in rows:
        own_half = int(row["gameTime"][0]) if truth else int(row["half"])
        if row["label"] != label or own_half != half:
            continue
        if "position" in row:
            position = int(row["position"])
        else:
            minutes, seconds = row["gameTime"][4:].split(":")
            position = 1000 * (60 * int(minutes) + int(seconds))
        shown = -1 if row.get("visibility") == "not shown" else 1
        found[_frame(position, fps)] = shown if truth else float(row["confidence"])
    return found


def _class_ap(truth: list[Game], predictions: list[Game], label: str, fps: int, delta: float) -> tuple[float, ...]:
    rows: list[tuple[float, bool, float]] = []  # score, matched, sign of the nearest truth
    signs: list[float] = []
    for true_game, game in zip(truth, predictions, strict=True):
        for half in (1, 2):
            true = _events(true_game["annotations"], half, label, fps, truth=True)
            found = _events(game["predictions"], half, label, fps, truth=False)
            found = {frame: score for frame, score in sorted(found.items()) if score >= 0}
            free = dict(found)
            for frame in sorted(true):
                near = [f for f in free if abs(f - frame) <= delta / 2]
                if near:
                    del free[max(near, key=lambda f: (free[f], -f))]
            signs += true.values()
            rows += [(score, f not in free, _nearest(true, f)) for f, score in found.items()]
    kinds = ((-1, 1), (1,), (-1,))
    return tuple(_ap([r for r in rows if r[2] in kind], sum(s in kind for s in signs)) for kind in kinds)


def _nearest(true: dict[int, float], frame: int) -> float:
    """Sign of the nearest true event; half way between two, that of the later; none counts as unshown."""
    sign, previous = -1.0, None
    for at in sorted(true):
        if previous is None or frame >= (previous + at) // 2:
            sign = true[at]
        previous = at
    return sign


def _ap(rows: list[tuple[float, bool, float]], truths: int) -> float:
    points = []
    for threshold in np.linspace(0, 1, 200):
        kept = [matched for score, matched, _ in rows if score >= threshold]
        points.append((sum(kept) / truths if truths else 0.0, sum(kept) / len(kept) if kept else 0.0))
    return sum(max((p for r, p in points if r >= level), default=0.0) for level in np.arange(11) / 10) / 11
