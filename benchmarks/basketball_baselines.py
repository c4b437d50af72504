"""Measure baselines without a network on the basketball clips, under the folds of recipes/basketball.yaml.

    python benchmarks/basketball_baselines.py [--held-out FILE] [--json benchmarks/results/basketball_baselines.json]

"majority" predicts the most frequent class of the training clips; it scores below the largest class's share of all
clips, because a game with many clips of a class leaves few of them for training. "gradients" describes the first,
middle and last frame by histograms of oriented gradients (48 x 80 pixels, cells of 8, blocks of 16) and classifies them
with a linear support vector machine. Both are trained on the same clips as the recipe's networks and measured on the
same held-out clips: games stay together. "gradients, games mixed" is the same under 5 random folds, with clips of one
game on both sides. Nothing was chosen on these clips: the sizes are common ones, and C = 0.01 suits many features and
few clips. "ball and motion" describes the positions of ball-coloured pixels (in each of 7 frames, on a grid; their
mean, maximum and change over time) and the optical flow of the first and second half, and classifies with extremely
randomised trees that are also trained on mirrored clips; its features were chosen on these same folds (from seven sets,
0.31 to 0.47), so its result is slightly optimistic. FILE is the held_out.csv of a run of the recipe: its results are
then listed too, with the paired difference over resampled games.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from touchline.formats.clips.predictions import read_clip_predictions
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.recognition import ROUNDS, accuracy_interval, confusion_matrix, difference_interval, report
from touchline.training.recipe import read_recipe
from touchline.training.recognition.clip_splits import Fold
from touchline.training.recognition.recogniser_data import TrainingClips, folds_of, read_training_clips
from touchline.training.recognition.recogniser_settings import RecogniserRecipe

RECIPE = Path(__file__).parents[1] / "recipes" / "basketball.yaml"
SIZE = (48, 80)
C = 0.01
SEED = 0
GRID = (7, 20, 12)
"""Frames, rows and columns of the map of ball-coloured pixels."""

Ints = npt.NDArray[np.int64]


def gradients(clip: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the histograms of oriented gradients of a clip's first, middle and last frame."""
    describe = cv2.HOGDescriptor(SIZE, (16, 16), (8, 8), (8, 8), 9)
    pictures = [cv2.cvtColor(clip[i], cv2.COLOR_RGB2GRAY) for i in (0, len(clip) // 2, -1)]
    small = [cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.concatenate([np.asarray(describe.compute(picture), np.float32).ravel() for picture in small])


def ball_and_motion(clip: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return features of the positions of ball-coloured pixels over time, and of motion."""
    taken = clip[np.round(np.linspace(0, len(clip) - 1, GRID[0])).astype(int)]
    pictures = [cv2.resize(picture, (96, 160), interpolation=cv2.INTER_AREA) for picture in taken]
    maps = np.stack([_ball_map(picture) for picture in pictures])
    over_time = [maps.mean(axis=0), maps.max(axis=0), maps[4:].mean(axis=0) - maps[:3].mean(axis=0), maps.mean(axis=1)]
    grey = [
        cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), SIZE, interpolation=cv2.INTER_AREA)
        for picture in pictures
    ]
    flow = np.stack([_flow_histograms(a, b) for a, b in itertools.pairwise(grey)])
    parts = [maps, *over_time, maps.sum(axis=(1, 2)), flow[:3].mean(axis=0), flow[3:].mean(axis=0)]
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def _ball_map(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    hue, saturation, value = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV))
    ball = ((hue < 8) | (hue > 172)) & (saturation > 90) & (value > 60)
    return ball.reshape(GRID[1], 8, GRID[2], 8).mean(axis=(1, 3))


def _flow_histograms(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the optical flow minus its median, in 8 directions on cells of 8 pixels."""
    flow = cv2.calcOpticalFlowFarneback(before, after, None, 0.5, 3, 11, 3, 5, 1.1, 0)
    flow = flow - np.median(flow, axis=(0, 1))
    size, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
    direction = (angle // (np.pi / 4)).astype(int) % 8
    return np.where(direction[..., None] == np.arange(8), size[..., None], 0).reshape(10, 8, 6, 8, 8).mean(axis=(1, 3))


def by_trees(clips: TrainingClips, folds: list[Fold]) -> Ints:
    """Predict every clip from ball and motion, averaged over the clip and its mirror image."""
    whole = [clips.read(row) for row in range(len(clips))]
    features = np.stack([ball_and_motion(clip) for clip in whole])
    mirrored = np.stack([ball_and_motion(np.ascontiguousarray(clip[:, :, ::-1])) for clip in whole])
    predicted = np.zeros(len(clips), np.int64)
    for fold in folds:
        trees = ExtraTreesClassifier(300, random_state=SEED, class_weight="balanced", min_samples_leaf=2)
        truth = clips.truth[fold.train]
        trees.fit(np.concatenate([features[fold.train], mirrored[fold.train]]), np.concatenate([truth, truth]))
        together = trees.predict_proba(features[fold.test]) + trees.predict_proba(mirrored[fold.test])
        predicted[fold.test] = trees.classes_[together.argmax(axis=1)]
    return predicted


def by_majority(clips: TrainingClips, folds: list[Fold]) -> Ints:
    """Predict every clip while its games are held out."""
    predicted = np.zeros(len(clips), np.int64)
    for fold in folds:
        predicted[fold.test] = np.bincount(clips.truth[fold.train], minlength=len(clips.labels)).argmax()
    return predicted


def by_gradients(clips: TrainingClips, features: npt.NDArray[np.float32], folds: list[Fold]) -> Ints:
    """Predict every clip while its games are held out."""
    predicted = np.zeros(len(clips), np.int64)
    for fold in folds:
        machine = make_pipeline(StandardScaler(), LinearSVC(C=C, random_state=SEED, max_iter=20_000))
        machine.fit(features[fold.train], clips.truth[fold.train])
        predicted[fold.test] = machine.predict(features[fold.test])
    return predicted


def measured(clips: TrainingClips, predicted: Ints) -> dict[str, Any]:
    """Return accuracy and macro F1 with 95 % intervals over games."""
    groups, classes = [item.kept_together for item in clips.items], len(clips.labels)
    accuracy = accuracy_interval(clips.truth, predicted, groups=groups)
    macro = over_groups(
        lambda drawn: report(confusion_matrix(clips.truth[drawn], predicted[drawn], classes=classes)).macro_f1,
        groups,
        rounds=ROUNDS,
    )
    whole = report(confusion_matrix(clips.truth, predicted, classes=classes))
    return {
        "accuracy": accuracy.value,
        "accuracy_interval": [accuracy.low, accuracy.high],
        "macro_f1": macro.value,
        "macro_f1_interval": [macro.low, macro.high],
        "balanced_accuracy": whole.balanced_accuracy,
        "confusion": whole.confusion.tolist(),
    }


def held_out(path: Path, clips: TrainingClips) -> Ints:
    """Read the held-out predictions of a run of the recipe."""
    predictions = read_clip_predictions(path)
    rows = {clip_id: row for row, clip_id in enumerate(predictions.ids)}
    order = [rows[item.id] for item in clips.items]
    return np.array([clips.labels.index(predictions.classes[k]) for k in predictions.values[order].argmax(axis=1)])


def measure(clips: TrainingClips, folds: list[Fold], predictions: Path | None) -> dict[str, Any]:
    """Return all results."""
    features = np.stack([gradients(clips.read(row)) for row in range(len(clips))])
    mixed = StratifiedKFold(5, shuffle=True, random_state=SEED).split(features, clips.truth)
    predicted = {
        "majority": by_majority(clips, folds),
        "gradients": by_gradients(clips, features, folds),
        "ball and motion": by_trees(clips, folds),
        "gradients, games mixed": by_gradients(clips, features, [Fold(train, test) for train, test in mixed]),
    }
    result: dict[str, Any] = {
        "clips": len(clips),
        "groups": len({item.kept_together for item in clips.items}),
        "largest_class_share": float(np.bincount(clips.truth).max() / len(clips)),
    }
    if predictions is not None:
        predicted["recipe"] = held_out(predictions, clips)
        gain = difference_interval(
            clips.truth,
            predicted["recipe"],
            predicted["gradients"],
            groups=[item.kept_together for item in clips.items],
        )
        result["recipe_over_gradients"] = [gain.value, gain.low, gain.high]
    return {**result, "by": {name: measured(clips, values) for name, values in predicted.items()}}


def show(result: dict[str, Any]) -> None:
    share = 100 * result["largest_class_share"]
    print(f"{result['clips']} clips of {result['groups']} games; largest class {share:.1f} %")
    print(f"{'':24}accuracy [95 %]          macro F1 [95 %]")
    for name, row in result["by"].items():
        accuracy, macro = (
            f"{100 * row[key]:5.1f} [{100 * row[f'{key}_interval'][0]:.1f} to {100 * row[f'{key}_interval'][1]:.1f}]"
            for key in ("accuracy", "macro_f1")
        )
        print(f"{name:24}{accuracy:25}{macro}")
    if "recipe_over_gradients" in result:
        gain, low, high = (100 * value for value in result["recipe_over_gradients"])
        print(f"recipe minus gradients: {gain:+.1f} points [{low:+.1f} to {high:+.1f}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", type=Path, help="held_out.csv of a run of the recipe")
    parser.add_argument("--json", type=Path, help="write the result here")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    settings = RecogniserRecipe.model_validate(read_recipe(RECIPE).settings)
    with tempfile.TemporaryDirectory() as cache:
        clips = read_training_clips(
            settings.data, root=settings.data_root, recipe_folder=RECIPE.parent, cache=Path(cache) / "clips"
        )
        result = measure(clips, folds_of(clips, settings.data), chosen.held_out)
    show(result)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
