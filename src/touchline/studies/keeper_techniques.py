"""Fitting of the built-in techniques, and measurement of how reliable their names are.

The unit is the shot: comparable poses of one shot's pictures are averaged. K-means searches as many clusters as were
published, and each gets the name of the published technique with which it shares most shots. Everything is measured on
held-out shots: whether two pictures of one shot get the same name, with the published recipe measured in the same way;
and how far clusters move when the shots are resampled (adjusted Rand index of bootstrap samples).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Indices
from touchline.core.errors import InputError
from touchline.core.extras import need
from touchline.formats.keeper.tables import ShotTable
from touchline.goalkeeping.reference import TECHNIQUES, centroids, nearest_centre, pose_features
from touchline.goalkeeping.technique import (
    LEAST_CONFIDENCE,
    Example,
    PoseMap,
    Techniques,
    came_prior,
    confidence_of,
    lead_of,
    probabilities_of,
)
from touchline.goalkeeping.views import bone_lengths, comparable
from touchline.metrics.bootstrap import mean_interval
from touchline.metrics.calibration import equal_counts
from touchline.studies.keeper_reference import ReferenceTables
from touchline.training.keeper.saves_fit import fit_logit

SEED = 0
STARTS = 50
FOLDS = 5
EXAMPLES_EACH = 6
FARTHEST_PERCENT = 99.0
_TEMPERATURES = np.geomspace(0.2, 50.0, 120)


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """Pictures of professionals and the shots that they show.

    Attributes:
        rows: int64 (pictures,), rows of the published table.
        shot_of: int64 (pictures,), index into ``shots``.
        shots: int64 (n,), ids.
        views: float64 (pictures, 16, 3), comparable poses.
        poses: float64 (n, 16, 3), mean over the pictures of a shot.
        published: int64 (n,), the published technique of most of a shot's pictures.

    """

    rows: Indices
    shot_of: Indices
    shots: Indices
    views: Floats64
    poses: Floats64
    published: Indices

    @property
    def pairs(self) -> Indices:
        """Pairs of pictures (m, 2) that show the same shot."""
        count = len(self.rows)
        first, second = np.triu_indices(count, k=1)
        same = self.shot_of[first] == self.shot_of[second]
        return np.stack([first[same], second[same]], axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of the names of two pictures of the same shot, measured on held-out shots.

    Attributes:
        pairs: number of pairs of pictures.
        agree: share of pairs with the same name.
        low, high: 95 % interval of that share, by a bootstrap over shots.
        kappa: Cohen's kappa, the agreement beyond chance.
        told: share of pairs in which both techniques can be named; 1 if that is not tested.
        agree_told: share of these with the same name.

    """

    pairs: int
    agree: float
    low: float
    high: float
    kappa: float
    told: float = 1.0
    agree_told: float = float("nan")

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values."""
        return {
            name: None if value != value else round(value, 4)
            for name in ("pairs", "agree", "low", "high", "kappa", "told", "agree_told")
            if (value := getattr(self, name)) is not None
        }


def pictured_shots(tables: ReferenceTables) -> Pictured:
    """Return the pictures that the authors kept, made comparable and grouped by shot.

    Raises:
        InputError: too few shots for clustering.

    """
    kept = np.setdiff1d(np.arange(len(tables.poses)), tables.choices.rejected_rows)
    shots, shot_of = np.unique(tables.poses.shots[kept], return_inverse=True)
    if len(shots) < FOLDS * len(TECHNIQUES):
        raise InputError(
            f"{tables.folder}: {len(shots)} pictured shots; techniques need {FOLDS * len(TECHNIQUES)} or more"
        )
    views = comparable(tables.poses.joints[kept])
    names = [tables.choices.technique[str(name)] for name in tables.poses.files[kept]]
    votes = np.zeros((len(shots), len(TECHNIQUES)))
    np.add.at(votes, (shot_of, np.array([TECHNIQUES.index(name) for name in names])), 1)
    return Pictured(
        kept, shot_of.astype(np.int64), shots, views, _mean_by(views, shot_of, len(shots)), votes.argmax(axis=1)
    )


def fit_techniques(tables: ReferenceTables, *, bootstraps: int = 200) -> Techniques:
    """Fit the techniques and measure how reliable they are.

    Raises:
        InputError: as for :func:`pictured_shots`.

    """
    metrics = need("sklearn.metrics", what="grouping techniques")
    pictured = pictured_shots(tables)
    flat = _flat(pictured.poses)
    labels, centres = named_clusters(flat, pictured.published)
    engagement = tables.shots.engagement[pictured.shots]
    across = _across_views(pictured, engagement)
    squared = _squared(_flat(pictured.views), centres)
    facts = {
        "shots": len(pictured.shots),
        "pictures": len(pictured.rows),
        "shots_each": np.bincount(labels, minlength=len(TECHNIQUES)).tolist(),
        "published_name_kept": round(float((labels == pictured.published).mean()), 4),
        "rand_index_with_published": round(float(metrics.adjusted_rand_score(pictured.published, labels)), 4),
        "bootstrap_rand_index": _stability(flat, labels, rounds=bootstraps),
        "published_bootstrap_rand_index": _published_stability(tables, pictured, rounds=bootstraps),
        "two_pictures": across.agreement.to_json(),
        "two_pictures_published_recipe": _published_agreement(tables, pictured, engagement=False).to_json(),
        "two_pictures_with_engagement": across.with_engagement.to_json(),
        "two_pictures_published_recipe_with_engagement": _published_agreement(
            tables, pictured, engagement=True
        ).to_json(),
        "two_likeliest": across.two_likeliest,
        "confidence": across.calibration,
        "saves": _saves(tables.shots, pictured, labels),
    }
    came_mean, came_sd = came_out(engagement, labels)
    return Techniques(
        names=TECHNIQUES,
        centres=centres.reshape(len(TECHNIQUES), -1, 2),
        share=np.bincount(labels, minlength=len(TECHNIQUES)) / len(labels),
        engagement_mean=came_mean,
        engagement_sd=came_sd,
        temperature=across.temperature,
        confidence=across.confidence,
        farthest=float(np.percentile(squared.min(axis=1), FARTHEST_PERCENT)),
        bones=bone_lengths(pictured.views).mean(axis=0),
        examples=_examples(tables.shots, pictured, labels),
        map=_map(flat, labels),
        facts=facts,
    )


def techniques_of_shots(tables: ReferenceTables, techniques: Techniques) -> Mapping[int, str]:
    """Return the technique of each shot with a kept picture, by the shot's id; all pictures of a shot count as one."""
    pictured = pictured_shots(tables)
    squared = _squared(_flat(pictured.poses), techniques.centres.reshape(len(techniques.names), -1))
    return {int(shot): techniques.names[k] for shot, k in zip(pictured.shots, squared.argmin(axis=1), strict=True)}


def named_clusters(
    flat: Floats64, published: Indices, *, starts: int = STARTS, seed: int = SEED
) -> tuple[Indices, Floats64]:
    """Cluster poses (n, 32) by K-means, clusters in the order of ``TECHNIQUES``: labels (n,), and centres (4, 32)."""
    from scipy.optimize import linear_sum_assignment

    cluster = need("sklearn.cluster", what="grouping techniques")
    found = cluster.KMeans(len(TECHNIQUES), n_init=starts, random_state=seed).fit(flat)
    shared = np.zeros((len(TECHNIQUES), len(TECHNIQUES)))
    np.add.at(shared, (published, found.labels_), 1)
    names, clusters = linear_sum_assignment(-shared)
    name_of = names[np.argsort(clusters)]
    return name_of[found.labels_].astype(np.int64), found.cluster_centers_[clusters[np.argsort(names)]]


@dataclass(frozen=True, slots=True)
class _Across:
    """Measurements over several pictures of a shot.

    They are the temperature, the confidence line, agreement, agreement with engagement, calibration, and how often
    another picture's name is among the two likeliest.
    """

    temperature: float
    confidence: tuple[float, float]
    agreement: Agreement
    with_engagement: Agreement
    calibration: list[dict[str, float]]
    two_likeliest: dict[str, Any]


def came_out(engagement: Floats64, labels: Indices) -> tuple[Floats64, Floats64]:
    """Return mean and standard deviation (4,) of the keepers' engagement (n,), by technique."""
    groups = [engagement[labels == k] for k in range(len(TECHNIQUES))]
    return np.array([g.mean() for g in groups]), np.array([g.std(ddof=1) for g in groups])


def _across_views(pictured: Pictured, engagement: Floats64) -> _Across:
    """Measure how certain names are, on shots held out from the fit of the centres."""
    count, pairs = len(pictured.shots), pictured.pairs
    fold = np.random.default_rng(SEED).permutation(count) % FOLDS
    flat, views = _flat(pictured.poses), _flat(pictured.views)
    squared, priors = np.zeros((len(views), len(TECHNIQUES))), np.zeros((len(views), len(TECHNIQUES)))
    for k in range(FOLDS):
        mine, left_out = fold != k, fold[pictured.shot_of] == k
        labels, centres = named_clusters(flat[mine], pictured.published[mine])
        squared[left_out] = _squared(views[left_out], centres)
        mean, sd = came_out(engagement[mine], labels)
        priors[left_out] = came_prior(engagement[pictured.shot_of[left_out]], mean=mean, sd=sd)
    names, both_ways = squared.argmin(axis=1), np.concatenate([pairs, pairs[:, ::-1]])

    def loss(temperature: float) -> float:
        p = probabilities_of(squared, temperature=temperature)
        return float(-np.log(p[both_ways[:, 0], names[both_ways[:, 1]]]).mean())

    temperature = float(min(_TEMPERATURES, key=loss))
    p = probabilities_of(squared, temperature=temperature)
    same = names[both_ways[:, 0]] == names[both_ways[:, 1]]
    leads = np.stack([np.ones(len(p)), lead_of(p)], axis=1)
    line, _ = fit_logit(leads[both_ways[:, 0]], same.astype(np.float64), penalty=np.zeros(2))
    sure = confidence_of(p, calibration=(float(line[0]), float(line[1])))
    agreement = _agreement(names, pictured, told=sure >= LEAST_CONFIDENCE)
    helped = probabilities_of(squared, temperature=temperature, prior=priors).argmax(axis=1)
    calibration = _calibration(sure[both_ways[:, 0]], same)
    likeliest = _two_likeliest(p, names, pictured, unsure=sure < LEAST_CONFIDENCE)
    with_engagement = _agreement(helped, pictured)
    return _Across(temperature, (float(line[0]), float(line[1])), agreement, with_engagement, calibration, likeliest)


def _two_likeliest(p: Floats64, names: Indices, pictured: Pictured, *, unsure: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Measure how often another picture's name is among a picture's two likeliest: of all, and of those unnamed."""
    both_ways = np.concatenate([pictured.pairs, pictured.pairs[:, ::-1]])
    among = (np.argsort(p, axis=1)[both_ways[:, 0], -2:] == names[both_ways[:, 1], None]).any(axis=1)
    groups = pictured.shot_of[both_ways[:, 0]]

    def measured(rows: npt.NDArray[np.bool_]) -> dict[str, float]:
        share = mean_interval(among[rows], groups=groups[rows], seed=SEED)
        return {
            "pictures": int(rows.sum()),
            "among": round(share.value, 4),
            "low": round(share.low, 4),
            "high": round(share.high, 4),
        }

    unnamed = unsure[both_ways[:, 0]]
    found: dict[str, Any] = {"all": measured(np.ones(len(among), bool))}
    return {**found, "unnamed": measured(unnamed)} if unnamed.any() else found


def _agreement(names: Indices, pictured: Pictured, *, told: npt.NDArray[np.bool_] | None = None) -> Agreement:
    metrics = need("sklearn.metrics", what="grouping techniques")
    pairs = pictured.pairs
    first, second = names[pairs[:, 0]], names[pairs[:, 1]]
    same = first == second
    share = mean_interval(same, groups=pictured.shot_of[pairs[:, 0]], seed=SEED)
    known = Agreement(len(pairs), share.value, share.low, share.high, float(metrics.cohen_kappa_score(first, second)))
    if told is None:
        return known
    both = told[pairs].all(axis=1)
    return replace(known, told=float(both.mean()), agree_told=float(same[both].mean()) if both.any() else float("nan"))


def _calibration(said: Floats64, same: npt.NDArray[np.bool_], *, bins: int = 4) -> list[dict[str, float]]:
    found = equal_counts(said, same, bins=bins)
    return [
        {"said": round(float(mean), 4), "agreed": round(float(share), 4), "pictures": int(count)}
        for mean, share, count in zip(found.said, found.happened, found.count, strict=True)
    ]


def _published_agreement(tables: ReferenceTables, pictured: Pictured, *, engagement: bool) -> Agreement:
    """Measure the published recipe in the same way; engagement is one number for all pictures of a shot."""
    features = _published_features(tables, pictured)
    features = features if engagement else features[:, :-1]
    labels = np.array([TECHNIQUES.index(tables.choices.technique[str(f)]) for f in tables.poses.files[pictured.rows]])
    fold = np.random.default_rng(SEED).permutation(len(pictured.shots)) % FOLDS
    names = np.zeros(len(labels), np.int64)
    for k in range(FOLDS):
        left_out = fold[pictured.shot_of] == k
        centres = centroids(features[~left_out], labels[~left_out])
        names[left_out] = nearest_centre(features[left_out], centres)[0]
    return _agreement(names, pictured)


def _stability(flat: Floats64, labels: Indices, *, rounds: int) -> dict[str, float]:
    """Return the adjusted Rand index with clusters of bootstrapped shots: median, 5 % and 95 %."""
    cluster = need("sklearn.cluster", what="grouping techniques")
    metrics = need("sklearn.metrics", what="grouping techniques")
    rng = np.random.default_rng(SEED)
    found = []
    for seed in range(rounds):
        drawn = flat[rng.integers(0, len(flat), len(flat))]
        again = cluster.KMeans(len(TECHNIQUES), n_init=10, random_state=seed).fit(drawn)
        found.append(metrics.adjusted_rand_score(labels, again.predict(flat)))
    low, median, high = np.percentile(found, [5, 50, 95])
    return {"median": round(float(median), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _published_stability(tables: ReferenceTables, pictured: Pictured, *, rounds: int) -> dict[str, float]:
    """Return the same for the published features, with the pictures resampled by shot."""
    cluster = need("sklearn.cluster", what="grouping techniques")
    metrics = need("sklearn.metrics", what="grouping techniques")
    features = _published_features(tables, pictured)
    best = cluster.KMeans(len(TECHNIQUES), n_init=STARTS, random_state=SEED).fit(features).labels_
    rng, count = np.random.default_rng(SEED), len(pictured.shots)
    found = []
    for seed in range(rounds):
        times = np.bincount(rng.integers(0, count, count), minlength=count)[pictured.shot_of]
        again = cluster.KMeans(len(TECHNIQUES), n_init=10, random_state=seed).fit(np.repeat(features, times, axis=0))
        found.append(metrics.adjusted_rand_score(best, again.predict(features)))
    low, median, high = np.percentile(found, [5, 50, 95])
    return {"median": round(float(median), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def _published_features(tables: ReferenceTables, pictured: Pictured) -> Floats64:
    engagement = tables.shots.engagement[pictured.shots[pictured.shot_of]]
    return pose_features(tables.poses.joints[pictured.rows], engagement=engagement)


def _saves(shots: ShotTable, pictured: Pictured, labels: Indices) -> dict[str, dict[str, int]]:
    """Count pictured shots on target of each technique, and how many of these were saved."""
    target, saved = shots.on_target[pictured.shots], shots.outcome[pictured.shots] == "Saved"
    return {
        name: {"on_target": int((target & (labels == k)).sum()), "saved": int((saved & (labels == k)).sum())}
        for k, name in enumerate(TECHNIQUES)
    }


def _examples(shots: ShotTable, pictured: Pictured, labels: Indices) -> tuple[Example, ...]:
    """Choose differing shots of each technique: the most central, then each time the farthest from those chosen."""
    flat, found = _flat(pictured.poses), []
    for k in range(len(TECHNIQUES)):
        mine = np.flatnonzero(labels == k)
        apart = ((flat[mine][:, None] - flat[mine][None]) ** 2).sum(axis=2)
        near = apart.sum(axis=1) <= np.percentile(apart.sum(axis=1), 90)  # the most unusual tenth exemplifies nothing
        chosen = [int(apart.sum(axis=1).argmin())]
        while len(chosen) < min(EXAMPLES_EACH, int(near.sum())):
            chosen.append(int(np.where(near, apart[:, chosen].min(axis=1), -1.0).argmax()))
        for i in mine[chosen]:
            shot = int(pictured.shots[i])
            found.append(Example(shot, k, pictured.poses[i], str(shots.outcome[shot])))
    return tuple(found)


def _map(flat: Floats64, labels: Indices) -> PoseMap:
    mean = flat.mean(axis=0)
    _, sizes, directions = np.linalg.svd(flat - mean, full_matrices=False)
    axes = directions[:2] * np.sign(directions[:2].sum(axis=1, keepdims=True))
    explained = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
    return PoseMap(mean, axes, (flat - mean) @ axes.T, labels, explained)


def _flat(poses: Floats64) -> Floats64:
    return poses[..., :2].reshape(len(poses), -1)


def _squared(flat: Floats64, centres: Floats64) -> Floats64:
    return np.asarray(((flat[:, None] - centres[None]) ** 2).sum(axis=2))


def _mean_by(values: Floats64, group: npt.NDArray[np.intp], count: int) -> Floats64:
    total = np.zeros((count, *values.shape[1:]))
    np.add.at(total, group, values)
    return np.asarray(total / np.bincount(group, minlength=count)[:, None, None])
