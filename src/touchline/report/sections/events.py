"""The events, their lanes with confidence curves, and known events for comparison."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from touchline.core.clock import US_PER_S, format_clock
from touchline.core.events import Event, Scores
from touchline.core.labels import BALL_2
from touchline.core.labels import PLAY as LABELS
from touchline.core.wording import counted
from touchline.report.sections.curves import Curves, pool_curves
from touchline.report.sections.section import Facts, Section
from touchline.report.values import BundleValues

_DETAILS = ("reason", "outcome", "receiver", "place_m", "to_m", "length_m")
"""Keys of ``Event.extra`` that the page shows."""


def _data(values: BundleValues) -> Mapping[str, object]:
    scores, truth = values.curves, values.options.truth
    labels = _lane_labels(values)
    curves = None if scores is None else pool_curves(scores)
    return {
        "lanes": _lanes(labels, scores, curves, values),
        "curve": _curve_grid(curves),
        "events": [_event_row(event, labels) for event in values.events],
        "accepted": list(values.accepted),
        "truth": None if truth is None else [_event_row(event, labels) for event in truth],
    }


def _facts(values: BundleValues) -> Facts:
    """Return the model or models that found the events, and how far a person went through them."""
    return [*_model_facts(values), *_review_facts(values)]


def _review_facts(values: BundleValues) -> Facts:
    corrections = values.corrections
    if not corrections:
        return []
    words = counted(len(corrections.events), "decision")
    if corrections.reviewed_us:
        words += f", {format_clock(corrections.reviewed_us, decimals=0)} gone through completely"
    return [("Reviewed", words)]


def _model_facts(values: BundleValues) -> Facts:
    settings = values.settings("spot")
    known = [(model["name"], model["sha256"]) for model in values.manifest.models if model["task"] == "spot"]
    used = [(name, sha256) for name, sha256 in known if "head" not in settings or sha256 == settings["head"]]
    if not used:
        return []
    names = "+".join(name for name, _ in used)
    return [("Model", f"{names} ({used[0][1][:12]})" if len(used) == 1 else names)]


SECTION = Section(_data, _facts)


def _lane_labels(values: BundleValues) -> list[str]:
    """Return the labels in lane order: the model's, those with thresholds, then any others by name.

    Of the many events of play, only those that have candidates get a lane, besides passes and drives.
    """
    found = {event.label for event in (*values.events, *(values.options.truth or ()))}
    if values.play is not None:
        every = dict.fromkeys([*LABELS, *sorted(found)])
        return [label for label in every if label in found or label in BALL_2]
    known = values.scores.labels if values.scores is not None else ()
    return list(dict.fromkeys([*known, *values.thresholds, *sorted(found)]))


def _lanes(
    labels: Sequence[str], scores: Scores | None, curves: Curves | None, values: BundleValues
) -> list[dict[str, object]]:
    off = values.manifest.spotting.get("off", {})
    levels = {} if scores is None or curves is None else dict(zip(scores.labels, curves.levels, strict=True))
    return [
        {
            "label": label,
            "threshold": values.thresholds.get(label, 0.0),
            "curve": base64.b64encode(levels[label].tobytes()).decode("ascii") if label in levels else None,
            **({"off": off[label]} if label in off else {}),
        }
        for label in labels
    ]


def _curve_grid(curves: Curves | None) -> dict[str, float]:
    if curves is None:
        return {"start_us": 0, "step_us": US_PER_S}
    return {"start_us": curves.start_us, "step_us": round(curves.step_us, 3)}


def _event_row(event: Event, labels: Sequence[str]) -> list[object]:
    confidence = float(f"{event.confidence:.9g}")  # nine digits keep every float32
    known = [event.team, event.player, event.half, event.visible, event.source]
    details = {name: event.extra[name] for name in _DETAILS if name in event.extra}
    return [
        labels.index(event.label),
        event.start_us,
        event.end_us,
        confidence,
        *known,
        *([details] if details else []),
    ]
