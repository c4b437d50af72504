"""SoccerNet's average-mAP for action spotting.

By default every value equals that of the ``SoccerNet`` package (0.2.0), including its peculiarities; ``strict`` scores
without them. docs/explanation/spotting-metric.md lists the differences.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.columns import EventColumns, FloatArray, IntArray, columns_from_timeline
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Timeline
from touchline.core.suggestions import did_you_mean
from touchline.metrics.spotting import curves, frames
from touchline.metrics.spotting.matching import match_events

Game = EventColumns | Timeline
ALL, SEEN, UNSEEN = 0, 1, 2
STRICT_FPS = 1000.0
MAX_SPAN_MS = 10 * 86_400_000
MAX_HALVES = 99
UNSHOWN_FACTOR = 17 / 13
"""SoccerNet scales the unshown aggregate by this factor, because 13 of its 17 classes have unshown events."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Predictions and truth on one axis; ``reaches`` are the tolerances in frames."""

    truth: frames.Axis
    predictions: frames.Axis
    stream_count: int
    stride: int
    reaches: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SpottingReport:
    """The result of an evaluation of event spotting.

    Attributes:
        labels: class names, in the order of the last axis.
        metric: ``"at1"``, ``"tight"``, ``"loose"``, ...
        strict: whether SoccerNet's peculiarities were disabled.
        fps: frames per second that times were rounded to.
        deltas_s: (D,), tolerances in seconds; an event matches within half of one.
        ap: (D, 3, C), average precision for all, visible and unshown events; NaN where strict finds no truth.
        truths: (3, C), number of true events.
        predicted: (C,), number of scored predictions.
        best: (threshold, precision, recall, F1) of each class at the best F1 at the widest tolerance.

    """

    labels: tuple[str, ...]
    metric: str
    strict: bool
    fps: float
    deltas_s: tuple[float, ...]
    ap: FloatArray
    truths: IntArray
    predicted: IntArray
    best: FloatArray

    def per_class(self, kind: int = ALL) -> FloatArray:
        """Return the average precision of each class (C,), averaged over the tolerances."""
        return _over_tolerances(self.ap[:, kind])

    def aggregate(self, kind: int = ALL) -> float:
        """Return the average-mAP of all, visible or unshown events."""
        ap = self.ap[:, kind]
        if not self.strict:
            scale = UNSHOWN_FACTOR if kind == UNSEEN and len(ap) > 1 else 1.0
            return float(_over_tolerances(ap.mean(axis=-1))) * scale
        known = self.truths[kind] > 0
        return float(_over_tolerances(ap[:, known].mean(axis=-1))) if known.any() else math.nan

    def results(self) -> dict[str, float | list[float]]:
        """Return SoccerNet's result keys."""
        suffixes = {ALL: "", SEEN: "_visible", UNSEEN: "_unshown"}
        results: dict[str, float | list[float]] = {}
        for kind, suffix in suffixes.items():
            results[f"a_mAP{suffix}"] = self.aggregate(kind)
            results[f"a_mAP_per_class{suffix}"] = self.per_class(kind).tolist()
        return results


def average_map(
    truth: Sequence[Game],
    predictions: Sequence[Game],
    *,
    labels: Sequence[str],
    fps: float,
    metric: str = "loose",
    strict: bool = False,
) -> dict[str, float | list[float]]:
    """Return SoccerNet's results for games; see :func:`evaluate_spotting` for the arguments."""
    return evaluate_spotting(truth, predictions, labels=labels, fps=fps, metric=metric, strict=strict).results()


def evaluate_spotting(
    truth: Sequence[Game],
    predictions: Sequence[Game],
    *,
    labels: Sequence[str],
    fps: float,
    metric: str = "loose",
    strict: bool = False,
) -> SpottingReport:
    """Score the predictions of games against their truth.

    Args:
        truth: true events, one entry per game.
        predictions: predictions for the same games in the same order.
        labels: class names, in the order of the results; rows with another label are ignored.
        fps: frames per second that times are rounded down to (SoccerNet: 2, ball actions: 25); not used by strict.
        metric: ``"loose"`` (5 to 60 s), ``"tight"`` (1 to 5 s) or ``"atN"`` (N seconds).
        strict: whether to score without SoccerNet's peculiarities.

    Raises:
        UsageError: the metric is unknown.
        InputError: a time or confidence cannot be scored.

    """
    if len(truth) != len(predictions) or not truth:
        raise ValueError(f"truth has {len(truth)} games and predictions have {len(predictions)}; need equal, 1 or more")
    if not labels or len(set(labels)) != len(labels):
        raise ValueError(f"labels={list(labels)} must be at least one, all distinct")
    if not fps > 0:
        raise ValueError(f"fps={fps} must be above 0")
    deltas_s = metric_deltas_s(metric)
    true_rows = frames.collect_rows([_columns(g) for g in truth], labels=labels, truth=True)
    rows = frames.collect_rows([_columns(g) for g in predictions], labels=labels, truth=False)
    place = _place_strictly if strict else _place_as_soccernet
    scored = place(true_rows, rows, fps=fps, deltas_s=deltas_s)
    ap, truths, predicted, best = _score(scored, classes=len(labels), strict=strict)
    return SpottingReport(
        tuple(labels), metric, strict, STRICT_FPS if strict else float(fps), deltas_s, ap, truths, predicted, best
    )


def metric_deltas_s(metric: str) -> tuple[float, ...]:
    """Return the tolerances of a metric, in seconds.

    Raises:
        UsageError: the metric is unknown.

    """
    if metric == "loose":
        return tuple(float(s) for s in range(5, 61, 5))
    if metric == "tight":
        return tuple(float(s) for s in range(1, 6))
    found = re.fullmatch(r"at([1-9]\d{0,3})", metric)
    if found is None:
        near = did_you_mean(metric, ("loose", "tight"))
        raise UsageError(f"metric {metric!r} is unknown; use loose, tight, or atN with N in seconds, such as at1{near}")
    return (float(found[1]),)


def _columns(game: Game) -> EventColumns:
    """Convert a game to columns."""
    return columns_from_timeline(game) if isinstance(game, Timeline) else game


def _over_tolerances(values: FloatArray) -> FloatArray:
    """Return the area under values (D, ...) over the tolerances, divided by its width."""
    return values[0] if len(values) == 1 else ((values[:-1] + values[1:]) / 2).sum(axis=0) / (len(values) - 1)


def _place_as_soccernet(
    truth: list[frames.Rows], found: list[frames.Rows], *, fps: float, deltas_s: tuple[float, ...]
) -> Scored:
    """Place events as SoccerNet does: two halves of 120 min, the last event per class and frame, confidence >= 0."""
    reaches = tuple(math.floor(s * fps / 2) for s in deltas_s)
    stride = int(frames.HALF_S * fps) + max(reaches) + 1
    axes = []
    for part in (truth, found):
        known = [frames.select_rows(rows, (rows.half == 0) | (rows.half == 1)) for rows in part]
        placed = [frames.soccernet_frames(rows, fps=fps) for rows in known]
        axis = frames.join_games(known, placed, halves=2, stride=stride)
        keep = frames.last_of_each(axis.key)
        if part is found:
            keep &= axis.value >= 0
        axes.append(axis if keep.all() else frames.Axis(axis.key[keep], axis.value[keep]))
    return Scored(axes[0], axes[1], len(truth) * 2, stride, reaches)


def _place_strictly(
    truth: list[frames.Rows], found: list[frames.Rows], *, fps: float, deltas_s: tuple[float, ...]
) -> Scored:
    """Place every event at its own millisecond, in any half, with any finite confidence."""
    if not all(np.isfinite(rows.value).all() for rows in found):
        raise InputError("a confidence is not a number; strict scoring needs finite confidences")
    reaches = tuple(math.floor(s * STRICT_FPS / 2) for s in deltas_s)
    truth, found = ([frames.select_rows(rows, rows.half >= 0) for rows in part] for part in (truth, found))
    everything = [*truth, *found]
    positions = np.concatenate([rows.position_ms for rows in everything] + [np.zeros(1, np.int64)])
    halves = int(max(rows.half.max(initial=0) for rows in everything)) + 1
    origin = int(positions.min())
    stride = int(positions.max()) - origin + max(reaches) + 1
    if stride > MAX_SPAN_MS or halves > MAX_HALVES:
        raise InputError(f"times span {stride} ms over {halves} halves; strict scoring cannot handle that much")
    axes = [
        frames.join_games(part, [rows.position_ms - origin for rows in part], halves=halves, stride=stride)
        for part in (truth, found)
    ]
    return Scored(axes[0], axes[1], len(truth) * halves, stride, reaches)


def _score(scored: Scored, *, classes: int, strict: bool) -> tuple[FloatArray, IntArray, IntArray, FloatArray]:
    """Return (ap (D, 3, C), truths (3, C), predicted (C,), best (C, 4))."""
    truth, found = scored.truth, scored.predictions
    kind = curves.nearest_kind(truth, found.key, stride=scored.stride)
    true_kind = np.where(truth.value > 0, curves.VISIBLE, curves.UNSHOWN)
    matches = [match_events(truth.key, found.key, found.value, reach=reach) for reach in scored.reaches]
    starts = np.arange(classes + 1) * (scored.stream_count * scored.stride)
    true_edges, edges = np.searchsorted(truth.key, starts), np.searchsorted(found.key, starts)
    groups = ((0, 2), (1, 2)) if strict else ((0,), (1, 2))
    ap = np.zeros((len(matches), 3, classes))
    truths, best = np.zeros((3, classes), np.int64), np.zeros((classes, 4))
    for c in range(classes):
        mine = slice(true_edges[c], true_edges[c + 1])
        low, high = edges[c], edges[c + 1]
        score = found.value[low:high]
        hit_truth = [np.flatnonzero(m[mine] >= 0) for m in matches]
        matched = [m[mine][i] - low for m, i in zip(matches, hit_truth, strict=True)]
        own = [true_kind[mine][i] if strict else kind[low:high][m] for m, i in zip(matched, hit_truth, strict=True)]
        visible = int((true_kind[mine] == curves.VISIBLE).sum())
        truths[:, c] = (mine.stop - mine.start, visible, mine.stop - mine.start - visible)
        curve = curves.class_curves(
            score,
            kind[low:high],
            matched=matched,
            matched_kind=own,
            truths=truths[:, c],
            thresholds=np.unique(score) if strict and len(score) else curves.SOCCERNET_THRESHOLDS,
            unseen_kinds=groups,
        )
        ap[:, :, c] = curves.average_precision(curve)
        best[c] = curves.best_f1(curve)
    return np.where(truths == 0, np.nan, ap) if strict else ap, truths, np.diff(edges), best
