"""Pass-like events on the real development clips, from tracks alone: rules against the learned model.

    python benchmarks/real_clips.py --bundles FOLDER

FOLDER holds the bundles of `touchline track CLIP --out FOLDER/CLIP_FOLDER`; those that are missing are made, a minute
each. The clips and their hand labels are for looking and choosing: these figures are not a measurement on unseen video.
Only live play in wide shots counts as truth; every event elsewhere is false, and those in close-ups are counted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.geometry.camera import CameraPath
from touchline.formats.bundle import Bundle
from touchline.metrics.bootstrap import over_cases
from touchline.spotting.from_tracks.events import TrackEvents, find_track_events
from touchline.spotting.from_tracks.labels import KICKS
from touchline.spotting.from_tracks.model import TrackEventModel, load_track_events
from touchline.training.track_events.measure import Found, compare, f1_at, pooled

DATA = Path(__file__).parents[2] / "shared" / "data" / "broadcast"
RESULT = Path(__file__).parent / "results" / "real_clips.json"
TOLERANCES_S = (0.5, 1.0)
NEAR_S = 0.1
ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Clip:
    """A hand-labelled clip: its path, true kicks of live play, and spans of shots that are no wide live play."""

    path: Path
    kicks_us: tuple[int, ...]
    elsewhere_us: tuple[tuple[int, int], ...]


def read_clips() -> list[Clip]:
    """Read the clips and their labels."""
    labels = json.loads((DATA / "hand_labels.json").read_text(encoding="utf-8"))
    return [_clip(DATA / name, document) for name, document in labels.items() if "shots" in document]


def _clip(path: Path, document: dict[str, Any]) -> Clip:
    kicks = [event["t"] for event in document["events"] if event["pass_like"] and event["view"] == "live"]
    elsewhere = [(shot["start"], shot["end"]) for shot in document["shots"] if shot["kind"] != "wide"]
    return Clip(
        path,
        tuple(round(US_PER_S * time) for time in kicks),
        tuple((round(US_PER_S * start), round(US_PER_S * end)) for start, end in elsewhere),
    )


def bundle_of(clip: Clip, folder: Path) -> Bundle:
    """Return the bundle of a clip, made if it is missing."""
    place = folder / clip.path.parent.name
    bundle = Bundle.for_video(clip.path, out=place)
    if not (bundle.path / "tracks.parquet").exists():
        from touchline.analysis.track_video import track_video

        track_video(clip.path, out=place)
    return bundle


def camera_of(bundle: Bundle) -> CameraPath | None:
    """Return the camera's path, None for a bundle made before there was one."""
    return bundle.read_camera() if (bundle.path / "camera.npz").exists() else None


def claims(found: TrackEvents, clip: Clip, *, within_s: float) -> Found:
    """Compare the pass-like events of a clip with its kicks."""
    mine = [event for event in found.events if event.label in KICKS]
    times = np.array([event.time_us for event in mine], np.int64)
    confidence = np.array([event.confidence for event in mine], np.float64)
    return compare(times, confidence, np.array(clip.kicks_us, np.int64), within_s=within_s)


def in_other_shots(found: TrackEvents, clip: Clip) -> int:
    """Return how many events lie in close-ups, replays and other shots."""
    return sum(any(start <= event.time_us < end for start, end in clip.elsewhere_us) for event in found.events)


def nearest_contact_s(found: TrackEvents, clip: Clip) -> list[float | None]:
    """Return how far the nearest contact is from each kick, seconds."""
    times = np.array([contact.time_us for contact in found.contacts])
    return [round(float(np.abs(times - kick).min()) / US_PER_S, 2) if len(times) else None for kick in clip.kicks_us]


def f1_interval(parts: Sequence[Found]) -> dict[str, float]:
    """Return F1 with its interval over clips."""

    def over(rows: Any) -> float:
        return f1_at(pooled([parts[row] for row in rows]), 0.0)

    return {name: round(value, 3) for name, value in over_cases(over, len(parts), rounds=ROUNDS).to_json().items()}


def measured(clips: Sequence[Clip], bundles: Sequence[Bundle], *, model: TrackEventModel | None) -> dict[str, Any]:
    """Measure the rules, or a model, on all clips."""
    found = [find_track_events(one.read_tracks(), camera=camera_of(one), model=model) for one in bundles]
    pairs = list(zip(found, clips, strict=True))
    near = [gap for pair in pairs for gap in nearest_contact_s(*pair)]
    result: dict[str, Any] = {
        f"F1 within {tolerance} s": f1_interval([claims(*pair, within_s=tolerance) for pair in pairs])
        for tolerance in TOLERANCES_S
    }
    parts = [claims(*pair, within_s=TOLERANCES_S[0]) for pair in pairs]
    return {
        **result,
        "kicks": sum(part.truths for part in parts),
        "claimed": sum(len(part.right) for part in parts),
        "right": int(sum(part.right.sum() for part in parts)),
        "events in other shots": sum(in_other_shots(*pair) for pair in pairs),
        "kicks with a contact within 0.1 s": sum(gap is not None and gap <= NEAR_S for gap in near),
        "clips": {
            str(clip.path.relative_to(DATA)): [
                [event.label, round(event.time_us / US_PER_S, 2), round(event.confidence, 2)] for event in one.events
            ]
            for one, clip in pairs
        },
    }


def main() -> None:
    """Measure, print and write the result; says so where the clips are absent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", type=Path, required=True)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    if not (DATA / "hand_labels.json").exists():
        print(f"skipped: {DATA} has no hand-labelled clips")
        return
    clips = read_clips()
    bundles = [bundle_of(clip, arguments.bundles) for clip in clips]
    result = {
        "rules": measured(clips, bundles, model=None),
        "learned": measured(clips, bundles, model=load_track_events(arguments.model)),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
