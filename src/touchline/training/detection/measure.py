"""Measurement of held-out detections: average precision by class, with its variation over matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from touchline.core.tracks import Detections
from touchline.metrics.bootstrap import draws, middle
from touchline.metrics.detection import DetectionReport, average_precision

_ROLES = ("goalkeeper", "player", "referee")
_RESAMPLES = 200


def measure_detections(
    truth: Mapping[str, Sequence[Detections]], found: Mapping[str, Sequence[Detections]]
) -> dict[str, Any]:
    """Measure the average precision of detections, each made by a model that did not see its match.

    Args:
        truth: by match, one entry per frame.
        found: the same matches and frames.

    Returns:
        ``ap50`` and ``ap50_95`` by class, for people of any role, and as the mean over the three roles; ``ap50`` by
        match; and 95 % intervals of ``ap50`` from a bootstrap over whole matches.

    """
    names = sorted(found)
    whole = _figures(_report(names, truth, found))
    by_match = {name: _figures(_report([name], truth, found))["ap50"] for name in names}
    drawn = [[names[i] for i in rows] for rows in draws(len(names), rounds=_RESAMPLES)]
    samples = [_figures(_report(sample, truth, found, overlaps=(0.5,)))["ap50"] for sample in drawn]
    intervals = {label: _interval([sample[label] for sample in samples]) for label in whole["ap50"]}
    return {
        **whole,
        "ap50_interval_95": intervals,
        "mean_roles_ap50_interval_95": intervals["mean_of_roles"],
        "ap50_by_match": by_match,
        "pictures_by_match": {name: len(truth[name]) for name in names},
        "pictures": sum(len(truth[name]) for name in names),
        "matches": len(names),
    }


def _interval(values: Sequence[float | None]) -> list[float] | None:
    """Return the middle 95 % of the values that are known."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = middle(known)
    return [round(low, 4), round(high, 4)]


def _report(
    names: Sequence[str],
    truth: Mapping[str, Sequence[Detections]],
    found: Mapping[str, Sequence[Detections]],
    *,
    overlaps: tuple[float, ...] | None = None,
) -> DetectionReport:
    right = [picture for name in names for picture in truth[name]]
    seen = [picture for name in names for picture in found[name]]
    return (
        average_precision(right, seen) if overlaps is None else average_precision(right, seen, iou_thresholds=overlaps)
    )


def _figures(report: DetectionReport) -> dict[str, Any]:
    ap50 = {c.label: _rounded(c.at(0.5)) for c in (*report.classes, report.person)}
    ap50_95 = {c.label: _rounded(float(np.mean(c.ap))) for c in (*report.classes, report.person)}
    roles = [float(np.mean(c.ap)) for c in report.classes if c.label in _ROLES]
    ap50["mean_of_roles"] = _rounded(_mean_of_roles(report))
    ap50_95["mean_of_roles"] = _rounded(float(np.nanmean(roles)))
    return {"ap50": ap50, "ap50_95": ap50_95}


def _mean_of_roles(report: DetectionReport) -> float:
    return float(np.nanmean([c.at(0.5) for c in report.classes if c.label in _ROLES]))


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
