"""Measurement of a stream head: average-mAP with intervals over recordings, suppression, and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.columns import EventColumns
from touchline.formats.features.stream_sets import Recording, StreamSet
from touchline.metrics.bootstrap import Interval, draws, middle
from touchline.metrics.spotting import evaluate_spotting
from touchline.models.specs.stream_spec import StreamHeadConfig, SuppressionSpec
from touchline.spotting.stream_decoding import DenseScores, calibrated, find_peaks
from touchline.spotting.stream_spotter import StreamSpotter

RESAMPLES = 200
_CLIPPED = 1e-6


def score_recordings(spotter: StreamSpotter, data: StreamSet, *, without: Sequence[str] = ()) -> list[DenseScores]:
    """Compute dense scores of every recording; ``without`` names streams to leave out."""
    found = []
    for number, recording in enumerate(data.recordings):
        values, present = data.batch([(number, 0)], samples=recording.samples)
        for name in without:
            present[name][:] = False
        found.append(spotter.dense({k: v[0] for k, v in values.items()}, {k: v[0] for k, v in present.items()}))
    return found


def truth_columns(recording: Recording, labels: tuple[str, ...]) -> EventColumns:
    """Return the true events of a recording."""
    return _columns(labels, recording.label, recording.time_s, np.ones(len(recording.label)))


def found_columns(
    scores: DenseScores, *, labels: tuple[str, ...], rate_hz: float, settings: SuppressionSpec
) -> EventColumns:
    """Return the events found in dense scores, with the scores as confidences."""
    parts = [find_peaks(scores, column=c, rate_hz=rate_hz, settings=settings) for c in range(len(labels))]
    label = np.concatenate([np.full(len(part.at), c) for c, part in enumerate(parts)]).astype(np.int64)
    at = np.concatenate([part.at for part in parts])
    return _columns(labels, label, at / rate_hz, np.concatenate([part.score for part in parts]))


def _columns(
    labels: tuple[str, ...], label: npt.NDArray[np.int64], time_s: Floats64, confidence: Floats64
) -> EventColumns:
    position_ms = np.maximum(np.rint(time_s * 1000), 0).astype(np.int64)
    ones = np.ones(len(label), np.int64)
    return EventColumns(labels, label, ones, position_ms, confidence, ones.astype(np.bool_))


def choose_suppression(
    scores: Sequence[DenseScores],
    data: StreamSet,
    *,
    windows_s: Sequence[float],
    kinds: Sequence[Any],
    metrics: Sequence[str] = ("tight", "loose"),
) -> SuppressionSpec:
    """Choose the suppression with the best average-mAP, summed over the metrics."""
    truth = [truth_columns(recording, data.labels) for recording in data.recordings]
    best: tuple[SuppressionSpec, float] | None = None
    for kind in kinds:
        for window_s in windows_s:
            settings = SuppressionSpec(window_s=window_s, kind=kind)
            value = sum(measure(scores, truth, data=data, settings=settings, metric=metric) for metric in metrics)
            if best is None or value > best[1]:
                best = settings, value
    assert best is not None
    return best[0]


def measure(
    scores: Sequence[DenseScores],
    truth: Sequence[EventColumns],
    *,
    data: StreamSet,
    settings: SuppressionSpec,
    metric: str,
) -> float:
    """Compute the average-mAP of dense scores."""
    found = [found_columns(one, labels=data.labels, rate_hz=data.rate_hz, settings=settings) for one in scores]
    return average(truth, found, labels=data.labels, rate_hz=data.rate_hz, metric=metric)


def average(
    truth: Sequence[EventColumns], found: Sequence[EventColumns], *, labels: Sequence[str], rate_hz: float, metric: str
) -> float:
    """Compute the average-mAP over all labels."""
    return evaluate_spotting(truth, found, labels=labels, fps=rate_hz, metric=metric).aggregate()


def resampled(
    truth: Sequence[EventColumns],
    found: Sequence[EventColumns],
    *,
    labels: Sequence[str],
    rate_hz: float,
    metric: str,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Floats64:
    """Bootstrap the average-mAP over recordings, (resamples,); the same samples for the same seed."""
    values = [
        average([truth[i] for i in drawn], [found[i] for i in drawn], labels=labels, rate_hz=rate_hz, metric=metric)
        for drawn in draws(len(truth), rounds=resamples, seed=seed)
    ]
    return np.array(values)


def interval(value: float, drawn: Floats64) -> Interval:
    """Return a value with the central 95 % of its bootstrap values, shifted such that their mean is the value.

    Average precision is biased upwards when recordings repeat in a sample; only the spread is used.
    """
    low, high = middle(drawn - drawn.mean())
    return Interval(value, low + value, high + value)


def fit_calibration(
    truth: Sequence[EventColumns], found: Sequence[EventColumns], *, labels: Sequence[str], within_s: float
) -> dict[str, tuple[float, float]]:
    """Fit slope and offset of each label's logits such that confidence equals the share of true events."""
    from scipy.optimize import minimize

    fitted = {}
    for column, label in enumerate(labels):
        score, true = hits(truth, found, column=column, within_s=within_s)
        if not 0 < true.sum() < len(true):
            continue
        bounded = np.clip(score, _CLIPPED, 1 - _CLIPPED)
        logit = np.log(bounded / (1 - bounded))

        def loss(p: Floats64, logit: Floats64 = logit, true: Floats64 = true) -> float:
            z = p[0] * logit + p[1]
            # weak regularisation towards the identity, for labels with few events
            return float(np.sum(np.logaddexp(0, z) - true * z) + 0.5 * ((p[0] - 1) ** 2 + 0.01 * p[1] ** 2))

        slope, offset = minimize(loss, np.array([1.0, 0.0]), bounds=[(1e-3, 20.0), (-20.0, 20.0)]).x
        fitted[label] = (float(slope), float(offset))
    return fitted


def choose_thresholds(
    truth: Sequence[EventColumns],
    found: Sequence[EventColumns],
    *,
    labels: Sequence[str],
    calibration: Mapping[str, tuple[float, float]],
    within_s: float,
) -> dict[str, float]:
    """Choose the confidence threshold with the best F1 for each label; labels without a true event get none.

    The threshold lies halfway between the last accepted event and the next one.
    """
    chosen = {}
    for column, label in enumerate(labels):
        score, true = hits(truth, found, column=column, within_s=within_s)
        if not true.any():
            continue
        best_first = np.argsort(-score, kind="stable")
        events = sum(int((one.label == column).sum()) for one in truth)
        last = int((2 * np.cumsum(true[best_first]) / (np.arange(1, len(score) + 1) + events)).argmax())
        around = np.append(calibrated(score[best_first], *calibration.get(label, (1.0, 0.0))), 0.0)[last : last + 2]
        chosen[label] = float(np.floor(around.mean() * 1000) / 1000)
    return chosen


def hits(
    truth: Sequence[EventColumns], found: Sequence[EventColumns], *, column: int, within_s: float
) -> tuple[Floats64, Floats64]:
    """Return the scores of all events of a label, and 1 for those matched to a true event within reach, otherwise 0."""
    scores, right = [], []
    for true, one in zip(truth, found, strict=True):
        at = true.position_ms[true.label == column].astype(np.float64)
        mine = np.flatnonzero(one.label == column)
        free = np.ones(len(at), np.bool_)
        for row in mine[np.argsort(-one.confidence[mine], kind="stable")]:
            away = np.where(free, np.abs(at - one.position_ms[row]), np.inf)
            hit = len(away) > 0 and bool(away.min() <= within_s * 1000)
            if hit:
                free[int(away.argmin())] = False
            scores.append(float(one.confidence[row]))
            right.append(float(hit))
    return np.array(scores), np.array(right)


def per_label(
    truth: Sequence[EventColumns], found: Sequence[EventColumns], *, labels: Sequence[str], rate_hz: float, metric: str
) -> dict[str, float]:
    """Average precision of each label, averaged over the tolerances."""
    values = evaluate_spotting(truth, found, labels=labels, fps=rate_hz, metric=metric).per_class()
    return {label: float(value) for label, value in zip(labels, values, strict=True)}


def with_measurements(config: StreamHeadConfig, measured: Mapping[str, Any]) -> StreamHeadConfig:
    """Return the configuration with the measurements added."""
    return config.model_copy(update={"measured": dict(measured)})
