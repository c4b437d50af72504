"""The registry of event formats: files are recognised, formats named, and a bundle exports to each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import Bundle
from touchline.formats.events.event_format import EventFormat
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.own_events import events_document
from touchline.formats.events.registry import FORMATS, file_endings, format_named, format_taking, read_events
from touchline.formats.soccernet.labels import labels_document, results_document

TIMELINE = Timeline((Event("Goal", 61_000_000, team="home"), Event("Corner", 90_000_000)))


def test_every_file_name_is_of_one_format() -> None:
    names = [name for known in FORMATS for name in known.file_names]
    preferred = ["events.json", "Labels-v2.json", "Labels-ball.json", "Labels.json", "results_spotting.json"]
    assert [name for name in names if name in preferred] == preferred
    assert len(set(names)) == len(names) and len({known.name for known in FORMATS}) == len(FORMATS)
    assert ".json" in file_endings()
    assert format_taking("labels.other") is None
    with pytest.raises(InputError, match="'other' is not an event format; choose one of events, Labels-v2"):
        format_named("other")


@pytest.mark.parametrize(
    ("document", "game"),
    [
        (events_document(TIMELINE), ""),
        (labels_document(TIMELINE, game="a/b"), "a/b"),
        (results_document(TIMELINE, game="a/b"), "a/b"),
    ],
)
def test_files_are_recognised_by_what_they_hold(document: dict[str, object], game: str) -> None:
    timeline, named = read_events(json.dumps(document).encode(), source="x")
    assert [(event.label, event.start_us, event.team) for event in timeline] == [
        ("Goal", 61_000_000, "home"),
        ("Corner", 90_000_000, None),
    ]
    assert named == game


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"schema": "touchline.sound", "version": 1}', "schema 'touchline.sound' version 1 is not"),
        (b'{"schema": "touchline.events", "version": 2}', "is not the supported"),
        (b"{}", "neither 'annotations' nor 'predictions'"),
        (b"label,time", "line 1: not readable as JSON"),
        (b"", "empty"),
    ],
)
def test_what_is_no_event_file(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_events(data, source="match.json")
    assert str(error.value).startswith("match.json: ")


def test_a_bundle_exports_to_every_format(tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path, Path("match.mp4"))
    bundle.write_events(TIMELINE)
    for known in map(format_named, ("events", "Labels-v2", "Labels", "results_spotting")):
        result = bundle.export_events(known.name, tmp_path / known.name / known.default_name)
        again, game = read_events(result.path.read_bytes(), source=str(result.path))
        assert len(again) == result.events
        assert game == ("" if known.name == "events" else "match")
    assert bundle.export_events("Labels").dropped == {"Corner": 1}
    assert (bundle.path / "Labels.json").is_file()
    with pytest.raises(InputError, match="have no class for any of Corner, Goal"):
        bundle.export_events("Labels-ball")


class Lines(EventFormat):
    """A format that is only written, and holds everything."""

    name = "lines"
    title = "lines"
    suffixes = (".lines",)

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        return "\n".join([context.game, *(event.label for event in timeline)]).encode()


def test_a_format_needs_little_more_than_its_content(tmp_path: Path) -> None:
    known = Lines()
    assert not known.readable and all(
        one.readable for one in map(format_named, ("events", "Labels", "results_spotting"))
    )
    assert known.takes("Match.LINES") and not known.takes("match.json") and known.default_name == "events.lines"
    result = known.write(TIMELINE, tmp_path / "new" / "match.lines", context=ExportContext(game="g"))
    assert result.path.read_bytes() == b"g\nGoal\nCorner" and not result.lossy
