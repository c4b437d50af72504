"""The match clock as a file, and events with match times in what is exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touchline.core.board.values import BoardPlace, ClockSpan, KickOff, MatchClock, ScoreSpan, TeamName
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import Bundle
from touchline.formats.events.match_times import with_match_times
from touchline.formats.match_clock import CLOCK, read_clock, write_clock

S = 1_000_000
HALVES = MatchClock(
    "made",
    (
        ClockSpan(60 * S, 2800 * S, 0, 1.0, 1, 0.99, 2000),
        ClockSpan(3000 * S, 5000 * S, 2700 * S, 1.0, 2, 0.98, 1800),
    ),
    (ScoreSpan(70 * S, 0, 0, 0.9), ScoreSpan(3300 * S, 1, 0, 0.8)),
    (KickOff(1, 60 * S), KickOff(2, 3000 * S)),
    TeamName("AJX", 0.9),
    None,
    BoardPlace(0.1, 0.05, 0.2, 0.1),
    5000,
    3900,
    ("a remark",),
)
EVENTS = Timeline((Event("PASS", 72 * S), Event("GOAL", 3312 * S), Event("PASS", 2900 * S)))


def test_the_file_holds_everything(tmp_path: Path) -> None:
    write_clock(tmp_path, HALVES)
    assert read_clock(tmp_path) == HALVES
    first = (tmp_path / CLOCK).read_bytes()
    write_clock(tmp_path, HALVES)
    assert (tmp_path / CLOCK).read_bytes() == first
    assert json.loads(first)["found"] is True


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    write_clock(tmp_path, MatchClock("made"))
    assert not read_clock(tmp_path).found
    document = json.loads((tmp_path / CLOCK).read_text())
    document["spans"] = [{"start_us": "soon"}]
    (tmp_path / CLOCK).write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"clock\.json"):
        read_clock(tmp_path)


def test_events_get_match_time_period_and_score() -> None:
    early, between, goal = with_match_times(EVENTS, HALVES)
    assert early.extra == {"period": 1, "match_time": "00:12", "match_minute": "1", "score": "0-0"}
    assert between.extra == {"period": 1, "score": "0-0"}
    assert goal.extra == {"period": 2, "match_time": "50:12", "match_minute": "51", "score": "1-0"}
    assert [event.half for event in (early, between, goal)] == [1, 1, 1]
    assert with_match_times(EVENTS, MatchClock("made")) == EVENTS


def test_a_video_of_one_half_is_that_half() -> None:
    second = MatchClock("made", HALVES.spans[1:])
    assert {event.half for event in with_match_times(EVENTS, second)} == {2}


def test_exports_of_a_bundle_use_the_match_clock(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path)
    bundle.write_events(EVENTS)
    assert all("match_time" not in event.extra for event in bundle.events_to_export())
    write_clock(tmp_path, HALVES)
    written = bundle.export_events("results_spotting", tmp_path / "out.json")
    rows = json.loads(written.path.read_text())["predictions"]
    assert [(row["gameTime"], row["half"], row["position"]) for row in rows] == [
        ("1 - 00:12", "1", "72000"),
        ("1 - 48:20", "1", "2900000"),
        ("2 - 05:12", "2", "3312000"),
    ]
    assert "match clock" in " ".join(written.remarks)
    sportscode = bundle.export_events("sportscode", tmp_path / "out.xml").path.read_text()
    assert "<group>Match time</group>" in sportscode and "<text>50:12</text>" in sportscode
    assert [event.extra.get("match_time") for event in bundle.read_events()] == [None] * 3
