"""Events from tracks on simulated matches: rules, learned model and decoder, by how bad the tracks are.

    python benchmarks/track_events.py FOLDER --matches match_110 match_111

FOLDER has one folder for each match, as the simulator's label.py writes it. Name only matches that nothing was learned
from or chosen on. An event is found within half a second; intervals are over whole matches drawn with replacement.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Tracks
from touchline.metrics.bootstrap import over_cases
from touchline.spotting.from_tracks.events import TrackEvent, TrackEvents, find_track_events
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.model import TrackEventModel, load_track_events
from touchline.synthetic.track_errors import TrackErrors, degrade
from touchline.training.track_events.kinds import PlayLabel
from touchline.training.track_events.measure import Found, average_precision, compare, f1_at, peaks_found, pooled
from touchline.training.track_events.truth import MatchTruth, read_truth

RESULT = Path(__file__).parent / "results" / "track_events.json"
ROUNDS = 300
SHOWN = ("PASS", "DRIVE")


@dataclass(frozen=True, slots=True)
class Condition:
    """How tracks are made bad: a factor on the tracker's measured errors, and whether the ball is found at all."""

    name: str
    factor: float | None
    ball: bool = True


CONDITIONS = (
    Condition("errors as measured", 1.0),
    Condition("exact tracks", None),
    Condition("twice the errors", 2.0),
    Condition("errors as measured, no ball", 1.0, ball=False),
)


def found_events(events: Sequence[TrackEvent], truth: Sequence[PlayLabel], *, label: str) -> Found:
    """Compare events of a label (passes of any kind count as passes) with the truth."""
    mine = [event for event in events if event.family == label]
    times = np.array([event.time_us for event in mine], np.int64)
    confidence = np.array([event.confidence for event in mine], np.float64)
    return compare(times, confidence, np.array([event.time_us for event in truth if event.label == label], np.int64))


def found_peaks(found: TrackEvents, truth: Sequence[PlayLabel]) -> dict[str, Found]:
    """Compare the peaks of the curves with the truth, by label."""
    times = {label: np.array([e.time_us for e in truth if e.label == label], np.int64) for label in TRACK_LABELS}
    return peaks_found(found.scores.values, found.scores.times_us, times)


def made_bad(truth: MatchTruth, condition: Condition) -> tuple[Tracks, CameraPath]:
    """Return the tracks and the camera of a match under a condition."""
    tracks, camera = truth.tracks, truth.camera
    if condition.factor is not None:
        errors = TrackErrors().times(condition.factor)
        tracks, camera = degrade(tracks, camera, errors=errors, random=np.random.default_rng(len(truth.events)))
    if not condition.ball:
        tracks = replace(tracks, tracks=tuple(track for track in tracks if track.label != "ball"))
    return tracks, camera


def interval(parts: Sequence[Sequence[Found]], measure: Any) -> dict[str, float]:
    """Return the mean over labels of a measure, with its interval; parts are matches, each with one entry a label."""

    def over(rows: Any) -> float:
        values = [measure(pooled([parts[row][column] for row in rows])) for column in range(len(parts[0]))]
        return float(np.nanmean(values))

    found = over_cases(over, len(parts), rounds=ROUNDS)
    return {name: round(value, 3) for name, value in found.to_json().items()}


def measured(truths: Sequence[MatchTruth], condition: Condition, model: TrackEventModel) -> dict[str, Any]:
    """Measure rules, learned curves and decoder under a condition."""
    inputs = [made_bad(truth, condition) for truth in truths]
    learned = [find_track_events(tracks, camera=camera, model=model) for tracks, camera in inputs]
    ruled = [find_track_events(tracks, camera=camera) for tracks, camera in inputs]
    peaks = [found_peaks(one, truth.events) for one, truth in zip(learned, truths, strict=True)]

    def rows(events: Sequence[TrackEvents]) -> list[list[Found]]:
        return [
            [found_events(one.events, truth.events, label=label) for label in SHOWN]
            for one, truth in zip(events, truths, strict=True)
        ]

    shown = [[one[label] for label in SHOWN] for one in peaks]
    by_rules = [found_peaks(one, truth.events) for one, truth in zip(ruled, truths, strict=True)]
    ruled_peaks = [[one[label] for label in SHOWN] for one in by_rules]
    return {
        "rules F1": interval(rows(ruled), lambda found: f1_at(found, 0.0)),
        "decoded F1": interval(rows(learned), lambda found: f1_at(found, 0.0)),
        "rules mAP": interval(ruled_peaks, average_precision),
        "learned mAP": interval(shown, average_precision),
        "learned mAP by match": [
            round(float(np.mean([average_precision(found) for found in match])), 3) for match in shown
        ],
        "in play": round(float(np.mean([_in_play(one, truth) for one, truth in zip(learned, truths, strict=True)])), 4),
        "by label": by_label(peaks),
    }


def _in_play(found: TrackEvents, truth: MatchTruth) -> float:
    """Return the share of frames whose in play or out of play is right."""
    rows = np.searchsorted(truth.camera.times_us, found.in_play.times_us)
    return float(((found.in_play.values[:, 0] > 0.5) == truth.in_play[rows]).mean())


def by_label(peaks: Sequence[Mapping[str, Found]]) -> dict[str, Any]:
    """Return average precision with its interval, and how many events there are, by label."""
    rows = {label: [[one[label]] for one in peaks] for label in TRACK_LABELS}
    return {
        label: {**interval(parts, average_precision), "events": sum(part[0].truths for part in parts)}
        for label, parts in rows.items()
        if any(part[0].truths for part in parts)
    }


def main() -> None:
    """Measure all conditions and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--matches", nargs="+", required=True)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    model = load_track_events(arguments.model)
    truths = [read_truth(arguments.folder / name) for name in arguments.matches]
    result: dict[str, Any] = {"model": model.name, "matches": arguments.matches, "conditions": {}}
    for condition in CONDITIONS:
        row = measured(truths, condition, model)
        result["conditions"][condition.name] = row
        print(condition.name, {key: value for key, value in row.items() if key != "by label"}, flush=True)
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
