"""Who did what when: F1 of players' actions, as SoccerNet's player-centric ball action spotting of 2026 defines it.

An action is found if an action of the same class by the same shirt number of the same team lies within 12 frames. In
order of confidence, each prediction takes the nearest one that is still free. Counts are summed over all halves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.metrics.protocol import ScoringProtocol

TOLERANCE_FRAMES = 12
LEAST_CONFIDENCE = 0.15

PROTOCOL = ScoringProtocol(
    "SoccerNet player-centric ball action spotting 2026 (FOOTPASS), macro-F1 at 12 frames",
    "FOOTPASS evaluation.py of November 2025; mean of the classes' F1",
    verified=False,
)
"""Matching and counts follow that code, which prints micro-F1; how the server averages classes is not published."""


@dataclass(frozen=True, slots=True, eq=False)
class PlayerActionReport:
    """Counts of actions by class, summed over halves.

    Attributes:
        found, wrong, true: int64 (classes,): matched and unmatched predictions, and true actions.

    """

    found: Indices
    wrong: Indices
    true: Indices

    @property
    def precision(self) -> Floats64:
        """Float64 (classes,), 0 without predictions."""
        return _share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> Floats64:
        """Float64 (classes,), 0 without true actions."""
        return _share(self.found, self.true)

    @property
    def f1(self) -> Floats64:
        """Float64 (classes,), 0 where nothing was found."""
        return _share(2 * self.found, self.found + self.wrong + self.true)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of all classes, also of those without true actions."""
        return float(self.f1.mean())

    @property
    def micro_f1(self) -> float:
        """F1 of all actions together."""
        found, wrong, true = (int(counts.sum()) for counts in (self.found, self.wrong, self.true))
        return 2 * found / (found + wrong + true) if found else 0.0


def score_player_actions(
    truth: Sequence[Indices],
    predictions: Sequence[tuple[Indices, Floats64]],
    *,
    classes: int,
    tolerance: int = TOLERANCE_FRAMES,
    least_confidence: float = LEAST_CONFIDENCE,
) -> PlayerActionReport:
    """Score the actions of several halves.

    Args:
        truth: int64 (n, 4) each: frame, team, shirt number, class from 1.
        predictions: such rows and their confidences (n,), one pair per half.
        classes: number of classes.
        tolerance: frames within which an action counts as found.
        least_confidence: predictions below it are left out.

    """
    found, wrong, true = (np.zeros(classes, np.int64) for _ in range(3))
    for rows, (said, confidence) in zip(truth, predictions, strict=True):
        true += np.bincount(rows[:, 3] - 1, minlength=classes)
        kept = confidence >= least_confidence
        order = np.argsort(-confidence[kept], kind="stable")
        for row, hit in _matched(rows, said[kept][order], tolerance=tolerance):
            (found if hit else wrong)[row[3] - 1] += 1
    return PlayerActionReport(found, wrong, true)


def _matched(truth: Indices, said: Indices, *, tolerance: int) -> list[tuple[tuple[int, ...], bool]]:
    """Return each prediction, and whether it took a true action."""
    free: dict[tuple[int, ...], list[int]] = {}
    for frame, *who in sorted(truth.tolist()):
        free.setdefault(tuple(who), []).append(frame)
    results = []
    for frame, *who in said.tolist():
        frames = free.get(tuple(who), [])
        # The earlier one of two equally near ones, as they are in order of time.
        nearest = min(frames, key=lambda other: abs(other - frame), default=None)
        hit = nearest is not None and abs(nearest - frame) <= tolerance
        if nearest is not None and hit:
            frames.remove(nearest)
        results.append(((frame, *who), hit))
    return results


def _share(part: Indices, whole: Indices) -> Floats64:
    return np.divide(part, whole, out=np.zeros(len(part), np.float64), where=whole > 0)
