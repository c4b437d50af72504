"""Events of play by the whole chain, from the video, on rendered matches that nothing was learned from or chosen on.

    python benchmarks/unseen_matches.py match_300 match_301 --bundles FOLDER

Each folder has ``video.mp4`` and ``Labels-ball.json``, as the simulator's render.py and label.py write them. The bundle
FOLDER/NAME/video.touchline is made with ``touchline analyze`` if it is missing: detector, tracker, pitch finder and the
spotter of the picture all work on the video; nothing comes from the simulator but the labels. Named once, for the last
measurement: PASS and DRIVE within half a second (mAP@1 as SoccerNet counts it) from the picture alone, from tracks
alone, and fused; besides these, from the simulator's exact tracks, which says how much the tracker costs, and in those
shots only that were found to be wide, which says how much a shot taken for a replay costs. Intervals
are 95 % bootstrap over blocks of half a minute.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fused_events import (
    BLOCK_US,
    ROUNDS,
    Claim,
    Match,
    average_precision,
    claims_of,
    f1_at,
    fused_claims,
    heard,
    limit,
    pixel_claims,
    track_claims,
    true_events,
)

from touchline.analysis.play_events import PlaySpotter
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import Bundle
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.spotting import average_map
from touchline.spotting.from_tracks.events import find_track_events
from touchline.spotting.from_tracks.play import Sources, Witness
from touchline.training.track_events.truth import read_truth

RESULT = Path(__file__).parent / "results" / "unseen_matches.json"
LABELS = ("PASS", "DRIVE")
GOAL, FPS = 0.8, 25.0


def bundle_of(folder: Path, bundles: Path) -> Bundle:
    """Return the bundle of a match, made if it is missing."""
    bundle = Bundle(bundles / folder.name / "video.touchline")
    if not (bundle.path / "tracks.parquet").exists():
        command = [
            sys.executable,
            "-m",
            "touchline",
            "analyze",
            str(folder / "video.mp4"),
            "--out",
            str(bundle.path.parent),
        ]
        subprocess.run(command, check=True)
    return bundle


def read_chain(folder: Path, bundles: Path, spotter: PlaySpotter) -> Match:
    """Return what the chain found in a match."""
    bundle = bundle_of(folder, bundles)
    tracks = bundle.read_tracks()
    found = find_track_events(tracks, camera=bundle.read_camera(), model=spotter.model)
    sources = Sources(tracks, bundle.read_scores(), "pixels", heard(bundle))
    return Match(folder.name, found, sources, true_events(read_truth(folder)))


def exact(folder: Path, spotter: PlaySpotter) -> Match:
    """Return what the model finds in the exact tracks of a match."""
    truth = read_truth(folder)
    found = find_track_events(truth.tracks, camera=truth.camera, model=spotter.model)
    return Match(folder.name, found, Sources(truth.tracks), true_events(truth))


def in_wide(match: Match) -> Match:
    """Return a match with the true events of those shots that were found to be wide: nothing is named in others."""
    spans = [(shot.start_us, shot.end_us) for shot in match.sources.tracks.shots if shot.wide]
    truth = {
        label: [time_us for time_us in times if any(start <= time_us < end for start, end in spans)]
        for label, times in match.truth.items()
    }
    return replace(match, truth=truth)


def claims_in_wide(match: Match, timeline: Timeline) -> Timeline:
    """Return the claims in shots that were found to be wide."""
    spans = [(shot.start_us, shot.end_us) for shot in match.sources.tracks.shots if shot.wide]
    kept = (one for one in timeline if any(start <= one.start_us < end for start, end in spans))
    return Timeline(tuple(kept))


def at1(timelines: Sequence[Timeline], matches: Sequence[Match]) -> float:
    """Return SoccerNet's mAP@1 of PASS and DRIVE."""
    truth = [
        Timeline(tuple(Event(label, time_us) for label in LABELS for time_us in match.truth.get(label, ())))
        for match in matches
    ]
    found = [Timeline(tuple(event for event in timeline if event.label in LABELS)) for timeline in timelines]
    result = average_map(truth, found, labels=LABELS, fps=FPS, metric="at1")
    return round(float(result["a_mAP"]), 4)  # type: ignore[arg-type]


def measured(
    matches: Sequence[Match], claims: Callable[[Match], Timeline], limits: Callable[[str], float]
) -> dict[str, Any]:
    """Return mAP@1 of all matches and of each, and average precision and F1 by label."""
    timelines = [claims(match) for match in matches]
    found = {
        label: [c for one, match in zip(timelines, matches, strict=True) for c in claims_of(one, match, label)]
        for label in LABELS
    }
    truths = {label: blocks_of(matches, label) for label in LABELS}
    return {
        "mAP@1": at1(timelines, matches),
        "interval": interval(found, truths),
        "by match": {match.name: at1([one], [match]) for match, one in zip(matches, timelines, strict=True)},
        "by label": {
            label: {
                "ap": round(average_precision(found[label], len(truths[label])), 3),
                **f1_at(found[label], len(truths[label]), limits(label)),
            }
            for label in LABELS
        },
    }


def blocks_of(matches: Sequence[Match], label: str) -> list[str]:
    """Return the block of half a minute of each true event."""
    return [f"{match.name}-{time_us // BLOCK_US}" for match in matches for time_us in match.truth.get(label, ())]


def interval(found: dict[str, list[Claim]], truths: dict[str, list[str]]) -> dict[str, float]:
    """Return the mean average precision of the labels with its interval over blocks."""
    rows = [(label, claim) for label in LABELS for claim in found[label]]
    true = [label for label in LABELS for _ in truths[label]]
    blocks = [claim.block for _, claim in rows] + [block for label in LABELS for block in truths[label]]

    def measure(chosen: np.ndarray) -> float:
        claimed = [rows[int(row)] for row in chosen if row < len(rows)]
        names = [true[int(row) - len(rows)] for row in chosen if row >= len(rows)]
        each = [average_precision([c for name, c in claimed if name == label], names.count(label)) for label in LABELS]
        return float(np.mean(each))

    return {name: round(value, 3) for name, value in over_groups(measure, blocks, rounds=ROUNDS).to_json().items()}


def ball_seen(match: Match) -> float:
    """Return the share of the analysed frames in which the tracker detected the ball."""
    balls = [track for track in match.sources.tracks if track.label == "ball"]
    return round(sum(int(ball.observed.sum()) for ball in balls) / max(1, len(match.found.scores)), 3)


def main() -> None:
    """Run the chain where it is missing, measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--bundles", type=Path, required=True)
    arguments = parser.parse_args()
    spotter = PlaySpotter()
    fusion = spotter.fusion
    chain = [read_chain(folder, arguments.bundles, spotter) for folder in arguments.folders]
    sources: dict[str, tuple[Sequence[Match], Callable[[Match], Timeline]]] = {
        "pixels": (chain, pixel_claims),
        "tracks": (chain, track_claims),
        "fused": (chain, lambda match: fused_claims(match, fusion)),
        "exact tracks": ([exact(folder, spotter) for folder in arguments.folders], track_claims),
    }
    wide = [in_wide(match) for match in chain]
    sources |= {
        "pixels, in shots found wide": (wide, lambda match: claims_in_wide(match, pixel_claims(match))),
        "tracks, in shots found wide": (wide, track_claims),
        "fused, in shots found wide": (wide, lambda match: fused_claims(match, fusion)),
    }
    result: dict[str, Any] = {
        "models": [list(model) for model in spotter.models],
        "events": {label: sum(len(match.truth.get(label, ())) for match in chain) for label in LABELS},
        "events in shots found wide": {
            label: sum(len(match.truth.get(label, ())) for match in wide) for label in LABELS
        },
        "ball detected": {match.name: ball_seen(match) for match in chain},
        "trust in the picture": {match.name: round(Witness(match.found, match.sources).trust, 3) for match in chain},
        "sources": {
            name: measured(matches, claims, lambda label, name=name: limit(name, label, fusion))
            for name, (matches, claims) in sources.items()
        },
    }
    result["short of the goal by"] = round(GOAL - result["sources"]["fused"]["mAP@1"], 4)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
