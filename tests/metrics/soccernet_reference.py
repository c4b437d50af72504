"""The SoccerNet package's own scoring, called in memory, and random sets to compare with it."""

from __future__ import annotations

from typing import Any

import numpy as np

Game = dict[str, Any]
KEYS = (
    "a_mAP",
    "a_mAP_per_class",
    "a_mAP_visible",
    "a_mAP_per_class_visible",
    "a_mAP_unshown",
    "a_mAP_per_class_unshown",
)


def deltas(metric: str) -> np.ndarray:
    if metric == "loose":
        return np.arange(12) * 5 + 5
    return np.arange(5) + 1 if metric == "tight" else np.array([int(metric[2:])])


def nearest_truth(target: np.ndarray) -> np.ndarray:
    """The package has this inside ``evaluate``; written anew from its definition."""
    closest = np.zeros(target.shape) - 1
    for c in range(target.shape[1]):
        at = np.flatnonzero(target[:, c])
        for i, frame in enumerate(at):
            start = 0 if i == 0 else (at[i - 1] + frame) // 2
            closest[start:, c] = target[frame, c]
    return closest


def soccernet_results(truth: list[Game], predictions: list[Game], *, labels: list[str], fps: int, metric: str) -> dict:
    from SoccerNet.Evaluation.ActionSpotting import average_mAP, label2vector, predictions2vector

    index = {label: i for i, label in enumerate(labels)}
    options = {"num_classes": len(labels), "framerate": fps, "version": 2, "EVENT_DICTIONARY": index}
    targets = [half for game in truth for half in label2vector(game, **options)]
    detections = [half for game in predictions for half in predictions2vector(game, **options)]
    closests = [nearest_truth(target) for target in targets]
    values = average_mAP(targets, detections, closests, fps, deltas=deltas(metric))
    return dict(zip(KEYS, values, strict=True))


def random_game(rng: np.random.Generator, labels: list[str], *, span_ms: int, fps: int) -> tuple[Game, Game]:
    """Truth and predictions with collisions, negatives, odd confidences, unknown labels and unshown events."""
    names = [*labels, "NOT A CLASS"]
    annotations, predictions = [], []
    for _ in range(int(rng.integers(0, 25))):
        position, half = random_position(rng, span_ms, fps), int(rng.integers(1, 3))
        shown = rng.choice(["visible", "not shown", "visible"])
        seconds = max(position, 0) // 1000
        clock = f"{half} - {seconds // 60 % 100:02d}:{seconds % 60:02d}"
        row = {"gameTime": clock, "label": str(rng.choice(names)), "position": str(position), "visibility": str(shown)}
        if rng.random() < 0.1:
            del row["position"]
        if rng.random() < 0.1:
            del row["visibility"]
        annotations.append(row)
    for _ in range(int(rng.integers(0, 90))):
        near = annotations and rng.random() < 0.6
        base = annotations[int(rng.integers(len(annotations)))] if near else None
        position = random_position(rng, span_ms, fps)
        if base and "position" in base:
            position = int(base["position"]) + int(rng.normal(0, 4000))
        half = base["gameTime"][0] if base else str(int(rng.choice([1, 2, 2, 1, 3])))
        label = base["label"] if base and rng.random() < 0.8 else str(rng.choice(names))
        value = rng.choice([rng.random(), round(float(rng.random()), 1), rng.integers(0, 200) / 199, 1.5, -0.1, 0.0])
        confidence: Any = str(float(value)) if rng.random() < 0.7 else float(value)
        kind = int if rng.random() < 0.3 else str
        predictions.append({"label": label, "position": kind(position), "half": half, "confidence": confidence})
    return {"annotations": annotations}, {"predictions": predictions}


def random_position(rng: np.random.Generator, span_ms: int, fps: int) -> int:
    draw = rng.random()
    if draw < 0.03:
        return -int(rng.integers(0, 60_000))
    if draw < 0.06:
        return 7_200_000 + int(rng.integers(-2000, 60_000))
    if draw < 0.3:
        return int(rng.integers(0, span_ms * fps // 1000)) * 1000 // fps
    return int(rng.integers(0, span_ms))
