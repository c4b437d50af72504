"""Measurement of the keeper-pose network on held-out pictures, beside two baselines and the published poses.

The truth is the published poses, which another network made and which have errors themselves: two pictures of one shot
agree on the technique in only 64 of 100 cases. So in addition to the distance from them, the consistency of each
estimator over several pictures of one shot is measured, which needs no truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.core.extras import need
from touchline.core.poses import JOINTS, PELVIS
from touchline.formats.keeper.pictures import ONE_ON_ONE, KeeperPicture
from touchline.goalkeeping.pose_finder import PoseFinder, logit
from touchline.goalkeeping.reference import TECHNIQUES, nearest_centre, pose_features
from touchline.goalkeeping.technique import name_technique
from touchline.goalkeeping.views import comparable
from touchline.metrics.bootstrap import Interval, over_groups
from touchline.metrics.poses import agreement, correct_joints, scaled_errors
from touchline.models.runtime.fitting import fit_in_square
from touchline.models.specs.pose_spec import ConfidenceSpec
from touchline.training.keeper.pose_data import read_picture

WITHIN = 0.2
ROUNDS = 1000
"""Of the bootstrap intervals."""
_HOG_SIDE_PX = 96
_MARGIN = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An estimator's output for pictures, each padded to a square.

    Attributes:
        places: float64 (n, 16, 3), x, y and depth as shares of the square's side.
        shares: float64 (n, 16), concentration of each heat map; NaN if there are no heat maps.
        seen: float64 (n, 17), probability that each joint is visible, then that there is a person; NaN likewise.

    """

    places: Floats64
    shares: Floats64
    seen: Floats64


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The published poses of pictures, each padded to a square.

    Attributes:
        places: float64 (n, 16, 3), x, y and depth as shares of the square's side.
        groups: str (n,); pictures of one shot have the same group.
        kept: bool (n,), whether the authors kept the pose.

    """

    places: Floats64
    groups: npt.NDArray[np.str_]
    kept: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[Any]) -> Truth:
        """Return a selection of the poses."""
        return Truth(self.places[rows], self.groups[rows], self.kept[rows])


def truth_of(pictures: Sequence[KeeperPicture], sizes: Sequence[tuple[int, int]]) -> Truth:
    """Return the published poses of pictures of given sizes (height, width)."""
    places = []
    for picture, (height, width) in zip(pictures, sizes, strict=True):
        side = max(height, width)
        margin = np.array([(side - width) / 2, (side - height) / 2])
        flat = (picture.joints_px + margin) / side
        places.append(np.concatenate([flat, picture.joints_3d[:, 2:]], axis=1))
    groups = np.array([picture.group for picture in pictures])
    return Truth(np.stack(places), groups, np.array([picture.kept for picture in pictures]))


def look_at(finder: PoseFinder, pictures: Sequence[KeeperPicture]) -> Found:
    """Run a network on pictures."""
    answers = [finder.look(read_picture(picture.path)) for picture in pictures]
    places, shares, seen = (np.stack([answer[part] for answer in answers]) for part in range(3))
    return Found(places.astype(np.float64), shares.astype(np.float64), seen.astype(np.float64))


def mean_pose(truth: Truth, fold: Indices) -> Found:
    """Predict the mean pose of the other folds for every picture."""
    places = np.stack([truth.places[fold != held].mean(axis=0) for held in fold])
    return _without_doubt(places)


def nearest_picture(pictures: Sequence[KeeperPicture], truth: Truth, fold: Indices) -> Found:
    """Predict the pose of the most similar picture in the other folds, by histograms of oriented gradients."""
    looks = np.stack([_gradients(picture) for picture in pictures])
    apart = (looks**2).sum(1)[:, None] + (looks**2).sum(1)[None] - 2 * looks @ looks.T
    apart[fold[:, None] == fold[None]] = np.inf
    return _without_doubt(truth.places[apart.argmin(axis=1)])


def _without_doubt(places: Floats64) -> Found:
    count = len(places)
    return Found(places, np.full((count, len(JOINTS)), np.nan), np.full((count, len(JOINTS) + 1), np.nan))


def _gradients(picture: KeeperPicture) -> Floats64:
    square = np.zeros((_HOG_SIDE_PX, _HOG_SIDE_PX, 3), np.uint8)
    fit_in_square(read_picture(picture.path), into=square)
    hog = cv2.HOGDescriptor((_HOG_SIDE_PX, _HOG_SIDE_PX), (16, 16), (8, 8), (8, 8), 9)
    return np.asarray(hog.compute(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)), np.float64).ravel()


def measure_poses(found: Found, truth: Truth, *, rows: npt.NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """Measure the share of correct joints and the 3-D error, over all or some pictures, with intervals over shots."""
    keep = np.ones(len(truth.groups), bool) if rows is None else rows
    known, groups = truth.places[keep], truth.groups[keep]
    correct = correct_joints(found.places[keep, :, :2], known[..., :2], within=WITHIN)
    errors = scaled_errors(found.places[keep], known)
    return {
        "pictures": int(keep.sum()),
        "shots": len(np.unique(groups)),
        "pck": as_json(over_groups(lambda k: float(correct[k].mean()), groups, rounds=ROUNDS)),
        "mpjpe_torsos": as_json(over_groups(lambda k: float(errors[k].mean()), groups, rounds=ROUNDS)),
        "by_joint": {name: round(float(value), 4) for name, value in zip(JOINTS, correct.mean(axis=0), strict=True)},
    }


def as_json(interval: Interval) -> dict[str, float]:
    """Convert an interval to plain values."""
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}


@dataclass(frozen=True, slots=True, eq=False)
class ShotViews:
    """The pictures of shots: their rows, shots, the keeper's engagement, and the published technique.

    Attributes:
        rows: int64 (n,), rows of the measured pictures.
        shots: str (n,).
        engagement: float64 (n,).
        technique: int64 (n,), index into the published ones; -1 if the authors left the picture out.

    """

    rows: Indices
    shots: npt.NDArray[np.str_]
    engagement: Floats64
    technique: Indices


def shot_views(pictures: Sequence[KeeperPicture], *, engagement: Floats64, technique: Mapping[str, str]) -> ShotViews:
    """Select the pictures of shots; ``engagement`` is by shot id."""
    rows = [row for row, picture in enumerate(pictures) if picture.source == ONE_ON_ONE]
    ids = [int(pictures[row].group.partition("-")[2]) for row in rows]
    named = [TECHNIQUES.index(technique[pictures[r].name]) if pictures[r].name in technique else -1 for r in rows]
    shots = np.array([pictures[row].group for row in rows])
    return ShotViews(np.array(rows, np.int64), shots, engagement[ids], np.array(named, np.int64))


def pose_in_space(places: Floats64) -> Floats64:
    """Return places (n, 16, 3) relative to the pelvis."""
    return np.asarray(places - places[:, PELVIS, None])


def published_names(places: Floats64, views: ShotViews, centres: Floats64) -> Indices:
    """Return the nearest published technique of poses (n, 16, 3), by the published method."""
    features = pose_features(pose_in_space(places), engagement=views.engagement)
    return nearest_centre(features, centres)[0]


def shipped_names(places: Floats64) -> list[str]:
    """Return the most likely built-in technique by pose alone; empty if it is unknown."""
    readings = [name_technique(pose) for pose in pose_in_space(places)]
    return [max(r.probabilities, key=lambda name: r.probabilities[name]) if r.probabilities else "" for r in readings]


def measure_techniques(found: Found, truth: Truth, views: ShotViews, *, centres: Floats64) -> dict[str, Any]:
    """Measure how often techniques agree: between two pictures of a shot, and with the published poses.

    Args:
        found: output of an estimator.
        truth: the published poses of the same pictures.
        views: the pictures that show shots.
        centres: float64 (4, 33), centres of the published techniques.

    """
    known = truth.places[views.rows]
    kept = views.technique >= 0
    said: dict[str, Any] = {}
    names: dict[str, dict[str, npt.NDArray[Any]]] = {}
    for source, places in (("found", found.places[views.rows]), ("published", known)):
        names[source] = {way: np.asarray(naming(places, views, centres))[kept] for way, naming in _NAMINGS.items()}
        between = {way: _between_views(those, views.shots[kept]) for way, those in names[source].items()}
        said[source] = {"steadiness": steadiness(places[kept], views.shots[kept]), **between}
    said["same_as_published"] = {
        way: _same(those, names["published"][way], views.shots[kept]) for way, those in names["found"].items()
    }
    said["steadier_than_published"] = {
        way: _gain(those, names["published"][way], views.shots[kept]) for way, those in names["found"].items()
    }
    return said


def _gain(first: npt.NDArray[Any], second: npt.NDArray[Any], shots: npt.NDArray[np.str_]) -> dict[str, Any]:
    """Measure how much more often first names agree between pictures of a shot than second names, on the same pairs."""
    pairs = view_pairs(shots)
    if not len(pairs):
        return {"n": 0}
    one, other = ((names[pairs[:, 0]] == names[pairs[:, 1]]).astype(np.float64) for names in (first, second))
    gain = over_groups(lambda k: float((one - other)[k].mean()), shots[pairs[:, 0]], rounds=ROUNDS)
    return {**as_json(gain), "n": len(pairs)}


_NAMINGS: dict[str, Callable[[Floats64, ShotViews, Floats64], npt.ArrayLike]] = {
    "published_recipe": published_names,
    "touchline": lambda places, views, centres: shipped_names(places),
}


def _same(first: npt.NDArray[Any], second: npt.NDArray[Any], groups: npt.NDArray[np.str_]) -> dict[str, Any]:
    interval = over_groups(lambda k: agreement(first[k].tolist(), second[k].tolist())[0], groups, rounds=ROUNDS)
    return {**as_json(interval), "kappa": round(agreement(first.tolist(), second.tolist())[1], 4), "n": len(first)}


def _between_views(names: npt.NDArray[Any], shots: npt.NDArray[np.str_]) -> dict[str, Any]:
    """Measure agreement over all pairs of pictures of one shot."""
    pairs = view_pairs(shots)
    if not len(pairs):
        return {"n": 0}
    return _same(names[pairs[:, 0]], names[pairs[:, 1]], shots[pairs[:, 0]])


def view_pairs(shots: npt.NDArray[np.str_]) -> Indices:
    """Return pairs of rows (n, 2) of the same shot."""
    found = [pair for shot in np.unique(shots) for pair in combinations(np.flatnonzero(shots == shot).tolist(), 2)]
    return np.array(found, np.int64).reshape(-1, 2)


def steadiness(places: Floats64, shots: npt.NDArray[np.str_]) -> dict[str, float]:
    """Return the variation of comparable poses between pictures of one shot, relative to that between shots.

    0 is perfectly consistent; 1 means that two pictures of one shot are no more alike than two of different shots.
    """
    flat = comparable(pose_in_space(places))[..., :2].reshape(len(places), -1)
    pairs = view_pairs(shots)
    if not len(pairs):
        return {"n": 0.0}
    within = float(((flat[pairs[:, 0]] - flat[pairs[:, 1]]) ** 2).sum(1).mean()) / 2
    return {"within_over_all": round(within / float(flat.var(axis=0, ddof=1).sum()), 4), "n": float(len(pairs))}


def fit_confidence(found: Found, truth: Truth, *, sure: npt.NDArray[np.bool_] | None = None) -> ConfidenceSpec:
    """Fit the logistic function for the probability that a joint is correct, on held-out pictures that were kept.

    Args:
        found: output for held-out pictures.
        truth: poses of the same pictures.
        sure: bool (n, 16), the joints whose truth is trusted; all if None.

    """
    linear = need("sklearn.linear_model", what="measuring joints", extra="train")
    right = correct_joints(found.places[..., :2], truth.places[..., :2], within=WITHIN)
    known = truth.kept[:, None] & (np.ones(right.shape, bool) if sure is None else sure)
    correct = right[known]
    if correct.all() or not correct.any():  # nothing separates right from wrong
        return ConfidenceSpec(share=0.0, seen=0.0, offset=4.0 if correct.all() else -4.0)
    inputs = np.stack([logit(found.shares[known]), logit(found.seen[:, :-1][known])], axis=1)
    fitted = linear.LogisticRegression(C=1.0).fit(inputs, correct)
    share, seen = (round(float(weight), 4) for weight in fitted.coef_[0])
    return ConfidenceSpec(share=share, seen=seen, offset=round(float(fitted.intercept_[0]), 4))


def fit_seen_from(finder: PoseFinder, pictures: Sequence[KeeperPicture], *, seed: int = 0) -> float:
    """Fit the visibility threshold of a joint: 99 of 100 joints that are present lie above it.

    Args:
        finder: runs the network.
        pictures: training pictures; their lower parts are cut off at random.
        seed: of the cuts.

    """
    rng = np.random.default_rng(seed)
    there: list[float] = []
    for picture in pictures:
        pixels = read_picture(picture.path)
        bottom = int(len(pixels) * rng.uniform(0.45, 0.8))
        seen = finder.look(pixels[:bottom])[2][:-1]
        there += seen[picture.joints_px[:, 1] < bottom - _MARGIN * len(pixels)].tolist()
    return round(float(np.percentile(there, 1)), 3) if there else ConfidenceSpec().seen_from
