"""CSV files of events: touchline's own, columns that the user names, LosslessCut's and Hudl's."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

import pytest
from eventsgiven import RICH, TEXT, TIMELINES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext, ExportOptions, VideoFacts
from touchline.formats.events.registry import find_events, format_named
from touchline.formats.events.tables.columns import parse_columns
from touchline.formats.files.csv_rows import plain_cell, safe_cell

CSV, HUDL, LOSSLESSCUT = map(format_named, ("csv", "hudl-csv", "losslesscut"))
AT_25 = ExportContext(video=VideoFacts(fps=Fraction(25)))


def read(text: str | bytes, name: str = "match.csv", **options: object) -> FoundEvents:
    data = text.encode() if isinstance(text, str) else text
    return find_events(data, source=name, options=ReadOptions(**options))  # type: ignore[arg-type]


def test_own_rows() -> None:
    lines = CSV.content(RICH, context=ExportContext()).decode().splitlines()
    assert lines[0].startswith("label,start_s,end_s,confidence,team,player,half,visible,source,note,attributes,extra")
    assert lines[2] == "Shot,12.345678,,0.875,Home,9 Ada,1,yes,spotter,,,"
    assert read("\n".join(lines)).timeline == RICH


@settings(max_examples=150, deadline=None)
@given(TIMELINES)
@example(Timeline((Event("=1+1", 0, team="'quoted", player="-", extra={"x": [1, {"y": None}], "note": "@a\r\nb"}),)))
def test_own_files_lose_nothing(timeline: Timeline) -> None:
    assert not CSV.fit(timeline, context=ExportContext()).notes
    assert read(CSV.content(timeline, context=ExportContext())).timeline == timeline


@given(TEXT)
def test_no_cell_is_a_formula(text: str) -> None:
    safe = safe_cell(text)
    assert plain_cell(safe) == text or safe == text
    assert safe[0] not in "=@" and (safe[0] not in "+-" or float(safe) is not None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("12.345678", "-1"), "line 3: '-1' is negative"),
        (("12.345678", "nan"), "line 3: 'nan' is not a time"),
        (("0.875", "1.5"), "line 3: confidence=1.5"),
        (("75.500000", "7"), "line 4: end_us=7000000 must be after"),
        (("no", "maybe"), "visible is 'maybe', not yes or no"),
        (("Corner,", '"Corner,'), "not readable as CSV"),
    ],
)
def test_bad_rows_are_named_by_line(change: tuple[str, str], message: str) -> None:
    text = CSV.content(RICH, context=ExportContext()).decode().replace(*change)
    with pytest.raises(InputError, match=message):
        read(text)


def test_spreadsheets_save_with_semicolons_and_commas_and_old_encodings() -> None:
    found = read("label;start_s;end_s\r\nÉcart;1,5;2,25\r\n\r\n".encode("cp1252"))
    assert found.timeline == Timeline((Event("Écart", 1_500_000, 2_250_000),)) and "cp1252" in found.notes[0]


COLUMNS = {"label": "Name", "start": "Position", "duration": "Duration", "team": "Side"}


def test_named_columns() -> None:
    text = "Name\tPosition\tDuration\tSide\tFoot\tNil\nShot\t0:01:02.5\t10\tHome\tleft\t\nFoul\t90,25\t0\t\tright\t\n"
    found = read(text, "dartfish.txt", columns=COLUMNS).timeline
    assert found == Timeline(
        (
            Event("Shot", 62_500_000, 72_500_000, team="Home", extra={"attributes": [["Foot", "left"]]}),
            Event("Foul", 90_250_000, extra={"attributes": [["Foot", "right"]]}),
        )
    )


@pytest.mark.parametrize(
    ("columns", "row", "event"),
    [
        ({"start_ms": "a", "end_ms": "b"}, "1500,2500", Event("x", 1_500_000, 2_500_000)),
        ({"start_frame": "a", "duration_frame": "b"}, "50,25", Event("x", 2_000_000, 3_000_000)),
        ({"time": "a", "note": "b"}, "3,hm", Event("x", 3_000_000, extra={"note": "hm"})),
        ({"minutes": "a", "seconds": "b"}, "2,3.5", Event("x", 123_500_000)),
        ({"start": "a", "confidence": "b"}, "1,0.5", Event("x", 1_000_000, confidence=0.5)),
    ],
)
def test_units_of_named_columns(columns: dict[str, str], row: str, event: Event) -> None:
    columns = {"label": "L", **columns}
    found = read(f"L,a,b\nx,{row}\n", columns=columns, fps=Fraction(25))
    assert found.timeline.events == (event,)


@pytest.mark.parametrize(
    ("columns", "fps", "message"),
    [
        ({}, None, "columns are 'Name', 'At'; name them with --columns"),
        ({"label": "Nam", "start": "At"}, None, "no column 'Nam'; did you mean 'Name'"),
        ({"start": "At"}, None, "must name the columns of label and of start"),
        ({"label": "Name", "start_frame": "At"}, None, "give --fps"),
    ],
)
def test_what_the_user_must_say(columns: dict[str, str], fps: Fraction | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read("Name,At\nx,1\n", columns=columns, fps=fps)
    assert read("Name,At\nx,1\n", columns={"label": "Name", "start": "At"}).timeline.events[0].start_us == 1_000_000


def test_columns_are_given_in_words_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "columns.txt"
    file.write_text("# Dartfish\nlabel = Name\nstart = Position (s)  # in seconds\n\n")
    assert parse_columns([str(file), "team=Side"]) == {"label": "Name", "start": "Position (s)", "team": "Side"}
    for word, message in {
        "labe=x": "did you mean 'label'",
        "nothing.txt": "neither a file nor",
        "label=": "is no",
    }.items():
        with pytest.raises(UsageError, match=message):
            parse_columns([word])


def test_named_columns_are_written_and_read_again() -> None:
    timeline = Timeline((Event("Shot", 62_500_000, 72_500_000, team="Home"), Event("Foul", 90_000_000)))
    columns = {"label": "Name", "time": "At", "start": "From", "duration": "Length", "team": "Side"}
    context = ExportContext(options=ExportOptions(columns=columns, lead_us=2_000_000, lag_us=1_000_000))
    assert CSV.content(timeline, context=context).decode().splitlines() == [
        "Name,At,From,Length,Side",
        "Shot,62.500000,62.500000,10.000000,Home",
        "Foul,90.000000,88.000000,3.000000,",
    ]
    assert CSV.fit(RICH, context=context).notes[0] == "1 events: confidences are not stored"
    points = ExportContext(options=ExportOptions(columns={"label": "L", "start": "S"}))
    text = CSV.content(timeline, context=points)
    again = read(text, columns={"label": "L", "start": "S"}).timeline
    assert [event.start_us for event in again] == [62_500_000, 90_000_000]


def test_hudl() -> None:
    timeline = Timeline((Event("Goal", 61_520_000, team="A"), Event("Pass", 3_600_000_000)))
    text = HUDL.content(timeline, context=AT_25).decode()
    assert text.splitlines() == ["Mins,Secs,Frames,Code,Team,Player", "1,1,13,Goal,A,", "60,0,0,Pass,,"]
    assert read(text, fps=Fraction(25)).timeline == timeline
    assert HUDL.fit(RICH, context=AT_25).notes[0] == "1 events: intervals became points"
    assert "times became those of frames" in HUDL.fit(RICH, context=AT_25).notes[-1]
    for run in (lambda: read(text), lambda: HUDL.content(timeline, context=ExportContext())):
        with pytest.raises(UsageError, match="--fps"):
            run()


def test_losslesscut() -> None:
    timeline = Timeline((Event("Goal, late", 61_520_000, 70_000_000), Event("=x", 100_000_000)))
    text = LOSSLESSCUT.content(timeline, context=ExportContext())
    assert list(csv.reader(io.StringIO(text.decode()))) == [
        ["61.520000", "70.000000", "Goal, late"],
        ["95.000000", "105.000000", "'=x"],
    ]
    assert read(text, "segments.csv").timeline.events[0] == timeline.events[0]
    assert LOSSLESSCUT.fit(RICH, context=ExportContext()).notes[0] == "3 events: points became intervals"
    odd = read(",12.5,Start\n20,,Marker\n30,30.25,\n", "x-llc.csv").timeline
    assert odd == Timeline(
        (Event("Start", 0, 12_500_000), Event("Marker", 20_000_000), Event("Segment", 30_000_000, 30_250_000))
    )
    with pytest.raises(InputError, match="line 2: end_us=1000000 must be after"):
        read("1,2,a\n3,1,b\n", "x.csv")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        read(text.encode("utf-8", "surrogatepass"), "x.csv")
    except (InputError, UsageError) as error:
        assert str(error).startswith("x.csv: ")
