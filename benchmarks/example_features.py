"""Measure recognisers that are trained on example clips, under the grouped folds of recipes/basketball.yaml.

    python benchmarks/example_features.py --json benchmarks/results/example_features.json

"frozen features" is what `touchline recognize --examples` trains: features of EfficientNet-Lite0 over the picture and
its bands, mean and deviation over time, and a logistic regression. "with ball and motion" adds
the hand-made features of basketball_baselines.py (ball-coloured pixels and optical flow), which count as a fifth of
all. The strength of every head is chosen by inner folds; games stay together in outer and inner folds; held-out clips
decide nothing.

Which layers and bands are used was settled by looking at inner and outer folds of these same clips (about 35 sets), so
the results are a little flattered; docs/explanation/experiments.md lists what was tried.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from basketball_baselines import RECIPE, C, ball_and_motion, by_gradients, gradients, measured

from touchline.core.clips import ClipSet
from touchline.media.clip_reader import ClipFrames
from touchline.metrics.recognition import difference_interval
from touchline.training.recipe import read_recipe
from touchline.training.recognition.clip_splits import Fold
from touchline.training.recognition.examples.features import extract, fresh_network, spec_for
from touchline.training.recognition.examples.head import HeadData, held_out_probabilities
from touchline.training.recognition.examples.learning import config_for, splits_of
from touchline.training.recognition.recogniser_data import TrainingClips, folds_of, read_training_clips
from touchline.training.recognition.recogniser_settings import RecogniserRecipe

SHARE = 0.2
SETS = ("frozen features", "ball and motion, linear", "with ball and motion")


def features_of(clips: TrainingClips) -> tuple[dict[str, HeadData], dict[str, Any]]:
    """Return each set of features, and facts of the frozen ones."""
    frames = [ClipFrames(clips.read(row), np.zeros(0, np.int64), float(clips.fps[row])) for row in range(len(clips))]
    network = fresh_network(len(clips.labels))
    config = config_for(clips.labels, spec_for(frames), name="examples", mirrored=True)
    started = time.process_time()
    frozen = extract(network, config, frames, device="cpu", threads=1)
    used = time.process_time() - started
    views = [[clip.rgb for clip in frames], [np.ascontiguousarray(clip.rgb[:, :, ::-1]) for clip in frames]]
    hand = np.stack([np.stack([ball_and_motion(clip) for clip in view]) for view in views])
    sizes, count = network.block_sizes, len(clips.labels)
    weights = ((1 - SHARE) / len(sizes),) * len(sizes) + (SHARE,)
    both = np.concatenate([frozen, hand], axis=2)
    sets = {
        SETS[0]: HeadData(frozen, clips.truth, count, sizes),
        SETS[1]: HeadData(hand, clips.truth, count, (hand.shape[2],)),
        SETS[2]: HeadData(both, clips.truth, count, (*sizes, hand.shape[2]), weights),
    }
    return sets, {"clip": config.clip.model_dump(mode="json"), "cpu_s_of_features": round(used, 1)}


def measure(clips: TrainingClips, folds: list[Fold]) -> dict[str, Any]:
    """Return all results."""
    sets, facts = features_of(clips)
    splits, pairs = splits_of(ClipSet(clips.items, clips.labels)), [(fold.train, fold.test) for fold in folds]
    predicted = {}
    for name, data in sets.items():
        predicted[name] = held_out_probabilities(data, pairs, splits=splits).argmax(axis=1)
        print(f"{name}: {(predicted[name] == clips.truth).mean():.3f}", flush=True)
    old = np.stack([gradients(clips.read(row)) for row in range(len(clips))])
    predicted["gradients"] = by_gradients(clips, old, folds)
    groups = [item.kept_together for item in clips.items]
    gains = {
        name: difference_interval(clips.truth, values, predicted["gradients"], groups=groups)
        for name, values in predicted.items()
        if name != "gradients"
    }
    return {
        "clips": len(clips),
        "groups": len(set(groups)),
        **facts,
        "gradients_c": C,
        "over_gradients": {name: [gain.value, gain.low, gain.high] for name, gain in gains.items()},
        "by": {name: measured(clips, values) for name, values in predicted.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the result here")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    settings = RecogniserRecipe.model_validate(read_recipe(RECIPE).settings)
    with tempfile.TemporaryDirectory() as cache:
        clips = read_training_clips(
            settings.data, root=settings.data_root, recipe_folder=RECIPE.parent, cache=Path(cache) / "clips"
        )
        result = measure(clips, folds_of(clips, settings.data))
    for name, row in result["by"].items():
        low, high = row["accuracy_interval"]
        print(f"{name:26} accuracy {row['accuracy']:.3f} [{low:.3f}, {high:.3f}]  macro F1 {row['macro_f1']:.3f}")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
