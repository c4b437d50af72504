"""Details of an event in the note of an entry: exact while the entry is untouched, the entry's once it was moved."""

from __future__ import annotations

import pytest
from eventsgiven import RICH, events
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError
from touchline.core.events import Event
from touchline.formats.events.details import Entry, describes_point, details_of, event_of, holds_details

SHOT = Event("Shot", 12_345_678, 15_000_001, confidence=0.93, team="left", player="7")


def entry_of(event: Event, label: str = "x") -> Entry:
    return Entry(label, 0, 1 if event.end_us else None, "301", "362")


def test_details_are_for_people_too() -> None:
    text = details_of(SHOT, label="Shot", start="301", end="362")
    assert text == "team=left; player=7; confidence=0.93; t=12.345678@301; to=15.000001@362"
    assert (
        details_of(Event("Press", 1), label="Press (span)", start="0") == "label=Press; as=Press (span); t=0.000001@0"
    )


@settings(deadline=None)
@given(events(st.text(min_size=1, max_size=12)))
def test_any_event_is_brought_back(event: Event) -> None:
    text = details_of(event, label="x", start="301", end="362")
    assert event_of(entry_of(event), text, where="") == event
    assert holds_details(text) and describes_point(text) == (event.end_us is None)


@pytest.mark.parametrize("event", list(RICH), ids=lambda event: event.label)
def test_a_known_event_is_brought_back(event: Event) -> None:
    text = details_of(event, label=event.label, start="301", end="362")
    assert event_of(entry_of(event, event.label), text, where="") == event


def test_an_entry_that_was_moved_or_renamed_counts() -> None:
    text = details_of(SHOT, label="Shot", start="301", end="362")
    moved = event_of(Entry("Goal", 10_000_000, 15_000_000, "251", "362"), text, where="")
    assert (moved.label, moved.start_us, moved.end_us, moved.team) == ("Goal", 10_000_000, 15_000_001, "left")
    other = details_of(Event("Press", 5), label="Press 2", start="1")
    assert event_of(Entry("Press 2", 0, None, "1"), other, where="").label == "Press"
    assert event_of(Entry("Shot", 0, None, "1"), other, where="").label == "Shot"


def test_an_entry_about_somebody_else_counts() -> None:
    text = details_of(SHOT, label="Shot", start="301", end="362")
    for player, found in (("7", "7"), (None, "7"), ("9", "9")):
        assert event_of(Entry("Shot", 0, 1, "301", "362", player=player), text, where="").player == found
    team = details_of(Event("Shot", 0, team="left"), label="Shot", start="0")
    assert event_of(Entry("Shot", 0, None, "0", player="left"), team, where="").player is None


def test_remarks_of_people_are_notes() -> None:
    text = details_of(SHOT, label="Shot", start="301", end="362")
    assert event_of(Entry("Shot", 0, 1, "301", "362"), f"{text}; well played", where="").extra == {
        "note": "well played"
    }
    assert event_of(Entry("Shot", 0, None, "0"), "a=b; what a goal", where="").extra == {"note": "a=b; what a goal"}
    assert event_of(Entry("Shot", 0, None, "0"), " ", where="").extra == {}


@pytest.mark.parametrize(
    "text", ["confidence=2; t=1@0", "half=0; t=1@0", "half=x; t=1@0", "extra.a={; t=1@0", "confidence=nan; t=1@0"]
)
def test_impossible_details_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^file: line 3"):
        event_of(Entry("Shot", 0, None, "0"), text, where="file: line 3")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_note_or_refused(text: str) -> None:
    try:
        event_of(Entry("Shot", 0, None, "0"), text, where="file")
    except InputError as error:
        assert str(error).startswith("file")
