"""Measure recognisers that are trained on example clips, under the grouped folds of recipes/basketball.yaml.

    python benchmarks/example_features.py --json benchmarks/results/example_features.json [--cache FILE.npz]

"frozen features" is what `touchline recognize --examples` trains: features of EfficientNet-Lite0 over the picture and
its bands, mean and deviation over time, and a ridge regression of strength 1, unless inner folds prefer another by over
a standard error. "ridge" is the same with the best strength of several deals of inner folds, "logistic" the former
head, likewise, and "strength 1" chooses nothing. "everything chosen" chooses layers, places, statistics over time,
other sets of features, standardisation, principal components, the kind of head and its strength (example_protocol.py,
example_sets.py) by inner folds within the training clips of each outer fold; games stay together in all folds, inner
folds are dealt with several seeds, and held-out clips decide nothing. "average of all" chooses nothing: the scores of
ridge regressions of strength 1 on every set of the encoder are averaged; "average of ten" averages the ten best by
inner folds.

The layers and bands of "frozen features" and its rule for the strength were settled by looking at these same outer
folds, so its result is a little flattered; "everything chosen" is not, but for what the lists of candidates hold.
Besides the folds of the recipe, games are dealt at random to other outer folds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from basketball_baselines import RECIPE, C, Ints, by_gradients, gradients, measured
from example_protocol import CANDIDATES, PRESENT, Data, Option, OuterFold, Sets, run
from example_sets import all_sets

from touchline.core.arrays import Floats64, Indices
from touchline.core.clips import ClipSet
from touchline.media.clip_reader import ClipFrames
from touchline.metrics.recognition import difference_interval
from touchline.training.recipe import read_recipe
from touchline.training.recognition.clip_splits import Fold
from touchline.training.recognition.examples.features import extract, fresh_network, spec_for
from touchline.training.recognition.examples.head import USUAL, HeadData, held_out_probabilities
from touchline.training.recognition.examples.learning import INNER_FOLDS, config_for, splits_of
from touchline.training.recognition.recogniser_data import TrainingClips, folds_of, read_training_clips
from touchline.training.recognition.recogniser_settings import RecogniserRecipe

SEEDS = (100, 101, 102)
DEALS = (1, 2, 3)
BEST, TIMED = 10, 20
LIMITED = {
    "logistic": (Option(Sets(*PRESENT), "logistic"),),
    "ridge": (Option(Sets(*PRESENT)),),
    "ridge, games evened": (Option(Sets(*PRESENT), even_games=True),),
    "ridge with ball and motion": (Option(Sets(*PRESENT, ("hand",))),),
    "ridge with ball, motion, detector, joints": (Option(Sets(*PRESENT, ("hand", "detector", "joints"))),),
    "ridge with zoomed pictures": (Option(Sets(*PRESENT, ("zoomed",))),),
    "ridge with smaller pictures": (Option(Sets(*PRESENT, ("smaller",))),),
    "ridge with larger pictures": (Option(Sets(*PRESENT, ("larger",))),),
    "joints": (Option(Sets((), (), (), ("joints",))),),
    "ball and motion": (Option(Sets((), (), (), ("hand",))),),
}
"""What is measured with only its strength chosen."""
Pairs = Sequence[tuple[Indices, Indices]]


def data_of(clips: TrainingClips, cache: Path | None) -> tuple[Data, dict[str, Any]]:
    """Return all sets of features, read from the cache if it is there, and facts of the command's own."""
    frames = [ClipFrames(clips.read(row), np.zeros(0, np.int64), float(clips.fps[row])) for row in range(len(clips))]
    spec = spec_for(frames)
    if cache is not None and cache.is_file():
        sets = dict(np.load(cache))
    else:
        sets = all_sets(frames, clips.labels, spec)
        if cache is not None:
            np.savez(cache, **sets)
    config, started = config_for(clips.labels, spec, name="examples", mirrored=True), time.process_time()
    extract(fresh_network(len(clips.labels)), config, frames[:TIMED], device="cpu", threads=1)
    used = (time.process_time() - started) / TIMED
    facts = {"clip": spec.model_dump(mode="json"), "cpu_s_a_clip": round(used, 3)}
    return Data(sets, clips.truth, [item.kept_together for item in clips.items]), facts


def by_command(clips: TrainingClips, data: Data, pairs: Pairs) -> Ints:
    """Predict every clip by what `recognize --examples` trains."""
    parts = [data.sets["/".join(names)] for names in itertools.product(*PRESENT)]
    sizes = tuple(part.shape[2] for part in parts)
    head_data = HeadData(np.concatenate(parts, axis=2), clips.truth, len(clips.labels), sizes)
    splits = splits_of(ClipSet(clips.items, clips.labels))
    return held_out_probabilities(head_data, pairs, splits=splits).argmax(axis=1)


def by_choice(data: Data, folds: Sequence[OuterFold]) -> tuple[dict[str, Ints], list[dict[str, Any]]]:
    """Predict every clip by what inner folds choose, and by averages; and what was chosen in each fold."""
    every = np.array([_is_usual(option) and strength == USUAL for option, strength in CANDIDATES])
    predicted: dict[str, Ints] = {}
    chosen = []
    for fold in folds:
        together = fold.inner.sum(axis=0)
        best = np.argsort(-together, kind="stable")[:BEST]
        scores = {"everything chosen": fold.scores[together.argmax()]}
        for seed, right in zip(SEEDS, fold.inner, strict=True):
            scores[f"everything chosen, seed {seed}"] = fold.scores[right.argmax()]
        for name, options in LIMITED.items():
            some = np.array([option in options for option, _ in CANDIDATES])
            scores[name] = fold.scores[np.where(some, together, -1).argmax()]
        scores |= {"average of ten": _averaged(fold, best), "average of all": _averaged(fold, np.flatnonzero(every))}
        scores["strength 1"] = fold.scores[CANDIDATES.index((Option(Sets(*PRESENT)), USUAL))]
        for name, values in scores.items():
            predicted.setdefault(name, np.zeros(len(data.truth), np.int64))[fold.held] = values.argmax(axis=1)
        option, strength = CANDIDATES[together.argmax()]
        right = together.max() / len(SEEDS) / (len(data.truth) - len(fold.held))
        chosen.append({"inner_accuracy": right, "strength": strength, **_words(option)})
    return predicted, chosen


def _is_usual(option: Option) -> bool:
    return option == Option(option.sets) and bool(option.sets.layers) and not option.sets.others


def _averaged(fold: OuterFold, picks: Indices) -> Floats64:
    """Return the mean of candidates' scores; each candidate's are brought to one spread."""
    some = fold.scores[picks].astype(np.float64)
    return np.asarray((some / some.std(axis=(1, 2), keepdims=True)).mean(axis=0))


def _words(option: Option) -> dict[str, Any]:
    sets = option.sets
    named = {key: list(getattr(sets, key)) for key in ("layers", "places", "times", "others")}
    return {
        **named,
        "kind": option.kind,
        "standardised": option.standardised,
        "components": option.components,
        "even_games": option.even_games,
    }


def measure(clips: TrainingClips, folds: list[Fold], data: Data, facts: dict[str, Any]) -> dict[str, Any]:
    """Return all results."""
    old = np.stack([gradients(clips.read(row)) for row in range(len(clips))])
    deals = {"recipe": [(fold.train, fold.test) for fold in folds]}
    deals |= {f"deal {seed}": data.folds(np.arange(len(clips)), folds=len(folds), seed=seed) for seed in DEALS}
    predicted: dict[str, dict[str, Ints]] = {}
    chosen = {}
    for deal, pairs in deals.items():
        started = time.process_time()
        mine, chosen[deal] = by_choice(data, run(data, pairs, inner=INNER_FOLDS, seeds=SEEDS))
        hog = {"gradients": by_gradients(clips, old, [Fold(train, held) for train, held in pairs])}
        predicted[deal] = {"frozen features": by_command(clips, data, pairs), **mine, **hog}
        words = "  ".join(f"{name} {(p == clips.truth).mean():.3f}" for name, p in predicted[deal].items())
        print(f"{deal} ({time.process_time() - started:.0f} s): {words}", flush=True)
    first, groups = predicted["recipe"], list(data.games)

    def gains(base: str) -> dict[str, list[float]]:
        gain = {
            name: difference_interval(clips.truth, values, first[base], groups=groups)
            for name, values in first.items()
            if name != base
        }
        return {name: [one.value, one.low, one.high] for name, one in gain.items()}

    return {
        "clips": len(clips),
        "groups": len(set(groups)),
        "candidates": len(CANDIDATES),
        **facts,
        "gradients_c": C,
        "over_gradients": gains("gradients"),
        "over_logistic": gains("logistic"),
        "by": {name: measured(clips, values) for name, values in first.items()},
        "accuracy_by_deal": {
            name: {deal: float((rows[name] == clips.truth).mean()) for deal, rows in predicted.items()}
            for name in first
        },
        "chosen": chosen["recipe"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--cache", type=Path, help="file that keeps the features for another run")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    settings = RecogniserRecipe.model_validate(read_recipe(RECIPE).settings)
    with tempfile.TemporaryDirectory() as folder:
        clips = read_training_clips(
            settings.data, root=settings.data_root, recipe_folder=RECIPE.parent, cache=Path(folder) / "clips"
        )
        data, facts = data_of(clips, asked.cache)
        result = measure(clips, folds_of(clips, settings.data), data, facts)
    for name, row in result["by"].items():
        low, high = row["accuracy_interval"]
        print(f"{name:32} accuracy {row['accuracy']:.3f} [{low:.3f}, {high:.3f}]  macro F1 {row['macro_f1']:.3f}")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
