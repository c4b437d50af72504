"""CSV as spreadsheets write it, by one mechanism for every reader: separators, decimal commas, encodings, times."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.boxes.picked import read_boxes
from touchline.formats.clips.csv_list import read_clip_csv
from touchline.formats.clips.predictions import read_clip_predictions
from touchline.formats.events.event_format import FoundEvents, ReadOptions
from touchline.formats.events.registry import find_events
from touchline.formats.files.csv_rows import csv_lines, read_csv
from touchline.formats.files.decimals import Decimals, decimals_of
from touchline.formats.keeper.pose_tables import read_keeper_boxes
from touchline.formats.keeper.shots import read_shot_file

pytestmark = pytest.mark.robustness("data-files")

Write = Callable[[str], bytes]
SAVED: list[tuple[str, str, Write]] = [
    ("German Excel, UTF-8", ";", lambda text: text.encode("utf-8-sig")),
    ("German Excel, old", ";", lambda text: text.replace("\n", "\r\n").encode("cp1252")),
    ("Unicode text", "\t", lambda text: b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le")),
    ("big-endian", "\t", lambda text: b"\xfe\xff" + text.encode("utf-16-be")),
    ("with sep=", ";", lambda text: f"sep=;\r\n{text}".encode()),
    ("with sep=, marked", ";", lambda text: f"sep=;\r\n{text}".encode("utf-8-sig")),
    ("with quoted sep=", ";", lambda text: f'"sep=;"\n{text}'.encode()),
    ("sep= of a tab", "\t", lambda text: f"sep=\t\n{text}".encode()),
    ("with empty cells behind", ";", lambda text: text.replace("\n", ";;\n").encode()),
    ("old Mac", ";", lambda text: text.replace("\n", "\r").encode()),
]
ENDS = [pytest.param(separator, write, id=name) for name, separator, write in SAVED]


def table(*rows: tuple[str, ...], separator: str) -> str:
    return "".join(separator.join(row) + "\n" for row in rows)


def events(data: bytes, name: str = "tags.csv", **columns: str) -> FoundEvents:
    return find_events(data, source=name, options=ReadOptions(columns=columns, fps=Fraction(25)))


@pytest.mark.parametrize(("separator", "write"), ENDS)
def test_shots(tmp_path: Path, separator: str, write: Write) -> None:
    rows = [("id", "x", "y", "keeper"), ("1", "108,5", "40,25", "Müller"), ("2", "100", "30", "Núñez")]
    (tmp_path / "a.csv").write_bytes(write(table(*rows, separator=separator)))
    found = read_shot_file(tmp_path / "a.csv")
    assert [(s.x_yd, s.y_yd, s.keeper) for s in found.shots] == [(108.5, 40.25, "Müller"), (100, 30, "Núñez")]
    assert not found.problems


@pytest.mark.parametrize(("separator", "write"), ENDS)
def test_own_events(separator: str, write: Write) -> None:
    rows = [("label", "start_s", "end_s", "confidence"), ("Schuß", "1,5", "0:01:30", "0,75"), ("Foul", "90", "", "")]
    found = events(write(table(*rows, separator=separator)))
    assert found.timeline == Timeline((Event("Schuß", 1_500_000, 90_000_000, 0.75), Event("Foul", 90_000_000)))


@pytest.mark.parametrize(("separator", "write"), ENDS)
def test_events_by_columns(separator: str, write: Write) -> None:
    rows = [('"Name"', '"Zeit"', "Fuß"), ("Schuß", "1:30,5", "links"), ("Foul", "0:01:31", ""), ("Tor", "92,25", "")]
    found = events(write(table(*rows, separator=separator)), label="Name", start="Zeit").timeline
    assert [(event.label, event.start_us) for event in found] == [
        ("Schuß", 90_500_000),
        ("Foul", 91_000_000),
        ("Tor", 92_250_000),
    ]
    assert found.events[0].extra == {"attributes": [["Fuß", "links"]]}


@pytest.mark.parametrize(("separator", "write"), ENDS)
def test_hudl_and_losslesscut_are_recognised(separator: str, write: Write) -> None:
    rows = [("Mins", "Secs", "Frames", "Code"), ("1", "2,5", "0", "Shot")]
    assert events(write(table(*rows, separator=separator))).timeline.events[0].start_us == 62_500_000
    clips = [("12,5", "19,25", "Schuß"), ("20", "", "Tor")]
    found = events(write(table(*clips, separator=separator)), name="cut.csv").timeline
    assert found == Timeline((Event("Schuß", 12_500_000, 19_250_000), Event("Tor", 20_000_000)))


@pytest.mark.parametrize(("separator", "write"), ENDS)
def test_clips_and_predictions(tmp_path: Path, separator: str, write: Write) -> None:
    (tmp_path / "ü.mp4").write_bytes(b"x")
    rows = [("path", "label", "group"), ("ü.mp4", "Schuß", "a"), ("", "", "")]
    (tmp_path / "a.csv").write_bytes(write(table(*rows, separator=separator)))
    assert [(clip.label, clip.group) for clip in read_clip_csv(tmp_path / "a.csv").items] == [("Schuß", "a")]
    rows = [("id", "label", "confidence", "p:Schuß", "p:Tor"), ("ü", "Schuß", "0,75", "0,75", "0,25")]
    (tmp_path / "a.csv").write_bytes(write(table(*rows, separator=separator)))
    found = read_clip_predictions(tmp_path / "a.csv")
    assert (found.classes, found.values.tolist()) == (("Schuß", "Tor"), [[0.75, 0.25]])


@pytest.mark.parametrize(("separator", "write"), ENDS)
def test_boxes_of_players_and_keepers(tmp_path: Path, separator: str, write: Write) -> None:
    rows = [("time_s", "x0", "y0", "x1", "y1", "name"), ("1,5", "10", "20,25", "30", "60", "Müller")]
    (tmp_path / "a.csv").write_bytes(write(table(*rows, separator=separator)))
    (box,) = read_boxes(tmp_path / "a.csv")
    assert (box.time_us, box.box_xyxy, box.name) == (1_500_000, (10, 20.25, 30, 60), "Müller")
    rows = [("file", "x0", "y0", "x1", "y1"), ("ü.png", "1,5", "2", "3", "4,25")]
    (tmp_path / "a.csv").write_bytes(write(table(*rows, separator=separator)))
    assert read_keeper_boxes(tmp_path / "a.csv") == {"ü.png": (1.5, 2, 3, 4.25)}


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (["108,5", "1,234"], Decimals(comma=True)),
        (["0,523"], Decimals(comma=True)),
        (["1234,567"], Decimals(comma=True)),
        (["1,2E+03"], Decimals(comma=True)),
        (["12", "x", "", "1:30,5"], Decimals()),
        (["1.234"], Decimals()),
        (["1.5", "1,234"], Decimals()),
        (["1.5", "2,25"], Decimals(mixed=True)),
        (["108,5", "1.234"], Decimals(comma=True)),
    ],
)
def test_one_decision_for_the_whole_file(cells: list[str], decimals: Decimals) -> None:
    assert decimals_of(cells, source="a.csv") == decimals


def test_what_nothing_decides_is_refused_with_both_readings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'1,234' are 1\.234 with a decimal comma, or 1234 with thousands separators"):
        decimals_of(["5", "1,234", "2,500"], source="a.csv")
    (tmp_path / "a.csv").write_text("x;y\n100,125;40,250\n")
    with pytest.raises(InputError, match=r"a.csv: numbers such as '100,125' are 100\.125 .*or 100125"):
        read_shot_file(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"'12,345' are 12\.345"):
        events(b"label;start_s\nShot;12,345\n")


@pytest.mark.parametrize(
    ("decimals", "text", "why"),
    [
        (Decimals(), "1,234.5", "thousands separators"),
        (Decimals(comma=True), "1.234,5", "thousands separators"),
        (Decimals(comma=True), "1.234", "thousands separators"),
        (Decimals(), "1 234", "thousands separators"),
        (Decimals(), "1'234,5", "thousands separators"),
        (Decimals(), "1.234.567", "thousands separators"),
        (Decimals(), "1,234", "decimal comma or a thousands separator; write 1.234 or 1234"),
        (Decimals(mixed=True), "2,25", "decimal comma; write 2.25, as other numbers of the file have a point"),
    ],
)
def test_thousands_and_mixed_signs_are_refused(decimals: Decimals, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decimals.plain(text)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_decimal_comma_reads_as_the_point_would(whole: int, fraction: int) -> None:
    text = f"{whole},{fraction:06d}"
    assert Decimals(comma=True).number(text) == float(text.replace(",", "."))


@pytest.mark.parametrize("text", ["0.00104166666666667", "1.04166666666667E-03", "0,00104166666666667"])
def test_fractions_of_a_day_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(InputError, match=r"fractions of a day.*\(0:01:30\.000\).*\[h\]:mm:ss"):
        events(f"label;start_s\nShot;{text}\n".encode())
    with pytest.raises(InputError, match="fractions of a day"):
        events(f"L;T\nShot;{text}\n".encode(), label="L", start="T")


def test_short_times_are_no_fractions_of_a_day() -> None:
    assert len(events(b"label,start_s\nShot,0.5\nFoul,0\n").timeline) == 2
    assert len(events(b"L,T\nShot,0.12345678\nFoul,12\n", label="L", start="T").timeline) == 2


def test_lines_and_headers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\n"a" ;"b,,,c"\n\n1;"2\n3"\n;\n4\n')
    found = read_csv(tmp_path / "a.csv")
    assert (found.columns, found.separator) == (("a", "b,,,c"), ";")
    assert found.rows == ({"a": "1", "b,,,c": "2\n3"}, {"a": "4", "b,,,c": ""})
    assert found.lines == (5, 7)
    with pytest.raises(InputError, match=r"line 2: 3 cells under 2 columns; decimal commas\?"):
        (tmp_path / "a.csv").write_text("a,b\n1,5,2\n")
        read_csv(tmp_path / "a.csv")


@given(st.lists(st.text(alphabet='ab"\n\r;,\u2028\x0b\x85', max_size=8), max_size=4))
def test_lines_are_those_of_pythons_reader(cells: list[str]) -> None:
    """Only line feeds and carriage returns end lines, as in files, not everything that ``splitlines`` takes."""
    import csv
    import io

    text = io.StringIO(newline="")
    csv.writer(text).writerow(["a", "b", "c", "d"])
    csv.writer(text).writerow(cells)
    wanted = list(csv.reader(io.StringIO(text.getvalue(), newline="")))
    assert [row for _, row in csv_lines(text.getvalue(), source="a.csv")] == wanted
