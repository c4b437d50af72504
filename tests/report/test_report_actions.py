"""What the report's page stores of everyone's actions."""

from __future__ import annotations

import pytest

from touchline.core.actions import Action, Actions
from touchline.report.sections import actions as report_actions
from touchline.report.sections.actions import actions_data

RUNNING = Action(1, "running", 1_000_400, 2_000_400, 0.876, "movement")
BALL = Action(1, "on-the-ball", 1_500_000, 1_700_000, 0.5, "ball")
SEEN = Action(2, "running", 0, 640_000, 0.994, "some-net")


def test_spans_are_flat_lists_of_label_milliseconds_and_percent() -> None:
    data = actions_data(Actions((RUNNING, BALL, SEEN)), track_ids=[1, 2])
    assert data["labels"] == ["standing", "walking", "running", "sprinting", "on-the-ball", "running"]
    assert (data["movements"], data["ball"]) == (4, 4)
    assert data["spans"] == {"1": [2, 1000, 2001, 88, 4, 1500, 1700, 50], "2": [5, 0, 640, 99]}


def test_a_recogniser_may_use_the_words_of_movement() -> None:
    seen = actions_data(Actions((SEEN,)), track_ids=[2])
    moved = actions_data(Actions((Action(2, "running", 0, 640_000, 0.994, "movement"),)), track_ids=[2])
    assert seen["spans"] == {"2": [5, 0, 640, 99]}
    assert moved["spans"] == {"2": [2, 0, 640, 99]}


def test_tracks_that_are_not_in_the_page_are_left_out() -> None:
    assert actions_data(Actions((RUNNING, SEEN)), track_ids=[2])["spans"].keys() == {"2"}
    assert actions_data(Actions(), track_ids=[1])["spans"] == {}


def test_of_too_many_spans_the_longest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_actions, "MAX_ACTIONS", 2)
    assert actions_data(Actions((RUNNING, BALL, SEEN)), track_ids=[1, 2])["spans"].keys() == {"1", "2"}
    assert len(actions_data(Actions((RUNNING, BALL, SEEN)), track_ids=[1, 2])["spans"]["1"]) == 4  # type: ignore[index]
