"""The timeline after a review: decisions, thresholds, reviewed spans, names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from touchline.core.corrections.events import corrected_events, corrected_timeline
from touchline.core.corrections.history import Change, Entry
from touchline.core.corrections.state import Corrections
from touchline.core.events import Event

S = 1_000_000
MODEL = {
    "sure": Event("PASS", 10 * S, confidence=0.9, team="A", source="net"),
    "low": Event("PASS", 20 * S, confidence=0.2, source="net"),
    "drive": Event("DRIVE", 30 * S, confidence=0.7, source="net"),
}
THRESHOLDS = {"PASS": 0.5, "DRIVE": 0.5}


def value(event: Event, **changes: Any) -> dict[str, Any]:
    names = ("label", "start_us", "end_us", "team", "player", "visible", "half", "confidence")
    return {**{name: getattr(event, name) for name in names}, "state": "accepted", "note": "", **changes}


def corrected(*changes: tuple[str, str, dict[str, Any]]) -> Corrections:
    rows = tuple(Change(what, name, None, after) for what, name, after in changes)
    return Corrections.of([Entry(1, "2026-01-02T03:04:05.678Z", "anna", rows)])


def labels_and_times(corrections: Corrections, **options: Any) -> list[tuple[str, float]]:
    events = corrected_events(MODEL, corrections)
    timeline = corrected_timeline(events, corrections, thresholds=THRESHOLDS, **options)
    return [(event.label, event.start_us / S) for event in timeline]


def test_without_corrections_it_is_the_models() -> None:
    assert labels_and_times(Corrections()) == [("PASS", 10), ("DRIVE", 30)]
    assert labels_and_times(Corrections(), reviewed_only=True) == []


def test_decisions_count_before_thresholds() -> None:
    decided = corrected(
        ("event", "low", value(MODEL["low"])), ("event", "sure", value(MODEL["sure"], state="rejected"))
    )
    assert labels_and_times(decided) == [("PASS", 20), ("DRIVE", 30)]
    assert labels_and_times(decided, reviewed_only=True) == [("PASS", 20)]


def test_a_lower_threshold_lets_candidates_in() -> None:
    assert labels_and_times(corrected(("threshold", "PASS", {"value": 0.1}))) == [
        ("PASS", 10),
        ("PASS", 20),
        ("DRIVE", 30),
    ]


def test_what_was_left_unreviewed_in_a_reviewed_span_is_no_event() -> None:
    decided = corrected(("reviewed", "spans", {"spans": [[0, 25 * S]]}), ("event", "low", value(MODEL["low"])))
    assert labels_and_times(decided) == [("PASS", 20), ("DRIVE", 30)]
    assert decided.reviewed_us == 25 * S


def test_changed_and_added_events_come_from_the_review() -> None:
    decided = corrected(
        ("event", "drive", value(MODEL["drive"], start_us=31 * S, note="late")),
        ("event", "sure", value(MODEL["sure"])),
        ("event", "p-000000000001", value(Event("SHOT", 40 * S), player="pl-1", team="A", point_px=[3, 4])),
        ("team", "A", {"name": "Reds", "colour": "#ff0000"}),
        ("player", "pl-1", {"name": "Smith", "number": 10, "team": "A"}),
    )
    events = {one.id: one for one in corrected_events(MODEL, decided)}
    assert [events[name].changed for name in ("drive", "sure", "low", "p-000000000001")] == [True, False, False, True]
    assert [events[name].event.source for name in ("drive", "sure", "p-000000000001")] == ["review", "net", "review"]
    assert events["drive"].model == MODEL["drive"]
    timeline = corrected_timeline(events.values(), decided, thresholds=THRESHOLDS)
    shot = timeline.events[-1]
    assert (shot.team, shot.player) == ("Reds", "10 Smith")
    assert shot.extra == {"reviewed": True, "point_px": (3.0, 4.0)}
    assert timeline.events[1].extra == {"reviewed": True, "note": "late"}
    plain = corrected_timeline(events.values(), decided, thresholds=THRESHOLDS, names=False)
    assert (plain.events[-1].team, plain.events[-1].player) == ("A", "pl-1")


@pytest.mark.parametrize(
    "changes", [{"start_us": 1.5}, {"start_us": "1"}, {"start_us": -1}, {"state": "maybe"}, {"half": True}]
)
def test_impossible_events_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"start_us|state|half"):
        corrected(("event", "low", value(MODEL["low"], **changes)))


KNOWN = {"outcome": "complete", "receiver": 7, "place_m": [1.0, 2.0], "reason": "the ball turns by 74 degrees"}
PLAYED = Event("PASS", 10 * S, confidence=0.9, team="A", player="12", source="tracks+net", extra=KNOWN)


def left_of(**changes: Any) -> Event:
    decided = corrected(("event", "one", value(PLAYED, **changes)))
    (found,) = corrected_events({"one": PLAYED}, decided)
    return found.event


def test_what_the_model_knows_stays_as_far_as_a_decision_leaves_it_true() -> None:
    assert left_of() == PLAYED
    assert left_of(player="pl-1").extra == {"receiver": 7, "place_m": [1.0, 2.0]}
    assert left_of(label="SHOT").extra == {}
    assert left_of(start_us=11 * S).extra == {}


def test_a_track_that_was_given_a_player_names_the_events_of_that_track() -> None:
    smith = ("player", "pl-00000a", {"name": "Smith", "number": 10, "team": "A"})
    decided = corrected(smith, ("track", "12", {"role": None, "team": None, "player": "pl-00000a", "same_as": None}))
    assert decided.named(PLAYED).player == "10 Smith"
    assert decided.named(replace(PLAYED, source="opta")).player == "12"
