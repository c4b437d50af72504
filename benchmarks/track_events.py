"""Events from tracks on simulated matches: rules, learned model and decoder, by how bad the tracks are.

    python benchmarks/track_events.py FOLDER --matches match_110 match_111

FOLDER has one folder for each match, as the simulator's label.py writes it. Name only matches that nothing was learned
from or chosen on. An event is found within half a second; intervals are over whole matches drawn with replacement.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.metrics.bootstrap import over_cases
from touchline.spotting.from_tracks.events import TrackEvent, TrackEvents, find_track_events
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.model import TrackEventModel, load_track_events
from touchline.synthetic.track_errors import TrackErrors, degrade
from touchline.training.track_events.kinds import PlayLabel
from touchline.training.track_events.measure import Found, average_precision, compare, f1_at, peaks_found, pooled
from touchline.training.track_events.truth import MatchTruth, read_truth

RESULT = Path(__file__).parent / "results" / "track_events.json"
ROUNDS = 500
SHOWN = ("PASS", "DRIVE")


@dataclass(frozen=True, slots=True)
class Condition:
    """How tracks are made bad: a factor on the tracker's measured errors, and what is missing."""

    name: str
    factor: float | None
    ball: bool = True
    metres: bool = True


CONDITIONS = (
    Condition("exact tracks", None),
    Condition("errors as measured", 1.0),
    Condition("errors as measured, no metres", 1.0, metres=False),
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


def analysed(truth: MatchTruth, condition: Condition, *, model: TrackEventModel | None) -> TrackEvents:
    """Return the events of a match under a condition."""
    tracks, camera = truth.tracks, truth.camera
    if condition.factor is not None:
        errors = TrackErrors().times(condition.factor)
        tracks, camera = degrade(tracks, camera, errors=errors, random=np.random.default_rng(len(truth.events)))
    if not condition.ball:
        tracks = type(tracks)(tuple(t for t in tracks if t.label != "ball"), tracks.shots, tracks.width, tracks.height)
    if not condition.metres:
        camera = type(camera)(
            camera.times_us,
            camera.starts,
            camera.motions,
            camera.quality,
            np.full_like(camera.to_pitch, np.nan),
            camera.pitch_m,
        )
    return find_track_events(tracks, camera=camera, model=model)


def interval(parts: Sequence[Sequence[Found]], measure: Any) -> dict[str, float]:
    """Return the mean over labels of a measure, with its interval; parts are matches, each with one entry a label."""

    def over(rows: Any) -> float:
        values = [measure(pooled([parts[row][column] for row in rows])) for column in range(len(parts[0]))]
        return float(np.nanmean(values))

    found = over_cases(over, len(parts), rounds=ROUNDS)
    return {name: round(value, 3) for name, value in found.to_json().items()}


def measured(truths: Sequence[MatchTruth], condition: Condition, model: TrackEventModel) -> dict[str, Any]:
    """Measure rules, learned curves and decoder under a condition."""
    learned = [analysed(truth, condition, model=model) for truth in truths]
    ruled = [analysed(truth, condition, model=None) for truth in truths]
    peaks = [found_peaks(one, truth.events) for one, truth in zip(learned, truths, strict=True)]

    def rows(events: Sequence[TrackEvents]) -> list[list[Found]]:
        return [
            [found_events(one.events, truth.events, label=label) for label in SHOWN]
            for one, truth in zip(events, truths, strict=True)
        ]

    return {
        "rules F1": interval(rows(ruled), lambda found: f1_at(found, 0.0)),
        "learned mAP": interval([[one[label] for label in SHOWN] for one in peaks], average_precision),
        "decoded F1": interval(rows(learned), lambda found: f1_at(found, 0.0)),
        "by label": by_label(peaks),
    }


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
    result = {
        "model": model.name,
        "matches": arguments.matches,
        "conditions": {one.name: measured(truths, one, model) for one in CONDITIONS},
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, row in result["conditions"].items():
        print(
            f"{name:34}",
            *(f"{key} {row[key]['value']:.3f} ({row[key]['low']:.3f}-{row[key]['high']:.3f})" for key in list(row)[:3]),
        )


if __name__ == "__main__":
    main()
