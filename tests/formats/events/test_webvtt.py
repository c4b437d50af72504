"""WebVTT chapters and captions."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from eventsgiven import RICH, TIMELINES
from hypothesis import given, settings

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.export_context import ExportContext, ExportOptions
from touchline.formats.events.registry import find_events, format_named

CHAPTERS, CAPTIONS = map(format_named, ("webvtt", "webvtt-captions"))
TIGHT = ExportContext(options=ExportOptions(lead_us=0, lag_us=2_000_000))


def test_chapters_do_not_overlap() -> None:
    timeline = Timeline(
        (
            Event("Attack", 0, 30_000_000),
            Event("Shot", 10_000_000),
            Event("Goal", 10_000_000),
            Event("<b> & --> c", 360_000_000_000, 360_001_000_000),
        )
    )
    assert CHAPTERS.content(timeline, context=TIGHT).decode() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\nAttack\n\n00:00:10.000 --> 00:00:12.000\nGoal / Shot\n\n"
        "100:00:00.000 --> 100:00:01.000\n&lt;b&gt; &amp; --&gt; c\n"
    )
    notes = CHAPTERS.fit(timeline, context=TIGHT).notes
    assert notes[0] == "2 events: points became intervals"
    assert notes[1:] == ("1 event end where the next chapter begins", "1 event begin with another one, in its chapter")


def test_captions_show_who() -> None:
    text = CAPTIONS.content(RICH, context=TIGHT).decode()
    assert "00:00:12.346 --> 00:00:14.346\nShot\n9 Ada · Home\n" in text
    again = find_events(text.encode(), source="x.vtt").timeline
    assert again.events[1] == Event("Shot", 12_346_000, 14_346_000, extra={"attributes": [[None, "9 Ada · Home"]]})


def test_other_files_are_read() -> None:
    text = (
        "\ufeffWEBVTT - match\r\nKind: chapters\r\n\r\nNOTE a\r\nb --> c\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n"
        "id 1\r\n01:02.500 --> 01:04.000 align:start\r\n<v Ada><c.red>Shot</c> &amp; goal\r\nsecond\r\n\r\n"
        "00:02:00.000 --> 00:02:00.001\r\nPass"
    )
    assert find_events(text.encode(), source="x.vtt").timeline == Timeline(
        (
            Event("Shot & goal", 62_500_000, 64_000_000, extra={"attributes": [[None, "second"]]}),
            Event("Pass", 120_000_000, 120_001_000),
        )
    )


@pytest.mark.parametrize(
    ("cue", "message"),
    [
        ("00:00:02.000 --> 00:00:01.000\nx", "line 3: the cue ends at 1000 ms, not after"),
        ("00:00:02,000 --> 00:00:03,000\nx", "line 3: .* is not a timing"),
        ("nan --> 00:00:03.000\nx", "line 3: 'nan --> .* is not a timing"),
    ],
)
def test_bad_cues_are_named_by_line(cue: str, message: str) -> None:
    with pytest.raises(InputError, match=f"x.vtt: {message}"):
        find_events(f"WEBVTT\n\n{cue}\n".encode(), source="x.vtt")


@settings(max_examples=80, deadline=None)
@given(TIMELINES)
def test_webvtt_py_reads_what_is_written(timeline: Timeline) -> None:
    webvtt = pytest.importorskip("webvtt")
    for known in (CHAPTERS, CAPTIONS):
        text = known.content(timeline, context=TIGHT).decode()
        cues = webvtt.from_string(text)
        ours = find_events(text.encode(), source="x.vtt").timeline
        assert len(cues) == len(ours) and (known is CHAPTERS or len(cues) == len(timeline))
        ends = [(cue.start_in_seconds, cue.end_in_seconds) for cue in cues]
        assert all(start <= end for start, end in ends)
        if known is CHAPTERS:
            stamps = re.findall(r"([\d:.]+) --> ([\d:.]+)", text)
            assert all(end <= start for (_, end), (start, _) in pairwise(stamps))


def test_the_ending_chooses_chapters_or_captions(tmp_path: Path) -> None:
    from touchline.formats.events.registry import write_events

    write_events(RICH, tmp_path / "a.vtt", context=TIGHT)
    write_events(RICH, tmp_path / "a.captions.vtt", context=TIGHT)
    assert "Ada" not in (tmp_path / "a.vtt").read_text() and "Ada" in (tmp_path / "a.captions.vtt").read_text()
