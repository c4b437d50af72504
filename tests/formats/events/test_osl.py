"""OSL's JSON 2.0: published shapes, unknown keys, several videos, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from eventsgiven import TIMELINES
from hypothesis import given, settings

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.registry import find_events, format_named

OSL = format_named("osl")

PUBLISHED: dict[str, Any] = {
    "version": "2.0",
    "date": "2025-12-16",
    "task": "action_spotting",
    "dataset_name": "a set",
    "metadata": {"split": "test"},
    "mine": [1],
    "labels": {"ball_action": {"type": "single_label", "labels": ["PASS", "DRIVE"], "colour": 3}},
    "data": [
        {
            "id": "m1",
            "inputs": [{"type": "video", "path": "league/a - b/224p.mp4", "fps": 29.97}],
            "events": [
                {"head": "ball_action", "label": "PASS", "position_ms": "840"},
                {
                    "head": "ball_action",
                    "label": "DRIVE",
                    "position_ms": 1720.5,
                    "confidence_score": 0.5,
                    "x": {"y": 1},
                },
            ],
            "captions": [{"lang": "en", "text": "t"}],
            "more": None,
        }
    ],
}


def read(document: dict[str, Any], item: str | None = None) -> FoundEvents:
    return find_events(json.dumps(document).encode(), source="x.json", options=ReadOptions(item=item))


def test_a_published_file() -> None:
    found = read(PUBLISHED)
    assert found.timeline == Timeline(
        (
            Event("PASS", 840_000, extra={"head": "ball_action"}),
            Event("DRIVE", 1_720_500, confidence=0.5, extra={"head": "ball_action", "x": {"y": 1}}),
        )
    )
    assert found.game == "m1" and found.video.fps == Fraction(30000, 1001) and list(found.styles) == ["PASS", "DRIVE"]
    assert found.video.path == Path("league/a - b/224p.mp4") and "captions of the video" in found.notes[0]


def test_unknown_keys_are_written_back() -> None:
    found = read(PUBLISHED)
    again = json.loads(OSL.content(found.timeline, context=ExportContext(game="g", kept=found.kept)))
    expected = json.loads(json.dumps(PUBLISHED))
    expected["data"][0]["events"][0]["position_ms"] = 840
    expected["data"][0]["events"][1]["position_ms"] = 1720
    assert again == expected
    assert OSL.fit(found.timeline, context=ExportContext()).notes == ("1 events: times are rounded to 1 ms",)


@settings(max_examples=60, deadline=None)
@given(TIMELINES)
def test_points_at_milliseconds_make_the_round_trip(timeline: Timeline) -> None:
    from dataclasses import replace

    whole = Timeline(tuple(replace(one, start_us=one.start_us // 1000 * 1000, end_us=None) for one in timeline))
    assert not OSL.fit(whole, context=ExportContext()).notes
    assert read(json.loads(OSL.content(whole, context=ExportContext(game="g")))).timeline == whole


def test_what_is_written_names_the_video_and_all_labels() -> None:
    context = ExportContext(game="m", video=VideoFacts(path=Path("/a/m.mp4"), fps=Fraction(25)))
    document = json.loads(OSL.content(Timeline((Event("Goal", 1_000_000), Event("Foul", 5_000_000))), context=context))
    assert document["data"][0]["inputs"] == [{"type": "video", "path": "m.mp4", "fps": 25.0}]
    assert document["labels"] == {"action": {"type": "single_label", "labels": ["Goal", "Foul"]}}


def test_several_videos_need_a_choice() -> None:
    second = {"inputs": [{"path": "two.mp4"}], "events": [{"head": "h", "label": "x", "position_ms": 7}]}
    both = {**PUBLISHED, "data": [*PUBLISHED["data"], second]}
    with pytest.raises(UsageError, match=r"holds 2 videos \('m1', 'two.mp4', ...\); choose one with --item"):
        read(both)
    assert len(read(both, "m1").timeline) == 2
    assert read(both, "2").timeline == read(both, "two.mp4").timeline
    with pytest.raises(UsageError, match=r"--item 3: .* has no such video"):
        read(both, "3")


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"labels": {"action": {"label": "shot"}}}, "classification"),
        ({"events": {}}, "'events' is a dict, not a list"),
        ({"events": [{"label": "x"}]}, r"events\[0\] has no 'position_ms'"),
        ({"events": [{"label": "x", "position_ms": -1}]}, "negative"),
        ({"events": [{"label": "x", "position_ms": "nan"}]}, "cannot be used"),
        ({"events": [{"label": "x", "position_ms": 1e400}]}, "readable as JSON|cannot be used"),
        ({"events": [{"label": 3, "position_ms": 1}]}, "label 3 is not text"),
        ({"events": [3] * 9}, "9 of 9 events: .*; and 4 more"),
    ],
)
def test_what_is_refused(sample: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read({"labels": {}, "data": [sample]})


def test_a_file_without_videos_is_refused() -> None:
    with pytest.raises(InputError, match="holds no videos"):
        read({"labels": {}, "data": []})
