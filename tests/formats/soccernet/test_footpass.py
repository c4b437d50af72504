"""FOOTPASS files: rows of halves, truth and predictions, and the same as timelines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.soccernet.footpass import player_events_of, read_footpass, timeline_of, write_footpass


def written(path: Path, events: dict[str, list[list[float]]]) -> Path:
    path.write_text(json.dumps({"keys": list(events), "events": events}))
    return path


def test_truth_has_no_scores_and_predictions_have(tmp_path: Path) -> None:
    rows = [[39, 0, 81, 2, 1, 0], [74, 1, 3, 1, 0, 1], [80, 0, 3, 0, 1, 0], [90, 0], [95, 0, 3, 9, 1, 0]]
    truth = read_footpass(written(tmp_path / "t.json", {"game_18_H1": rows, "game_18_H2": []}), scores=False)
    assert truth["game_18_H1"].who.tolist() == [[39, 0, 81, 2], [74, 1, 3, 1]]
    assert truth["game_18_H1"].score.tolist() == [1.0, 1.0] and len(truth["game_18_H2"]) == 0
    said = read_footpass(written(tmp_path / "p.json", {"game_18_H1": [[39, 0, 81, 2, 0.8]]}), scores=True)
    assert said["game_18_H1"].score.tolist() == [0.8]


def test_a_half_becomes_a_timeline_and_comes_back(tmp_path: Path) -> None:
    path = written(tmp_path / "p.json", {"g_H1": [[50, 1, 9, 4, 0.25], [25, 0, 10, 1, 0.5]]})
    half = read_footpass(path, scores=True)["g_H1"]
    timeline = timeline_of(half)
    first, second = timeline.events
    assert (first.label, first.start_us, first.team, first.player) == ("drive", 1_000_000, "left", "10")
    assert (second.label, second.start_us, second.team, second.confidence) == ("throw-in", 2_000_000, "right", 0.25)
    again, left_out = player_events_of(timeline)
    assert left_out == 0 and sorted(again.who.tolist()) == sorted(half.who.tolist())
    write_footpass(tmp_path / "again.json", {"g_H1": again})
    read = read_footpass(tmp_path / "again.json", scores=True)["g_H1"]
    assert read.who[:, 0].tolist() == [25, 50] and read.score.tolist() == [0.5, 0.25]


def test_events_that_name_no_player_cannot_be_written() -> None:
    timeline = Timeline((Event("PASS", 0, team="left"), Event("PASS", 0, team="left", player="7"), Event("GOAL", 5)))
    found, left_out = player_events_of(timeline)
    assert found.who.tolist() == [[0, 0, 7, 2]] and left_out == 2
    assert np.array_equal(found.score, [1.0])


@pytest.mark.parametrize("document", [{}, {"keys": ["a"]}, {"keys": ["a"], "events": {"a": [["x", 0, 1, 1]]}}])
def test_another_layout_is_refused(tmp_path: Path, document: object) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"x\.json"):
        read_footpass(path, scores=False)
