"""Team-mAP of SoccerNet's ball action spotting since 2025: each action of each side is a class of its own.

The average precision of an action is the mean over its sides, left and right, weighted by their true events; Team-mAP
is the mean over the actions. The definition's peculiarities are kept: a "not shown" event weighs -1, an action without
true events makes the result undefined, true events outside the first half are left out, and predictions of any half
count as of the first, because every game is one video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from touchline.core.columns import SIDES, EventColumns, FloatArray, IntArray
from touchline.metrics.spotting.scores import ALL, SEEN, UNSEEN, SpottingReport, evaluate_spotting

_NAMES = {ALL: "", SEEN: "_visible", UNSEEN: "_unshown"}


@dataclass(frozen=True, slots=True, eq=False)
class TeamReport:
    """Team-mAP and what it is made of.

    Attributes:
        labels: actions, in the order of the results.
        metric: tolerances, as in ``SpottingReport``.
        ap: (3, C, 2), average precision of all, visible and unshown events, of both sides, over the tolerances.
        truths: (C, 2), true events of each side.
        weights: (C, 2), visible minus unshown true events of each side.
        plain: the same events without regard to teams.

    """

    labels: tuple[str, ...]
    metric: str
    ap: FloatArray
    truths: IntArray
    weights: IntArray
    plain: SpottingReport

    def per_class(self, kind: int = ALL) -> FloatArray:
        """Return the weighted average precision of each action (C,); NaN without true events."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.ap[kind] * self.weights).sum(axis=1) / self.weights.sum(axis=1)

    def aggregate(self, kind: int = ALL) -> float:
        """Return Team-mAP of all, visible or unshown events; NaN if an action has no true event."""
        return float(self.per_class(kind).mean())

    def of_seen_classes(self) -> float:
        """Return the mean over the actions that have true events; NaN if none has."""
        seen = self.truths.sum(axis=1) > 0
        return float(self.per_class()[seen].mean()) if seen.any() else float("nan")

    def results(self) -> dict[str, float | list[float]]:
        """Return Team-mAP and its parts by name."""
        results: dict[str, float | list[float]] = {"team_mAP_of_seen_classes": self.of_seen_classes()}
        for kind, suffix in _NAMES.items():
            results[f"team_mAP{suffix}"] = self.aggregate(kind)
            results[f"team_mAP_per_class{suffix}"] = self.per_class(kind).tolist()
        return results


def evaluate_teams(
    truth: Sequence[EventColumns],
    predictions: Sequence[EventColumns],
    *,
    labels: Sequence[str],
    fps: float = 25.0,
    metric: str = "at1",
) -> TeamReport:
    """Score the predictions of games with teams against their truth.

    Args:
        truth: true events with sides, one entry per game; rows without a side are ignored.
        predictions: predictions with sides for the same games in the same order.
        labels: actions, in the order of the results.
        fps: frames per second that times are rounded down to.
        metric: ``"at1"``, the official one, or any other of ``evaluate_spotting``.

    Raises:
        UsageError: the metric is unknown.
        InputError: a time cannot be scored.

    """
    true, found = [_first_half(game) for game in truth], [_one_half(game) for game in predictions]
    sided = evaluate_spotting(
        [_by_side(game) for game in true],
        [_by_side(game) for game in found],
        labels=[_name(label, side) for label in labels for side in SIDES],
        fps=fps,
        metric=metric,
    )
    shape = (len(labels), len(SIDES))
    ap = np.stack([sided.per_class(kind).reshape(shape) for kind in _NAMES])
    visible, unshown = sided.truths[SEEN].reshape(shape), sided.truths[UNSEEN].reshape(shape)
    plain = evaluate_spotting(true, found, labels=labels, fps=fps, metric=metric)
    return TeamReport(tuple(labels), metric, ap, visible + unshown, visible - unshown, plain)


def _name(label: str, side: str) -> str:
    return f"{label}-{side}"


def _by_side(game: EventColumns) -> EventColumns:
    """Return the events that have a side, with the side in their labels."""
    labels = tuple(_name(label, side) for label in game.labels for side in SIDES)
    side = np.full(len(game), -1) if game.side is None else game.side
    return replace(game, labels=labels, label=game.label * len(SIDES) + side).take(side >= 0)


def _first_half(game: EventColumns) -> EventColumns:
    """Return the events of the first half."""
    return game.take(game.half == 1)


def _one_half(game: EventColumns) -> EventColumns:
    """Return the events of all halves as events of the first."""
    return replace(game, half=np.ones_like(game.half))
