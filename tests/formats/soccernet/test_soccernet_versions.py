"""A timeline in each version of SoccerNet's labels: what has a class there is kept, the rest is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.labels import SOCCERNET_V2, V1_OF_V2, V2_OF_V1
from touchline.formats.events.registry import write_events as write_version
from touchline.formats.soccernet.labels import read_labels
from touchline.formats.soccernet.video_ini import HalfSpan, trimmed

V2 = Timeline(
    (
        Event("Goal", 61_234_000, team="home"),
        Event("Yellow->red card", 100_000_000, half=2, team="away", visible=False),
        Event("Substitution", 120_000_000),
        Event("Corner", 130_000_000),
    )
)


def test_version_2_to_1_and_back(tmp_path: Path) -> None:
    result = write_version(V2, tmp_path / "Labels.json", game="league/season/a - b")
    document = json.loads((tmp_path / "Labels.json").read_text())
    assert document["UrlLocal"] == "league/season/a - b"
    assert document["annotations"] == [
        {"gameTime": "1 - 01:01", "label": "soccer-ball", "team": "home"},
        {"gameTime": "1 - 02:00", "label": "substitution-in"},
        {"gameTime": "2 - 01:40", "label": "yr-card", "team": "away"},
    ]
    assert result.events == 3 and result.dropped == {"Corner": 1} and result.lossy
    assert result.notes == (
        "1 events: times are truncated to whole seconds",
        "1 events: 'not shown' is not stored",
    )
    again = write_version(read_labels(tmp_path / "Labels.json"), tmp_path / "x" / "Labels-v2.json", game="g")
    assert not again.lossy
    events = read_labels(tmp_path / "x" / "Labels-v2.json").events
    assert [(event.label, event.start_us, event.half) for event in events] == [
        ("Goal", 61_000_000, 1),
        ("Substitution", 120_000_000, 1),
        ("Yellow->red card", 100_000_000, 2),
    ]


def test_own_goals_are_goals_and_told(tmp_path: Path) -> None:
    result = write_version(Timeline((Event("soccer-ball-own", 0),)), tmp_path / "Labels-v2.json", game="g")
    assert result.notes == ("1 own goals are stored as ordinary goals",)
    assert V1_OF_V2["Goal"] == "soccer-ball" and set(V2_OF_V1.values()) <= set(SOCCERNET_V2)


def test_the_first_evaluators_classes(tmp_path: Path) -> None:
    classes = Timeline(
        tuple(Event(label, second * 1_000_000) for second, label in enumerate(("card", "soccer", "subs")))
    )
    assert not write_version(classes, tmp_path / "Labels.json", game="g").lossy
    result = write_version(classes, tmp_path / "Labels-v2.json", game="g")
    assert [event.label for event in read_labels(result.path)] == ["Goal", "Substitution"]
    assert result.dropped == {"card": 1}, "it is any of three"
    assert V1_OF_V2["Goal"] == "soccer-ball" and V1_OF_V2["Substitution"] == "substitution-in"


def test_version_2_stays_as_it_is(tmp_path: Path) -> None:
    assert not write_version(V2, tmp_path / "Labels-v2.json", game="g").lossy
    again = read_labels(tmp_path / "Labels-v2.json")
    assert [(e.label, e.start_us, e.half, e.team, e.visible) for e in again] == [
        (e.label, e.start_us, e.half, e.team, e.visible) for e in V2
    ]


def test_ball_labels_have_classes_of_their_own(tmp_path: Path) -> None:
    ball = Timeline((Event("PASS", 1_000_000), Event("HIGH PASS", 2_000_000), Event("Goal", 3_000_000)))
    result = write_version(ball, tmp_path / "Labels-ball.json", game="g")
    assert result.events == 2 and result.dropped == {"Goal": 1}
    with pytest.raises(InputError, match="have no class for any of Corner"):
        write_version(Timeline((V2.events[2],)), tmp_path / "y" / "Labels-ball.json", game="g")
    assert not (tmp_path / "y").exists()


def test_results_and_events_take_every_label(tmp_path: Path) -> None:
    timeline = Timeline((Event("x", 0, end_us=5, player="7", confidence=0.5),))
    result = write_version(timeline, tmp_path / "results_spotting.json", game="g")
    assert result.notes == ("1 events: intervals became points", "1 events: players are not stored")
    assert read_labels(result.path).events[0].confidence == 0.5
    assert not write_version(timeline, tmp_path / "events.json", game="g").lossy
    with pytest.raises(InputError, match="the name matches no event format"):
        write_version(timeline, tmp_path / "labels.text", game="g")


def test_times_of_untrimmed_videos() -> None:
    halves = {1: HalfSpan("1_HQ.mkv", 60_000_000, 50_000_000), 2: HalfSpan("2_HQ.mkv", 0, 3_000_000_000)}
    timeline, outside = trimmed(V2, halves)
    assert [(event.label, event.start_us) for event in timeline] == [
        ("Goal", 1_234_000),
        ("Yellow->red card", 100_000_000),
    ]
    assert outside == 2
    with pytest.raises(InputError, match="events of half 2"):
        trimmed(V2, {1: halves[1]})
