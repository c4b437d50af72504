"""Score predicted events with SoccerNet's metric, from files or from events made in Python.

python examples/evaluate_predictions.py Labels-ball.json results_spotting.json
"""

import sys

from touchline import Event, Timeline, evaluate


def main(truth: str, predictions: str) -> float:
    scored = evaluate.spotting(truth, predictions, metric="at1")
    for label, value in zip(scored.report.labels, scored.report.per_class(), strict=True):
        print(f"{label:24} {value:.3f}")
    print(f"average-mAP              {scored.average_map:.3f}", *scored.warnings, sep="\n")
    return scored.average_map


def late_by(seconds: float) -> float:
    """Score events that come late: 1 within the tolerance of one second, 0 beyond it."""
    times_us = [10_000_000, 20_000_000, 30_000_000]
    truth = Timeline(tuple(Event("PASS", time_us) for time_us in times_us))
    found = Timeline(tuple(Event("PASS", time_us + round(seconds * 1e6), confidence=0.9) for time_us in times_us))
    return evaluate.spotting(truth, found, labels=["PASS"], metric="at1").average_map


if __name__ == "__main__":
    main(*sys.argv[1:3])
