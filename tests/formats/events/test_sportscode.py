"""Sportscode's and Nacsport's XML: round trips, the oddities of real files, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from eventsgiven import RICH, TIMELINES, without
from hypothesis import example, given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import FoundEvents
from touchline.formats.events.export_context import ExportContext, ExportOptions, LabelStyle, VideoFacts
from touchline.formats.events.registry import find_events, format_named

SPORTSCODE = format_named("sportscode")


def read(data: bytes | str) -> FoundEvents:
    return find_events(data.encode() if isinstance(data, str) else data, source="match.xml")


def written(timeline: Timeline, context: ExportContext | None = None) -> bytes:
    return SPORTSCODE.content(timeline, context=context or ExportContext())


def instances(*inside: str) -> str:
    return f"<file><ALL_INSTANCES>{''.join(f'<instance>{one}</instance>' for one in inside)}</ALL_INSTANCES></file>"


def one(start: str, end: str, *, code: str = "Shot", more: str = "") -> str:
    return instances(f"<ID>1</ID><start>{start}</start><end>{end}</end><code>{code}</code>{more}")


def test_a_file_as_it_is_written() -> None:
    timeline = Timeline((Event("Shot", 12_000_000, 19_000_000, team="Home", extra={"attributes": [[None, "on"]]}),))
    context = ExportContext(styles={"Shot": LabelStyle("Shot", "#ff0000")})
    assert written(timeline, context).decode() == (
        '<?xml version="1.0" encoding="utf-8"?>\n<file>\n<ALL_INSTANCES>\n<instance>\n'
        "<ID>1</ID><start>12.000000</start><end>19.000000</end><code>Shot</code>\n"
        "<label><group>Team</group><text>Home</text></label>\n<label><text>on</text></label>\n"
        "</instance>\n</ALL_INSTANCES>\n<ROWS>\n<row><code>Shot</code><R>65535</R><G>0</G><B>0</B></row>\n</ROWS>\n"
        "</file>\n"
    )


def test_nothing_is_lost() -> None:
    assert read(written(RICH)).timeline == RICH
    fitted = SPORTSCODE.fit(RICH, context=ExportContext())
    assert fitted.notes == () and "3 points became clips" in fitted.remarks[0]


@settings(max_examples=150, deadline=None)
@given(TIMELINES, st.booleans(), st.integers(0, 9_000_000), st.integers(0, 9_000_000))
@example(Timeline((Event("a", 0, confidence=0.0), Event("b", 999_999, 1_000_000))), True, 0, 0)
def test_any_timeline_makes_the_round_trip(timeline: Timeline, integer: bool, lead_us: int, lag_us: int) -> None:
    options = ExportOptions(lead_us=lead_us, lag_us=lag_us, integer_times=integer)
    again = read(written(timeline, ExportContext(options=options))).timeline
    assert without(again, "lead_us", "lag_us") == timeline


@settings(max_examples=50, deadline=None)
@given(TIMELINES)
def test_a_file_that_was_read_is_written_back_the_same(timeline: Timeline) -> None:
    first = written(timeline)
    found = read(first)
    assert written(found.timeline, ExportContext(styles=found.styles, kept=found.kept)) == first


def test_points_get_their_lead_and_lag_within_the_video() -> None:
    timeline = Timeline((Event("Goal", 3_000_000), Event("Pass", 20_000_000), Event("Pass", 58_000_000)))
    context = ExportContext(
        video=VideoFacts(duration_us=60_000_000),
        styles={"Goal": LabelStyle("Goal", lead_us=10_000_000, lag_us=8_000_000)},
        options=ExportOptions(lead_us=2_000_000, label_lag_us={"Pass": 4_000_000}),
    )
    text = written(timeline, context).decode()
    spans = re.findall(r"<start>([\d.]+)</start><end>([\d.]+)</end>", text)
    assert spans == [("1.000000", "11.000000"), ("18.000000", "24.000000"), ("56.000000", "60.000000")]
    again = read(text).timeline
    assert [event.start_us for event in again] == [3_000_000, 20_000_000, 58_000_000]
    assert again.events[0].extra == {"lead_us": 2_000_000, "lag_us": 8_000_000}


def test_a_clip_that_was_trimmed_elsewhere_keeps_its_trim() -> None:
    text = written(Timeline((Event("Pass", 20_000_000),))).decode()
    trimmed = read(text.replace("<start>15.000000", "<start>18.500000")).timeline
    assert trimmed.events[0].start_us == 20_000_000 and trimmed.events[0].extra["lead_us"] == 1_500_000
    moved = read(text.replace("<start>15.000000", "<start>21.000000")).timeline
    assert (moved.events[0].start_us, moved.events[0].end_us) == (21_000_000, 25_000_000)


def test_whole_seconds() -> None:
    timeline = Timeline((Event("Goal", 12_345_678), Event("Pass", 20_100_000, 20_900_000)))
    context = ExportContext(options=ExportOptions(integer_times=True))
    text = written(timeline, context).decode()
    assert re.findall(r"<start>(\d+)</start><end>(\d+)</end>", text) == [("7", "18"), ("20", "21")]
    assert read(text).timeline == timeline


BODY = one("1", "2", code="Café", more="<label><group>Équipe</group><text>à gauche</text></label>")


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (BODY.encode(), ""),
        (b"\xef\xbb\xbf" + BODY.encode(), ""),
        (BODY.encode("utf-16"), ""),
        (BODY.encode("utf-16-le"), ""),
        (b"\xfe\xff" + BODY.encode("utf-16-be"), ""),
        (BODY.replace("><", ">\r<").encode("utf-16"), ""),
        (('<?xml version="1.0" encoding="utf-16"?>' + BODY).encode(), ""),
        (('<?xml version="1.0" encoding="iso-8859-1"?>\n' + BODY).encode("latin-1"), ""),
        (('<?xml version="1.0" encoding="macintosh"?>\n' + BODY).encode("mac_roman"), ""),
        (('<?xml version="1.0" encoding="utf-8"?>\n' + BODY).encode("cp1252"), "read as cp1252"),
        (BODY.encode("cp1252"), "read as cp1252"),
        (BODY.replace("><", ">\r<").encode("mac_roman"), "read as mac_roman"),
    ],
)
def test_odd_encodings(data: bytes, note: str) -> None:
    found = read(data)
    (event,) = found.timeline
    assert event.label == "Café" and event.extra["attributes"] == [["Équipe", "à gauche"]]
    assert (note in found.notes[0]) if note else not found.notes


def test_numbers_as_other_tools_write_them() -> None:
    times = [
        ("57.9333333333333", "65.9333333333333"),
        ("1,5", "2,25"),
        (" 3 ", "4"),
        ("5E-02", "1e1"),
        ("0:01", "1:02.5"),
    ]
    found = read(instances(*(f"<start>{a}</start><end>{b}</end><code>x</code>" for a, b in times))).timeline
    assert {(event.start_us, event.end_us) for event in found} == {
        (57_933_333, 65_933_333),
        (1_500_000, 2_250_000),
        (3_000_000, 4_000_000),
        (50_000, 10_000_000),
        (1_000_000, 62_500_000),
    }


def test_instances_without_length_are_points() -> None:
    (event,) = read(one("7.5", "7.5")).timeline
    assert event.end_us is None and event.extra == {"lead_us": 0, "lag_us": 0}
    assert b"<start>7.500000</start><end>7.500000</end>" in written(Timeline((event,)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (one("5", "4"), "line 1: end 4.000000 s lies before start 5.000000 s"),
        (one("nan", "4"), "<start>: 'nan' is not a time"),
        (one("inf", "4"), "<start>: 'inf' is not a time"),
        (one("1", "1e999"), "<end>: '1e999' is not a time"),
        (one("-3", "4"), "'-3' is negative"),
        (one("1.234,5", "4"), "is not a time in seconds"),
        (one("1", "2", code=""), "has no code"),
        (instances("<start>1</start><code>x</code>"), "has no <end>"),
        ("<file>\n<ALL_INSTANCES>\n\n" + instances(), "ends too early"),
        ("<file><x/></file>", "has no <ALL_INSTANCES>"),
        ('<!DOCTYPE file [<!ENTITY a "b">]>' + one("1", "2"), "document type"),
        ('<!DOCTYPE file SYSTEM "file:///etc/passwd">' + one("1", "2"), "document type"),
        (one("1", "2", code="&nothing;"), "undefined entity"),
        ("<file>" + "<a>" * 100_000, "nested more than 64 deep"),
        ("<file><ALL_INSTANCES>" + " " * (16 << 20), "exceed the limit"),
        ("", "empty"),
        ("<svg/>", "no known format"),
    ],
)
def test_what_is_refused(data: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as error:
        format_named("sportscode").read(_source(data)) if message != "no known format" else read(data)
    assert str(error.value).startswith("match.xml: ") and len(str(error.value)) < 400


def _source(data: str) -> object:
    from touchline.formats.events.event_format import EventSource

    return EventSource("match.xml", data.encode())


def test_all_bad_instances_are_reported_with_their_lines() -> None:
    bad = "\n".join("<start>2</start><end>1</end><code>x</code></instance><instance>" for _ in range(8))
    with pytest.raises(InputError, match=r"9 of 10 instances cannot be used: line 1: .*line 2: .*; and 4 more"):
        read(instances("<start>0</start><end>1</end><code>x</code></instance><instance>" + bad))


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_truncated_file_names_where_it_ends(codec: str) -> None:
    data = written(RICH).decode().encode(codec)
    for length in (len(data) // 2 // 2 * 2, len(data) - 10):
        with pytest.raises(InputError, match=r"truncated|not readable as XML") as error:
            read(data[:length])
        offset = int(re.search(r"byte ([\d,]+)", str(error.value))[1].replace(",", ""))  # type: ignore[index]
        assert 0 <= length - offset < 80


@pytest.mark.robustness("37")
def test_a_bomb_of_entities_is_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
    with pytest.raises(InputError, match="document type"):
        read(f'<?xml version="1.0"?><!DOCTYPE file [<!ENTITY a0 "ha">{entities}]>' + one("1", "2", code="&a29;"))


def test_control_characters_are_left_out_with_a_note() -> None:
    found = read(one("1", "2", code="Sh\x00ot&#x1F;&#7;&#9;"))
    assert found.timeline.events[0].label == "Shot\t" and found.notes == ("3 control characters left out",)
    dirty = Timeline((Event("A\x07B", 1),))
    assert "control characters are left out" in SPORTSCODE.fit(dirty, context=ExportContext()).notes[0]
    assert read(written(dirty)).timeline.events[0].label == "AB"


REAL = """<file><SORT_INFO><sort_type>sort order</sort_type></SORT_INFO><ALL_INSTANCES>
<instance><ID>9</ID><start>62.4</start><end>68.4</end><code>RUCK</code>
<pos_x>11</pos_x><xy_colour a="&quot;">0</xy_colour>
<label><text>T1A</text></label><label><group>EQUIPO</group><text>RIVAL</text></label>
<label><group>EQUIPO</group><text>OTRO</text></label><free_text>slow &amp; flat</free_text><rating>3</rating></instance>
<instance><ID>2</ID><start>1</start><end>2</end><code>KICK</code></instance>
</ALL_INSTANCES><ROWS><row><sort_order>1</sort_order><code>RUCK</code><R>34406</R><G>65535</G><B>1</B></row>
<row><code>UNUSED</code><R>0</R><G>0</G><B>65535</B></row></ROWS><EXTRA/></file>"""


def test_what_is_unknown_is_kept_and_written_back() -> None:
    found = read(REAL)
    kick, ruck = found.timeline
    assert (kick.label, ruck.label) == ("KICK", "RUCK")
    assert ruck.extra == {
        "attributes": [[None, "T1A"], ["EQUIPO", "RIVAL"], ["EQUIPO", "OTRO"]],
        "note": "slow & flat",
        "xml_before_labels": ["<pos_x>11</pos_x>", '<xy_colour a="&quot;">0</xy_colour>'],
        "xml_after_labels": ["<rating>3</rating>"],
    }
    assert found.styles["RUCK"].colour == "#86ff00" and list(found.styles) == ["RUCK", "UNUSED"]
    again = written(found.timeline, ExportContext(styles=found.styles, kept=found.kept)).decode()
    order = ["<SORT_INFO><sort_type>", "<ID>1</ID>", "KICK", "<ID>2</ID>", "RUCK", "<pos_x>11</pos_x>", "T1A", "OTRO"]
    order += ["slow &amp; flat", "<rating>3</rating>", "<R>34406</R><G>65535</G><B>1</B>", "UNUSED", "KICK", "<EXTRA/>"]
    places = [again.index(order[0])]
    for part in order[1:]:
        places.append(again.index(part, places[-1]))
    assert read(again).timeline == found.timeline
    assert SPORTSCODE.fit(found.timeline, context=ExportContext()).notes == ()


@pytest.mark.parametrize(
    ("values", "colour"), [((65280, 0, 32768), "#ff0080"), ((65535, 0, 32896), "#ff0080"), ((255, 0, 128), "#ff0080")]
)
def test_colours_of_all_families(values: tuple[int, int, int], colour: str) -> None:
    red, green, blue = values
    row = f"<row><code>x</code><R>{red}</R><G>{green}</G><B>{blue}</B></row>"
    found = read(instances().replace("</file>", f"<ROWS>{row}</ROWS></file>"))
    assert found.styles["x"].colour == colour


def test_fields_in_labels_of_others_stay_in_their_place() -> None:
    labels = [("Zone", "1"), ("team", "Home"), ("Confidence", "high"), ("Half", "2")]
    more = "".join(f"<label><group>{group}</group><text>{text}</text></label>" for group, text in labels)
    (event,) = read(one("1", "2", more=more)).timeline
    assert (event.team, event.half, event.confidence) == ("Home", 1, 1.0)
    assert event.extra["attributes"] == [list(label) for label in labels]
    again = written(Timeline((event,))).decode()
    assert re.findall(r"<group>(\w+)</group><text>(\w+)</text>", again) == labels


def test_a_corrected_field_replaces_its_label() -> None:
    from dataclasses import replace

    (event,) = read(
        one("1", "2", more="<label><text>x</text></label><label><group>TEAM</group><text>A</text></label>")
    ).timeline
    again = written(Timeline((replace(event, team="B"),))).decode()
    assert "<label><group>TEAM</group><text>B</text></label>" in again and again.count("<group>") == 1


def test_nacsport_is_the_same_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "a.nacsport.xml"
    format_named("nacsport").write(RICH, path, context=ExportContext())
    assert path.read_bytes() == written(RICH) and read(path.read_bytes()).timeline == RICH


def test_kloppy_reads_what_is_written(tmp_path: Path) -> None:
    sportscode = pytest.importorskip("kloppy.sportscode")
    (tmp_path / "match.xml").write_bytes(written(RICH))
    codes = sportscode.load(str(tmp_path / "match.xml")).codes
    assert [(code.code, code.start_timestamp.total_seconds()) for code in codes] == [
        ("Kick-off", 0.0),
        ("Shot", 7.345678),
        ("Shot", 61.0),
        ("Corner", 85.0),
    ]
    assert codes[1].labels["Team"] == "Home"


def test_what_kloppy_writes_is_read(tmp_path: Path) -> None:
    sportscode = pytest.importorskip("kloppy.sportscode")
    (tmp_path / "match.xml").write_text(REAL)
    sportscode.save(sportscode.load(str(tmp_path / "match.xml")), str(tmp_path / "again.xml"))
    found = read((tmp_path / "again.xml").read_bytes()).timeline
    assert {(event.label, event.start_us, event.end_us) for event in found} == {
        ("KICK", 1_000_000, 2_000_000),
        ("RUCK", 62_400_000, 68_400_000),
    }


def test_details_of_an_event_of_play_become_labels() -> None:
    known = {"outcome": "complete", "receiver": 7, "place_m": [-6.0, 0.9], "length_m": 12.3, "reason": "it turns"}
    event = Event("PASS", 12_000_000, 19_000_000, extra=known)
    found = read(written(Timeline((event,)))).timeline.events[0]
    labels = [["Outcome", "complete"], ["Next on the ball", "7"], ["Place (m)", "-6.0 0.9"], ["Length (m)", "12.3"]]
    assert found.extra == {"attributes": [*labels, ["Reason", "it turns"]]}
    assert written(Timeline((found,))) == written(Timeline((event,)))
    assert SPORTSCODE.fit(Timeline((event,)), context=ExportContext()).notes == ()
    losses = format_named("webvtt").fit(Timeline((event,)), context=ExportContext()).notes
    assert not [note for note in losses if "other formats" in note]
