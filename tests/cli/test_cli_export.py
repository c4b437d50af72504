"""``touchline export``, and what ``convert`` does with formats of other tools."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from touchline.cli.exchange.export_arguments import FORMATS_OF_BOXES, FORMATS_OF_EVENTS
from touchline.cli.exchange.export_options import seconds_by_label
from touchline.cli.main import app
from touchline.core.corrections.history import Change
from touchline.core.errors import UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.boxes.track_registry import TRACK_FORMATS
from touchline.formats.bundle import Bundle
from touchline.formats.corrections.writer import JournalWriter
from touchline.formats.events.own_events import event_ids
from touchline.formats.events.registry import FORMATS, read_events

runner = CliRunner()
TIMELINE = Timeline(
    (
        Event("Goal", 61_000_000, team="A", confidence=0.9),
        Event("Corner", 90_000_000, confidence=0.4),
        Event("Corner", 99_000_000, confidence=0.3),
    )
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    made = Bundle.create(tmp_path, Path("match.mp4"))
    made.write_events(TIMELINE)
    return made


@pytest.fixture
def reviewed(bundle: Bundle) -> Bundle:
    """The team has a name, the last corner is accepted and has its own lead, the first one is rejected."""
    values = []
    for name, event, state in zip(event_ids(TIMELINE)[1:], TIMELINE.events[1:], ("rejected", "accepted"), strict=True):
        value = {"label": event.label, "start_us": event.start_us, "end_us": None, "team": "A", "player": None}
        value |= {"visible": True, "half": 1, "state": state, "confidence": event.confidence, "note": "late"}
        value |= {"point_px": None, "point_m": None, "lead_us": 2_000_000, "lag_us": 1_000_000}
        values.append(Change("event", name, None, value))
    values.append(Change("team", "A", None, {"name": "Ajax", "colour": "#ff0000"}))
    labels = [{"name": "Goal", "colour": "#00ff00", "key": None, "lead_us": 10_000_000, "lag_us": None}]
    values.append(Change("labels", "set", None, {"labels": labels}))
    with JournalWriter(bundle.path / "corrections.jsonl", video_fingerprint="f", who="anna") as writer:
        writer.do(*values)
    return bundle


def run(*words: object, code: int = 0, verb: str = "export") -> Result:
    result = runner.invoke(app, [verb, *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def test_the_help_names_every_format() -> None:
    assert set(FORMATS_OF_EVENTS) == {known.name for known in FORMATS}
    assert set(FORMATS_OF_BOXES) == {known.name for known in TRACK_FORMATS}


def test_a_bundle_becomes_a_sportscode_file(bundle: Bundle) -> None:
    result = run(bundle.path, "--to", "sportscode", "--json")
    record: dict[str, Any] = json.loads(result.stdout)
    assert record["events"] == 3 and record["notes"] == [] and record["to"] == "sportscode"
    assert "3 points became clips" in record["remarks"][0] and "note: 3 points" in result.stderr
    path = Path(record["path"])
    assert path == bundle.path / "match.xml"
    assert read_events(path.read_bytes(), source=str(path))[0] == TIMELINE


def test_corrected_events_leave_with_names_leads_and_colours(reviewed: Bundle, tmp_path: Path) -> None:
    run(reviewed.path, "--to", "sportscode", "--out", tmp_path / "out.xml")
    text = (tmp_path / "out.xml").read_text()
    assert text.count("<instance>") == 2 and text.count("<text>Ajax</text>") == 2
    assert "<start>51.000000</start><end>66.000000</end>" in text, "lead of the label set, default lag"
    assert "<start>97.000000</start><end>100.000000</end>" in text, "the event's own lead and lag"
    assert "<free_text>late</free_text>" in text and "<R>0</R><G>65535</G><B>0</B>" in text and "reviewed" not in text
    assert b"Ajax" in reviewed.export_events("sportscode").path.read_bytes()


def test_options_select_events(reviewed: Bundle, tmp_path: Path) -> None:
    def count(*words: object) -> int:
        record = json.loads(run(reviewed.path, "--to", "csv", "--out", tmp_path / "x.csv", "--json", *words).stdout)
        return int(record["events"])

    assert count() == 2 and count("--reviewed") == 1 and count("--label", "Goal") == 1
    assert count("--min-confidence", "0.95") == 1, "what a person accepted is exempt"
    assert count("--label", "Goal", "--label", "Corner") == 2
    result = run(reviewed.path, "--to", "csv", "--out", tmp_path / "x.csv", "--label", "Gaol")
    assert "none of 2 events is left by the options; its labels are Corner, Goal" in result.output


def test_leads_and_whole_seconds(bundle: Bundle, tmp_path: Path) -> None:
    words = ("--lead", 8, "--lead", "Corner=1.5", "--lag", "Goal=0", "--integer-times")
    run(bundle.path, "--to", "nacsport", "--out", tmp_path / "n.xml", *words)
    text = (tmp_path / "n.xml").read_text()
    for clip in (("53", "61"), ("88", "95"), ("97", "104")):
        assert "<start>{}</start><end>{}</end>".format(*clip) in text


def test_words_of_leads() -> None:
    assert seconds_by_label(["8", "a=b=2.5", "c=0"], option="--lead") == (8_000_000, {"a=b": 2_500_000, "c": 0})
    for word in ("x", "a=", "-1", "nan", "Goal=1e9", ""):
        with pytest.raises(UsageError, match=r"--lead .*give seconds from 0 to 3600"):
            seconds_by_label([word], option="--lead")


def test_only_left_out_events_change_the_exit_code(bundle: Bundle) -> None:
    assert "confidences are not stored" in run(bundle.path, "--to", "webvtt").output
    assert "2 events of 'Corner' have no class there" in run(bundle.path, "--to", "Labels", code=4).output
    assert (bundle.path / "Labels.json").is_file()
    assert "no class for any of" in run(bundle.path, "--to", "Labels-ball", code=3).output
    run(bundle.path, bundle.path / "match.vtt", verb="convert", code=4)


def test_frame_rates(bundle: Bundle) -> None:
    assert "give --fps" in run(bundle.path, "--to", "hudl-csv", code=2).output
    run(bundle.path, "--to", "hudl-csv", "--fps", 25)
    assert (bundle.path / "match.hudl.csv").read_text().splitlines()[1] == "1,1,0,Goal,A,"


def test_many_sources_go_into_a_folder(bundle: Bundle, tmp_path: Path) -> None:
    other = Bundle.create(tmp_path, Path("second.mp4"))
    other.write_events(TIMELINE)
    (tmp_path / "alone.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nPass\n")
    run(bundle.path, other.path, tmp_path / "alone.vtt", "--to", "csv", "--out", tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out")) == ["alone.csv", "match.csv", "second.csv"]
    run(bundle.path, other.path, "--to", "Labels-v2", "--out", tmp_path / "labels")
    assert (tmp_path / "labels" / "match" / "Labels-v2.json").is_file()
    run(tmp_path, "--to", "csv", "--out", tmp_path / "all")
    assert sorted(os.listdir(tmp_path / "all")) == ["alone.csv", "labels", "match.csv", "out", "second.csv"]


def test_a_file_beside_its_source_is_never_replaced(tmp_path: Path) -> None:
    source = tmp_path / "match.vtt"
    source.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nPass\n")
    (tmp_path / "match.xml").write_text("mine")
    assert "match.xml: exists; say where to write with --out" in run(source, "--to", "sportscode", code=2).output
    run(source, "--to", "csv")
    assert (tmp_path / "match.csv").is_file() and (tmp_path / "match.xml").read_text() == "mine"


def test_what_does_not_fit(bundle: Bundle, tmp_path: Path) -> None:
    assert "did you mean 'sportscode'" in run(bundle.path, "--to", "sportcode", code=2).output
    assert "formats are events, " in run(bundle.path, "--to", "zzz", code=2).output
    assert "holds boxes" in run(bundle.path, "--to", "mot", "--reviewed", code=2).output
    run(bundle.path, "--to", "csv", "--out", tmp_path / "a.csv")
    assert "give a bundle" in run(tmp_path / "a.csv", "--to", "mot", code=3).output
    assert "no such file" in run(tmp_path / "none.touchline", "--to", "csv", code=3).output


def test_convert_between_tools(tmp_path: Path) -> None:
    (tmp_path / "tags.csv").write_text("Name,Position,Foot\nShot,0:01.5,left\n")
    words = (tmp_path / "tags.csv", tmp_path / "match.xml", "--columns", "label=Name", "--columns", "start=Position")
    assert "1 point became clips" in run(*words, verb="convert").output
    run(tmp_path / "match.xml", tmp_path / "own.csv", verb="convert")
    timeline, _ = read_events((tmp_path / "own.csv").read_bytes(), source="own.csv")
    assert timeline.events == (Event("Shot", 1_500_000, extra={"attributes": [["Foot", "left"]]}),)
    run(tmp_path / "match.xml", tmp_path / "out", "--to", "csv", verb="convert")
    assert (tmp_path / "out").is_file(), "the name of a format leaves the name of the file to the user"
    assert "name them with --columns" in run(tmp_path / "tags.csv", tmp_path / "x.xml", verb="convert", code=2).output
    assert "is not an event format" in run(*words[:2], "--from", "nothing", verb="convert", code=3).output


def test_convert_keeps_rows_and_unknown_parts(tmp_path: Path) -> None:
    row = "<ROWS><row><code>A</code><R>34406</R><G>1</G><B>2</B></row></ROWS>"
    one = "<instance><start>1</start><end>2</end><code>A</code><pos_x>3</pos_x></instance>"
    (tmp_path / "a.xml").write_text(f"<file><ALL_INSTANCES>{one}</ALL_INSTANCES>{row}</file>")
    run(tmp_path / "a.xml", tmp_path / "b.nacsport.xml", verb="convert")
    text = (tmp_path / "b.nacsport.xml").read_text()
    assert "<R>34406</R>" in text and "<pos_x>3</pos_x>" in text


def test_convert_takes_folders_of_files_named_by_match(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("one", "two"):
        (tmp_path / "in" / f"{name}.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nPass\n")
    run(tmp_path / "in", tmp_path / "out", "--to", "sportscode", verb="convert")
    assert sorted(os.listdir(tmp_path / "out")) == ["one.xml", "two.xml"]
    run(tmp_path / "in", tmp_path / "labels", "--to", "events.json", verb="convert")
    assert (tmp_path / "labels" / "one" / "events.json").is_file()


def test_frames_of_the_video_itself_count(tmp_path: Path) -> None:
    """A variable frame rate: the frames after the first ten last twice as long."""
    from fractions import Fraction

    from makevideo import write_numbered
    from touchline.core.events import Coverage
    from touchline.formats.bundle import Manifest

    times = [*range(10), *range(10, 60, 2)]
    write_numbered(tmp_path / "match.mp4", frames=len(times), times=times, time_base=Fraction(1, 25))
    bundle = Bundle.create(tmp_path, tmp_path / "match.mp4")
    bundle.write_events(Timeline((Event("Goal", 0), Event("Goal", 1_200_000))))
    bundle.write_manifest(Manifest("match.mp4", "f", (), {}, Coverage(2_400_000, len(times))))
    result = run(bundle.path, "--to", "hudl-csv", "--json", "--fps", 50)
    assert (bundle.path / "match.hudl.csv").read_text().splitlines()[1:] == ["0,0,0,Goal,,", "0,1,3,Goal,,"]
    assert "--fps 50 is not used" in json.loads(result.stdout)["remarks"][0]
    (tmp_path / "match.mp4").write_bytes(b"broken")
    assert "cannot be opened" in run(bundle.path, "--to", "csv").output
    assert "give --fps" in run(bundle.path, "--to", "hudl-csv", code=2).output
