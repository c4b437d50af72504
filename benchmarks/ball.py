"""Measure ball detection before and after tracking, and the calibration of its confidence.

    python benchmarks/ball.py [--detections FOLDER] [--json benchmarks/results/ball.json]

Ground truth: the ball of the simulated matches 013 and 014, 640x360, 12.5 frames per second; the settings were fitted
on 011 and 012. FOLDER holds <match>.npz with a detector's output (frame from 1, boxes_xyxy, confidence, classes);
without it the candidates are synthetic: dropouts, false balls at people's feet, clutter. A ball counts as found if the
reported centre lies within 10 pixels of the truth at a width of 1280.

"detector" is the most confident candidate of each frame, "followed" the output of touchline's tracking. Each is
reported at the threshold that was best on the matches it was fitted on, "followed" also at 0.5, the threshold for a
track.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from simulated_matches import (
    HEIGHT,
    REPORTED_ON,
    TUNED_ON,
    WIDTH,
    Match,
    invent_ball_detections,
    read_detections,
    read_match,
)

from touchline.core.arrays import Floats64
from touchline.core.tracks import BALL, Detections
from touchline.tracking.ball.ball import follow_ball
from touchline.tracking.camera_motion import Motion

WITHIN_PX = 10 * WIDTH / 1280


def best_candidates(detections: list[Detections]) -> tuple[Floats64, Floats64]:
    """Return centre (frames, 2) and confidence (frames,) of each frame's most confident ball; NaN and 0 for none."""
    centres, confidence = np.full((len(detections), 2), np.nan), np.zeros(len(detections))
    for i, seen in enumerate(detections):
        balls = seen.take(seen.classes == BALL)
        if len(balls):
            best = int(balls.confidence.argmax())
            centres[i] = (balls.boxes_xyxy[best, :2] + balls.boxes_xyxy[best, 2:]) / 2
            confidence[i] = balls.confidence[best]
    return centres, confidence


def followed(
    match: Match, detections: list[Detections], motions: list[Motion] | None
) -> tuple[Floats64, Floats64, Any]:
    """Return centre and confidence of the tracked ball in each frame, and whether it was detected there."""
    centres, confidence = np.full((len(match), 2), np.nan), np.zeros(len(match))
    observed = np.zeros(len(match), bool)
    for track in follow_ball(detections, match.times_us, motions=motions, width=WIDTH, height=HEIGHT):
        centres[track.index] = (track.boxes_xyxy[:, :2] + track.boxes_xyxy[:, 2:]) / 2
        confidence[track.index] = track.confidence
        observed[track.index] = track.observed
    return centres, confidence, observed


def right(match: Match, centres: Floats64) -> npt.NDArray[np.bool_]:
    """Return for each frame whether the reported ball is at the true position."""
    with np.errstate(invalid="ignore"):
        near = np.linalg.norm(centres - match.ball_px, axis=1) <= WITHIN_PX
    return near & match.ball_shown


def at_threshold(good: Any, confidence: Floats64, shown: Any, threshold: float) -> dict[str, float]:
    """Return precision, recall and F1 of reports at or above a confidence."""
    reported = confidence >= threshold
    precision = float(good[reported].mean()) if reported.any() else 0.0
    recall = float((good & reported).sum() / shown.sum())
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"threshold": threshold, "precision": precision, "recall": recall, "f1": f1}


def average_precision(good: Any, confidence: Floats64, shown: Any) -> float:
    """Return the area under the precision-recall curve."""
    order = np.argsort(-confidence, kind="stable")
    order = order[confidence[order] > 0]
    hits = np.cumsum(good[order])
    precision = np.maximum.accumulate((hits / np.arange(1, len(order) + 1))[::-1])[::-1]
    return float((precision * good[order]).sum() / shown.sum())


def calibration(good: Any, confidence: Floats64) -> dict[str, Any]:
    """Return the share of correct reports by confidence, and the expected calibration error."""
    reported = confidence > 0
    bins = np.minimum((confidence[reported] * 10).astype(int), 9)
    rows, error = [], 0.0
    for i in range(10):
        mine = bins == i
        if mine.any():
            mean, there = float(confidence[reported][mine].mean()), float(good[reported][mine].mean())
            rows.append({"pictures": int(mine.sum()), "confidence": mean, "there": there})
            error += mine.mean() * abs(mean - there)
    brier = float(((confidence[reported] - good[reported]) ** 2).mean()) if reported.any() else 0.0
    return {"error": float(error), "brier": brier, "bins": rows}


def gather(names: tuple[str, ...], folder: Path | None) -> dict[str, dict[str, Any]]:
    """Return the detector's and the tracking's output over several matches, frame by frame."""
    parts: dict[str, list[Any]] = {
        key: [] for key in ("shown", "any", "d_good", "d_conf", "f_good", "f_conf", "f_seen")
    }
    for name in names:
        match = read_match(name)
        if folder is None:
            detections = invent_ball_detections(match, seed=len(name) + int(name[-3:]))
        else:
            match, detections = read_detections(folder / f"{name}.npz", match)
        candidates, sure = best_candidates(detections)
        centres, confidence, observed = followed(match, detections, match.motions())
        parts["shown"].append(match.ball_shown)
        parts["any"].append(candidate_there(match, detections))
        parts["d_good"].append(right(match, candidates))
        parts["d_conf"].append(sure)
        parts["f_good"].append(right(match, centres))
        parts["f_conf"].append(confidence)
        parts["f_seen"].append(observed)
    whole = {key: np.concatenate(value) for key, value in parts.items()}
    return {
        "detector": {"good": whole["d_good"], "confidence": whole["d_conf"], **whole},
        "followed": {"good": whole["f_good"], "confidence": whole["f_conf"], **whole},
    }


def candidate_there(match: Match, detections: list[Detections]) -> npt.NDArray[np.bool_]:
    """Return for each frame whether any candidate lies on the ball: the upper bound for tracking."""
    there = np.zeros(len(match), bool)
    for i, seen in enumerate(detections):
        boxes = seen.boxes_xyxy[seen.classes == BALL]
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        there[i] = bool((np.linalg.norm(middles - match.ball_px[i], axis=1) <= WITHIN_PX).any())
    return there & match.ball_shown


def best_threshold(one: dict[str, Any]) -> float:
    """Return the threshold with the best F1."""
    tried = np.arange(0.02, 0.99, 0.01)
    scores = [at_threshold(one["good"], one["confidence"], one["shown"], t)["f1"] for t in tried]
    return round(float(tried[int(np.argmax(scores))]), 2)


def report(one: dict[str, Any], thresholds: list[float]) -> dict[str, Any]:
    good, confidence, shown = one["good"], one["confidence"], one["shown"]
    return {
        "found": float(good.sum() / shown.sum()),
        "average_precision": average_precision(good, confidence, shown),
        "at": [at_threshold(good, confidence, shown, threshold) for threshold in thresholds],
        "calibration": calibration(good, confidence),
    }


def show(result: dict[str, Any]) -> None:
    print(f"candidates: {result['candidates']}; a candidate lies on the ball in {result['candidate_there']:.1%}")
    print(
        f"{'':10}{'found':>8}{'AP':>8}{'at':>7}{'precision':>11}{'recall':>8}{'F1':>7}{'calibration':>13}{'Brier':>8}"
    )
    for name in ("detector", "followed"):
        row = result[name]
        for at in row["at"]:
            print(
                f"{name:10}{row['found']:8.3f}{row['average_precision']:8.3f}{at['threshold']:7.2f}{at['precision']:11.3f}"
                f"{at['recall']:8.3f}{at['f1']:7.3f}{row['calibration']['error']:13.3f}{row['calibration']['brier']:8.3f}"
            )
    print("mean confidence -> share correct (frames):")
    for row in result["followed"]["calibration"]["bins"]:
        print(f"  {row['confidence']:.2f} -> {row['there']:.2f} ({row['pictures']})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--detections", type=Path, help="folder of <match>.npz; without it the candidates are synthetic"
    )
    parser.add_argument("--json", type=Path, help="file for the results")
    chosen = parser.parse_args()
    fitted, measured = gather(TUNED_ON, chosen.detections), gather(REPORTED_ON, chosen.detections)
    both = measured["followed"]
    filled = (both["f_conf"] > 0) & ~both["f_seen"]
    result = {
        "candidates": "invented" if chosen.detections is None else "of the detector",
        "matches": REPORTED_ON,
        "pictures": len(both["shown"]),
        "ball_in_picture": int(both["shown"].sum()),
        "candidate_there": float(both["any"].sum() / both["shown"].sum()),
        "detector": report(measured["detector"], [best_threshold(fitted["detector"])]),
        "followed": report(both, sorted({0.5, best_threshold(fitted["followed"])})),
        "filled": {"pictures": int(filled.sum()), "right": float(both["good"][filled].mean()) if filled.any() else 0.0},
    }
    show(result)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
