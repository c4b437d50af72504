"""Commands, undo and redo: the state is always that of the commands that stand."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.core.corrections.history import Change, Entry, History, StaleChangeError

AT, WHO = "2026-01-02T03:04:05.678Z", "anna"


def threshold(label: str, before: float | None, after: float | None) -> Change:
    def value(number: float | None) -> dict[str, float] | None:
        return None if number is None else {"value": number}

    return Change("threshold", label, value(before), value(after))


def entry(number: int, *changes: Change, undo: int | None = None, redo: int | None = None) -> Entry:
    return Entry(number, AT, WHO, changes, undo=undo, redo=redo)


def test_undo_and_redo_restore_values() -> None:
    history = History.of([entry(1, threshold("PASS", None, 0.4)), entry(2, threshold("PASS", 0.4, 0.6))])
    assert history.state == {("threshold", "PASS"): {"value": 0.6}}
    history.add(entry(3, undo=2))
    assert history.state == {("threshold", "PASS"): {"value": 0.4}}
    history.add(entry(4, undo=1))
    assert history.state == {} and history.undoable is None
    history.add(entry(5, redo=1))
    history.add(entry(6, redo=2))
    assert history.state == {("threshold", "PASS"): {"value": 0.6}} and history.redoable is None


def test_a_new_command_ends_what_could_be_done_again() -> None:
    history = History.of(
        [entry(1, threshold("PASS", None, 0.4)), entry(2, undo=1), entry(3, threshold("DRIVE", None, 0.1))]
    )
    with pytest.raises(StaleChangeError, match="cannot redo command 1; nothing is next"):
        history.add(entry(4, redo=1))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (entry(3, threshold("PASS", 0.4, 0.5)), "does not follow entry 1"),
        (entry(2, threshold("PASS", 0.3, 0.5)), "is {'value': 0.4}, not {'value': 0.3}"),
        (entry(2, threshold("DRIVE", None, 0.5), threshold("PASS", 0.3, 0.5)), "not {'value': 0.3}"),
        (entry(2, undo=2), "command 1 is next"),
    ],
)
def test_an_entry_that_does_not_fit_changes_nothing(bad: Entry, message: str) -> None:
    history = History.of([entry(1, threshold("PASS", None, 0.4))])
    before = copy.deepcopy(history.state)
    with pytest.raises(StaleChangeError, match=message):
        history.add(bad)
    assert history.state == before and len(history.entries) == 1


@pytest.mark.parametrize(
    ("what", "name", "value", "message"),
    [
        ("colour", "A", {}, "not a kind"),
        ("threshold", "", {"value": 0.5}, "empty id"),
        ("threshold", "PASS", {"value": 1.5}, "outside 0 to 1"),
        ("threshold", "PASS", {}, "missing"),
        ("threshold", "PASS", {"value": 0.5, "more": 1}, "unexpected"),
        ("reviewed", "spans", {"spans": [[0, 5], [5, 9]]}, "touch"),
        ("cut", "7", {}, "not the id of a cut"),
        ("track", "0", {"role": None}, "not the id of a track"),
        ("track", "7", {"role": "coach"}, "must be one of"),
        ("box", "7:1", {"box_xyxy": [5, 5, 5, 9]}, "x1 > x0"),
        ("box", "7:1", {"box_xyxy": [float("nan"), 5, 5, 9]}, "finite"),
        ("team", "A", {"name": " ", "colour": None}, "empty"),
        ("team", "A", {"name": "Reds", "colour": "red"}, "#rrggbb"),
        ("player", "pl-1", {"name": "", "number": None}, "name or a number"),
        ("labels", "set", {"labels": [{"name": "A", "key": "1"}, {"name": "B", "key": "1"}]}, "keys must be distinct"),
    ],
)
def test_impossible_values_are_refused(what: str, name: str, value: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Change(what, name, None, value)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 0.1, 0.2, 0.3])), max_size=12), st.data())
def test_undoing_everything_leaves_nothing(commands: list[tuple[str, float | None]], data: st.DataObject) -> None:
    history = History()
    for label, after in commands:
        current = history.state.get(("threshold", label))
        before = None if current is None else float(current["value"])
        history.add(entry(history.next_number, threshold(label, before, after)))
        if history.undoable and data.draw(st.booleans()):
            history.add(entry(history.next_number, undo=history.undoable.number))
    state = dict(history.state)
    done = 0
    while history.undoable:
        history.add(entry(history.next_number, undo=history.undoable.number))
        done += 1
    assert history.state == {}
    for _ in range(done):
        assert history.redoable is not None
        history.add(entry(history.next_number, redo=history.redoable.number))
    assert history.state == state
