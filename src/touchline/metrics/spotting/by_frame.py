"""Average precision at a tolerance of whole frames, as E2E-Spot defines it (Hong et al., ECCV 2022, util/score.py).

Predictions of a class are taken by falling score over all videos. Each claims the nearest true event of its video that
has not been claimed, if that is at most the tolerance away; otherwise it is wrong, and claims nothing. The precision at
each claim, made monotone from the end, is averaged over all true events. Classes without a true event are not scored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.events import Timeline
from touchline.metrics.protocol import ScoringProtocol

MOST_FRAMES = 10_000

PROTOCOL = ScoringProtocol(
    "mAP at a tolerance of frames (E2E-Spot)", "jhong93/spot util/score.py, June 2022", verified=True
)


@dataclass(frozen=True, slots=True)
class FrameEvents:
    """The events of one video: frame, label and score of each; truth needs no scores."""

    frames: tuple[int, ...]
    labels: tuple[str, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.frames) == len(self.labels) == len(self.scores):
            raise ValueError("frames, labels and scores must be equally many")

    @classmethod
    def of(cls, timeline: Timeline, *, fps: float) -> FrameEvents:
        """Return the events of a timeline at the frames nearest to their times."""
        frames = tuple(math.floor(event.start_us * fps / 1e6 + 0.5) for event in timeline)
        scores = tuple(event.confidence for event in timeline)
        return cls(frames, tuple(event.label for event in timeline), scores)


@dataclass(frozen=True, slots=True, eq=False)
class FrameReport:
    """The result of an evaluation.

    Attributes:
        labels: classes with a true event, in the order asked for, or by name.
        tolerance: frames that a prediction may be off.
        ap: average precision of each class (labels,).
        truths: number of true events of each class.
        predicted: number of predictions of each class.

    """

    labels: tuple[str, ...]
    tolerance: int
    ap: Floats64
    truths: tuple[int, ...]
    predicted: tuple[int, ...]

    @property
    def mean(self) -> float:
        """The mAP, the mean over the classes."""
        return float(self.ap.mean())


def read_tolerance(metric: str) -> int | None:
    """Return the tolerance of a metric such as ``frames1``; None if it is another metric."""
    number = metric.removeprefix("frames")
    if not metric.startswith("frames") or not number.isdecimal() or int(number) > MOST_FRAMES:
        return None
    return int(number)


def evaluate_by_frame(
    truth: Sequence[FrameEvents],
    predictions: Sequence[FrameEvents],
    *,
    tolerance: int,
    labels: Sequence[str] | None = None,
) -> FrameReport:
    """Score the predictions of videos against their truth.

    Args:
        truth: true events, one entry per video.
        predictions: predictions for the same videos in the same order.
        tolerance: frames that a prediction may be off, 0 or more.
        labels: classes to score; all with a true event by default.

    Raises:
        ValueError: other numbers of videos, a negative tolerance, or no true event of the classes.

    """
    if len(truth) != len(predictions):
        raise ValueError(f"{len(truth)} videos of truth and {len(predictions)} of predictions; must be equal")
    if tolerance < 0:
        raise ValueError(f"tolerance={tolerance} must be 0 or more")
    known = {label for video in truth for label in video.labels}
    wanted = sorted(known) if labels is None else [label for label in labels if label in known]
    if not wanted:
        raise ValueError("the truth has no event of the classes; there is nothing to score")
    rows = [_of_class(truth, predictions, label) for label in wanted]
    return FrameReport(
        tuple(wanted),
        tolerance,
        np.array([average_precision_at(found, true, tolerance=tolerance) for true, found in rows]),
        tuple(sum(map(len, true)) for true, _ in rows),
        tuple(len(found) for _, found in rows),
    )


def _of_class(
    truth: Sequence[FrameEvents], predictions: Sequence[FrameEvents], label: str
) -> tuple[list[list[int]], list[tuple[int, int, float]]]:
    """Return the true frames of a class by video, and its predictions as (video, frame, score)."""
    true = [[frame for frame, one in zip(v.frames, v.labels, strict=True) if one == label] for v in truth]
    found = [
        (number, frame, score)
        for number, video in enumerate(predictions)
        for frame, one, score in zip(video.frames, video.labels, video.scores, strict=True)
        if one == label
    ]
    return true, found


def average_precision_at(
    found: Sequence[tuple[int, int, float]], truth: Sequence[Sequence[int]], *, tolerance: int
) -> float:
    """Return the average precision of one class.

    Args:
        found: predictions as (video, frame, score); equal scores count in this order.
        truth: true frames of each video. Two at the same frame can be claimed only once, as in the original.
        tolerance: frames that a prediction may be off.

    """
    total = sum(map(len, truth))
    free = [list(dict.fromkeys(frames)) for frames in truth]
    precision: list[float] = []
    for rank, (video, frame, _) in enumerate(sorted(found, key=lambda one: -one[2]), 1):
        nearest = min(free[video], key=lambda true: abs(frame - true), default=None)
        if nearest is not None and abs(frame - nearest) <= tolerance:
            free[video].remove(nearest)
            precision.append((len(precision) + 1) / rank)
    best_after = np.maximum.accumulate(np.array(precision[::-1], np.float64))
    return float(best_after.sum() / total)
