"""EDL, FCPXML, OTIO and marker lists: files as they are written, and files of other programs."""

from __future__ import annotations

import builtins
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext, ExportOptions, VideoFacts
from touchline.formats.events.registry import find_events, format_named

SHORT = Timeline((Event("Goal", 20_000_000, team="A"), Event("Press", 60_000_000, 62_000_000)))


def context(rate: str = "30000/1001", **options: Any) -> ExportContext:
    video = VideoFacts(Path("/v/the match.mp4"), 120_000_000, Fraction(rate), None, 1920, 1080, has_audio=True)
    return ExportContext(game="the match", video=video, options=ExportOptions(**options))


def written(name: str, timeline: Timeline = SHORT, given: ExportContext | None = None) -> str:
    return format_named(name).content(timeline, context=given or context()).decode()


def read(name: str, text: str, rate: str | None = None) -> FoundEvents:
    options = ReadOptions(fps=Fraction(rate) if rate else None)
    return find_events(text.encode(), source=f"x{format_named(name).suffixes[0]}", options=options)


def spans(found: FoundEvents) -> list[tuple[str, int, int | None]]:
    return [(event.label, event.start_us, event.end_us) for event in found.timeline]


def test_an_edl_as_it_is_written() -> None:
    assert written("edl", given=context(lead_us=2_000_000, lag_us=3_000_000)) == (
        "TITLE: the match\nFCM: DROP FRAME\n* FRAME RATE: 30000/1001\n\n"
        "001  THE_MATC V     C        00:00:17;29 00:00:22;29 01:00:00;00 01:00:05;00\n"
        "* FROM CLIP NAME: the match.mp4\n"
        "* LOC: 01:00:02;00 RED     Goal\n"
        "* COMMENT: team=A; t=20@599\n"
        "002  THE_MATC V     C        00:00:59;28 00:01:02;00 01:00:05;00 01:00:07;00\n"
        "* FROM CLIP NAME: the match.mp4\n"
        "* LOC: 01:00:05;00 GREEN   Press\n"
        "* COMMENT: t=60@1798; to=62@1858\n"
    )


def test_non_drop_timecode_where_the_rate_is_whole() -> None:
    text = written("edl", given=context("25"))
    assert "FCM: NON-DROP FRAME" in text and "00:00:15:00 00:00:25:00 01:00:00:00 01:00:10:00" in text
    assert "FCM: NON-DROP FRAME" in written("edl", given=context("24000/1001"))


def test_a_cut_that_was_moved_has_its_new_time() -> None:
    text = written("edl", given=context("25"))
    moved = text.replace("00:01:00:00 00:01:02:00", "00:01:01:00 00:01:02:00")
    assert spans(read("edl", moved))[1] == ("Press", 61_000_000, 62_000_000)
    located = text.replace("* LOC: 01:00:05:00", "* LOC: 01:00:06:00")
    assert spans(read("edl", located))[0] == ("Goal", 21_000_000, None)


FOREIGN_EDL = """TITLE: Cut 1
FCM: NON-DROP FRAME

001  AX       AA/V  C        00:00:10:00 00:00:14:12 01:00:00:00 01:00:04:12
* FROM CLIP NAME: game.mov
M2   AX       025.0                00:00:10:00
002  AX       A2    C        00:00:10:00 00:00:14:12 01:00:00:00 01:00:04:12
003  BL       V     C        00:00:00:00 00:00:01:00 01:00:04:12 01:00:05:12
004  AX       V     D    012 00:00:30:00 00:00:40:00 01:00:05:12 01:00:15:12
* FROM CLIP NAME: game.mov
* LOC: 01:00:06:12 YELLOW  SHOT ON
* LOC: 01:00:08:12 YELLOW
"""


def test_an_edl_of_another_program() -> None:
    found = read("edl", FOREIGN_EDL, "25")
    assert spans(found) == [
        ("game.mov", 10_000_000, 14_480_000),
        ("SHOT ON", 31_000_000, None),
        ("event", 33_000_000, None),
    ]
    assert found.game == "game" and found.video.fps == 25


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", "does not say its frame rate; give it with --fps"),
        ("00:00:14:12", "00:00:14:25", "line 4: '00:00:14:25' is not timecode at 25"),
        ("00:00:14:12", "00:00:09:00", "line 4: the edit ends before it begins"),
        ("004  AX", "004  BX", "cuts from 2 sources"),
        ("004  AX       V", "004  AX V", None),
        ("004  AX       V     D    012", "004", r"line 9: '004 00:00:30:00.*is not an edit"),
    ],
)
def test_what_is_wrong_with_an_edl(old: str, new: str, message: str | None) -> None:
    text = FOREIGN_EDL.replace(old, new) if old else FOREIGN_EDL
    if message is None:
        assert len(read("edl", text, "25").timeline) == 3
        return
    with pytest.raises(InputError, match=message):
        read("edl", text, "25" if old else None)


def test_timecode_ends_after_24_hours() -> None:
    timeline = Timeline((Event("a", 0), Event("b", 86_390_000_000), Event("c", 86_500_000_000)))
    for name in ("edl", "davinci"):
        fitted = format_named(name).fit(timeline, context=ExportContext(video=VideoFacts(fps=Fraction(25))))
        lost = len(timeline) - len(fitted.timeline)
        assert lost and fitted.notes == (f"{lost} events: after the 24 hours of timecode",)


def test_more_cuts_than_the_format_numbers_are_a_remark() -> None:
    timeline = Timeline(tuple(Event("a", 1_000_000 * i) for i in range(1001)))
    assert any("stop after 999" in line for line in format_named("edl").fit(timeline, context=context()).remarks)


def test_fcpxml_as_it_is_written() -> None:
    assert written("fcpxml") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml version="1.10">\n  <resources>\n'
        '    <format id="r1" frameDuration="1001/30000s" width="1920" height="1080"/>\n'
        '    <asset id="r2" name="the match.mp4" start="0s" duration="3599596/30000s" hasVideo="1" format="r1" '
        'videoSources="1" hasAudio="1" audioSources="1">\n'
        '      <media-rep kind="original-media" src="file:///v/the%20match.mp4"/>\n    </asset>\n  </resources>\n'
        '  <library>\n    <event name="the match">\n      <project name="the match">\n'
        '        <sequence format="r1" duration="3599596/30000s" tcStart="0s" tcFormat="DF">\n          <spine>\n'
        '            <asset-clip ref="r2" name="the match.mp4" offset="0s" start="0s" duration="3599596/30000s" '
        'format="r1" tcFormat="DF">\n'
        '              <marker start="599599/30000s" duration="1001/30000s" value="Goal" note="team=A; t=20@599"/>\n'
        '              <keyword start="1799798/30000s" duration="60060/30000s" value="Press" '
        'note="t=60@1798; to=62@1858"/>\n'
        "            </asset-clip>\n          </spine>\n        </sequence>\n      </project>\n    </event>\n"
        "  </library>\n</fcpxml>\n"
    )


RULES = """<!ELEMENT fcpxml (import-options?, resources?, (library | event*))>
<!ATTLIST fcpxml version CDATA #FIXED "1.10">
<!ELEMENT import-options EMPTY>
<!ELEMENT library (event*)>
<!ATTLIST library location CDATA #IMPLIED>
<!ELEMENT event (asset-clip | project)*>
<!ATTLIST event name CDATA #IMPLIED uid CDATA #IMPLIED>
<!ELEMENT project (sequence)>
<!ATTLIST project name CDATA #IMPLIED>
<!ELEMENT resources (asset | format)*>
<!ELEMENT format EMPTY>
<!ATTLIST format id ID #REQUIRED name CDATA #IMPLIED frameDuration CDATA #IMPLIED width CDATA #IMPLIED
                 height CDATA #IMPLIED>
<!ELEMENT asset (media-rep+)>
<!ATTLIST asset id ID #REQUIRED name CDATA #IMPLIED start CDATA #IMPLIED duration CDATA #IMPLIED hasVideo CDATA #IMPLIED
                format IDREF #IMPLIED hasAudio CDATA #IMPLIED videoSources CDATA #IMPLIED audioSources CDATA #IMPLIED>
<!ELEMENT media-rep EMPTY>
<!ATTLIST media-rep kind (original-media | proxy-media) "original-media" src CDATA #REQUIRED>
<!ELEMENT sequence (note?, spine)>
<!ATTLIST sequence format IDREF #REQUIRED duration CDATA #IMPLIED tcStart CDATA #IMPLIED tcFormat (DF | NDF) #IMPLIED>
<!ELEMENT note (#PCDATA)>
<!ELEMENT spine (asset-clip*)>
<!ELEMENT asset-clip (note?, (marker | keyword)*)>
<!ATTLIST asset-clip ref IDREF #REQUIRED name CDATA #IMPLIED offset CDATA #IMPLIED start CDATA #IMPLIED
                     duration CDATA #IMPLIED format IDREF #IMPLIED tcFormat (DF | NDF) #IMPLIED>
<!ELEMENT marker EMPTY>
<!ATTLIST marker start CDATA #REQUIRED duration CDATA #IMPLIED value CDATA #REQUIRED note CDATA #IMPLIED>
<!ELEMENT keyword EMPTY>
<!ATTLIST keyword start CDATA #IMPLIED duration CDATA #IMPLIED value CDATA #REQUIRED note CDATA #IMPLIED>
"""
"""The part of the rules of FCPXML 1.10 for what is written here."""


@pytest.mark.parametrize("rate", ["30000/1001", "25", "60000/1001", "24"])
def test_fcpxml_keeps_the_rules_of_its_document_type(rate: str) -> None:
    etree = pytest.importorskip("lxml.etree")
    import io

    rules = etree.DTD(io.StringIO(RULES))
    document = etree.fromstring(written("fcpxml", given=context(rate)).encode())
    assert rules.validate(document), rules.error_log


def test_every_fcpxml_time_is_a_multiple_of_the_frame() -> None:
    import re

    timeline = Timeline(tuple(Event("a", 333_333 * i, 333_333 * i + 250_001) for i in range(50)))
    for rate in ("30000/1001", "25", "50", "60000/1001"):
        text = written("fcpxml", timeline, context(rate))
        times = re.findall(r'"(\d+)/(\d+)s"', text)
        assert len(times) > 100
        assert all((Fraction(int(a), int(b)) * Fraction(rate)).denominator == 1 for a, b in times)


FOREIGN_FCPXML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.11"><resources>
<format id="r1" frameDuration="100/2500s"/><format id="r9"/>
<asset id="r2" name="game" start="3600s" duration="100s" format="r1"><media-rep src="file:///x/game%201.mov"/></asset>
<asset id="r3" name="other" start="0s" format="r1"><media-rep src="file:///x/other.mov"/></asset>
</resources><project><sequence format="r1"><spine>
<asset-clip ref="r2" offset="0s" start="3610s" duration="20s">
  <marker start="3612s" duration="100/2500s" value="Shot" completed="0"/>
  <chapter-marker start="18061/5s" value="Half" posterOffset="1s"/>
  <keyword start="3615s" duration="2s" value="press"/>
  <keyword value="all"/>
</asset-clip>
<gap offset="20s" duration="5s"><marker start="1s" value="lost"/></gap>
<asset-clip ref="r3" offset="25s" start="0s" duration="5s"/>
</spine></sequence></project></fcpxml>"""


def test_fcpxml_of_another_program() -> None:
    found = read("fcpxml", FOREIGN_FCPXML)
    assert sorted(spans(found)) == [
        ("Half", 12_200_000, None),
        ("Shot", 12_000_000, None),
        ("all", 10_000_000, 30_000_000),
        ("press", 15_000_000, 17_000_000),
    ]
    assert found.game == "game" and found.notes == ("1 markers on titles, gaps or combined clips are left out",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('ref="r2" offset', 'ref="r3" offset', None),
        ('duration="5s"/>', 'duration="5s"><marker start="1s" value="b"/></asset-clip>', "markers on 2 videos"),
        ('"3612s"', '"3612"', "start='3612', which is not a time"),
        ('"3612s"', '"1/0s"', "which is not a time"),
        ('"100/2500s"/><format', '"0s"/><format', "no format .* has a frameDuration above 0"),
        ('duration="20s">', 'duration="20s"><timeMap/>', "is retimed"),
        ('value="Shot"', 'value=""', "every event needs a label"),
        ('"3612s"', '"3s"', "not a possible event"),
        ("<fcpxml", "<xmeml", "XML of <xmeml>, which is no known format"),
    ],
)
def test_what_is_wrong_with_fcpxml(old: str, new: str, message: str | None) -> None:
    text = FOREIGN_FCPXML.replace(old, new, 1)
    if message is None:
        assert [event.start_us for event in read("fcpxml", text).timeline][-1] > 3_600_000_000
        return
    with pytest.raises(InputError, match=message):
        read("fcpxml", text)


def test_otio_holds_one_clip_with_the_markers() -> None:
    document = json.loads(written("otio"))
    clip = document["tracks"]["children"][0]["children"][0]
    marker = clip["markers"][0]
    assert clip["name"] == "the match.mp4" and marker["name"] == "Goal" and marker["color"] == "RED"
    assert marker["marked_range"]["start_time"]["value"] == 599 and marker["marked_range"]["duration"]["value"] == 1
    assert marker["metadata"]["touchline"]["start_us"] == 20_000_000


def test_an_otio_marker_that_was_moved_or_renamed_counts() -> None:
    text = written("otio", given=context("25"))
    found = read(
        "otio", text.replace('"value": 500.0', '"value": 525.0').replace('"name": "Press"', '"name": "Trap"', 1)
    )
    names = {event.label: (event.start_us, event.end_us, event.team) for event in found.timeline}
    assert names["Goal"] == (21_000_000, None, "A") and len(names) == 2


def test_otio_of_another_program() -> None:
    library = pytest.importorskip("opentimelineio")
    time, schema = library.opentime.RationalTime, library.schema
    span = library.opentime.TimeRange
    media = schema.ExternalReference("game.mov", span(time(90_000, 25), time(3000, 25)))
    clip = schema.Clip("game.mov", media, span(time(90_250, 25), time(500, 25)))
    clip.markers.append(schema.Marker("Shot", span(time(90_300, 25), time(1, 25))))
    clip.markers.append(schema.Marker("Press", span(time(90_300, 25), time(50, 25))))
    track = schema.Track("V1")
    track.markers.append(schema.Marker("elsewhere", span(time(0, 25), time(1, 25))))
    track.extend([schema.Gap(duration=time(25, 25)), clip])
    timeline = schema.Timeline("cut")
    timeline.tracks.append(track)
    found = read("otio", library.adapters.write_to_string(timeline, "otio_json"))
    assert sorted(spans(found)) == [("Press", 12_000_000, 14_000_000), ("Shot", 12_000_000, None)]
    assert found.notes == ("1 markers that are on no clip are left out",) and found.video.fps == 25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"OTIO_SCHEMA": "Timeline.1", "tracks": null}', "not"),
        ('{"OTIO_SCHEMA": "Foo.1"}', "holds a Foo"),
        ('{"OTIO_SCHEMA": "Clip.2"}', "not readable as an OpenTimelineIO file"),
        ('{"OTIO_SCHEMA": "Timeline.1", "x": ' + "[" * 2000 + "]" * 2000 + "}", "not"),
    ],
)
def test_damaged_otio_is_refused_before_the_library_can_crash(text: str, message: str) -> None:
    known = format_named("otio")
    try:
        found = find_events(text.encode(), source="x.otio", known=known)
    except InputError as error:
        assert message in str(error)
    else:
        assert found.timeline == Timeline()


def test_without_its_library_otio_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "opentimelineio":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'touchline\[otio\]'"):
        format_named("otio").content(SHORT, context=context())


def test_a_marker_list_as_it_is_written_and_read() -> None:
    text = written("davinci")
    assert text == (
        "No.,Name,Start,End,Duration,Color,Notes\n"
        "1,Goal,00:00:19:29,00:00:20:00,00:00:00:01,Blue,team=A; t=20@599\n"
        "2,Press,00:00:59:28,00:01:01:28,00:00:02:00,Red,t=60@1798; to=62@1858\n"
    )
    assert read("davinci", text, "30000/1001").timeline == SHORT
    moved = text.replace("00:00:19:29,", "00:00:29:29,", 1)
    assert read("davinci", moved, "30000/1001").timeline.events[0].start_us == 29_996_633
    with pytest.raises(InputError, match="does not say its frame rate"):
        read("davinci", text)
    with pytest.raises(InputError, match=r"line 2: .*is not timecode"):
        read("davinci", text.replace("00:00:19:29,", "00:00:19:31,", 1), "30000/1001")
    with pytest.raises(InputError, match="has no column 'Duration'"):
        read("davinci", text.replace("Duration", "Length"), "25")
