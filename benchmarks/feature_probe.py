"""Probe the built-in features linearly: is something other than passing and dribbling happening now?

    python benchmarks/feature_probe.py --matches ../shared/data/simulated --features FOLDER \\
        --json benchmarks/results/feature_probe.json

Rows of four simulated matches are labelled by whether an event of a group lies within a second. Standardised features
of a row and of the rows a second before and after, reduced to 32 dimensions each, go into a logistic regression that is
trained on three matches and tested on the fourth, by average precision. Nothing was chosen on the results.

The matches are simulated, and the detector behind the features was trained on frames of such matches, so the results
show that the features carry information on events, but not how much of it they carry on broadcast video.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from touchline.analysis.features import FeatureOptions, extract_features
from touchline.features.picture_extractor import load_feature_extractor
from touchline.formats.features.vectors import Features, read_features
from touchline.formats.soccernet.labels import read_labels

GROUPS = {"shots, goals, outs, throw-ins": ("SHOT", "GOAL", "OUT", "THROW IN"), "shots, goals": ("SHOT", "GOAL")}
NEAR_S = 1.0
DIRECTIONS = 32


def near(features: Features, labels: Path, *, wanted: tuple[str, ...]) -> np.ndarray:
    """Return which rows (rows,) lie near an event."""
    times_s = features.times_us / 1e6
    at_s = np.array([event.start_us / 1e6 for event in read_labels(labels) if event.label in wanted])
    return np.abs(times_s[:, None] - at_s).min(axis=1, initial=np.inf) <= NEAR_S


def with_neighbours(rows: np.ndarray) -> np.ndarray:
    """Concatenate each row with those a second before and after; the ends repeat."""
    index = np.arange(len(rows))
    return np.concatenate([rows[np.clip(index + step, 0, len(rows) - 1)] for step in (-2, 0, 2)], axis=1)


def probe(streams: dict[str, Features], truth: dict[str, np.ndarray]) -> dict[str, Any]:
    found = {}
    for held in streams:
        names = [name for name in streams if name != held]
        narrow = make_pipeline(StandardScaler(), PCA(DIRECTIONS, random_state=0))
        narrow.fit(np.concatenate([np.asarray(streams[name].values) for name in names]))
        rows = {name: with_neighbours(narrow.transform(np.asarray(streams[name].values))) for name in streams}
        reader = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
        reader.fit(np.concatenate([rows[n] for n in names]), np.concatenate([truth[n] for n in names]))
        precision = average_precision_score(truth[held], reader.decision_function(rows[held]))
        found[held] = {"average_precision": round(float(precision), 3), "chance": round(float(truth[held].mean()), 3)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--matches", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True, help="Folder that caches features between runs.")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    extractor = load_feature_extractor("builtin", device="cpu")
    folders = sorted(path for path in arguments.matches.iterdir() if (path / "video.mp4").is_file())
    streams = {}
    for folder in folders:
        options = FeatureOptions(out=arguments.features / f"{folder.name}.npy")
        streams[folder.name] = read_features(
            extract_features(folder / "video.mp4", extractor=extractor, options=options).path
        )
    results: dict[str, Any] = {"near_s": NEAR_S, "groups": {}}
    for group, wanted in GROUPS.items():
        truth = {f.name: near(streams[f.name], f / "Labels-ball.json", wanted=wanted) for f in folders}
        found = probe(streams, truth)
        mean = {key: round(float(np.mean([one[key] for one in found.values()])), 3) for key in found[folders[0].name]}
        results["groups"][group] = {"matches": found, "mean": mean}
        print(f"{group}: average precision {mean['average_precision']}, chance {mean['chance']}")
        for name, one in found.items():
            print(f"  {name}: {one['average_precision']}, chance {one['chance']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
