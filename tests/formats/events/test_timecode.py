"""Timecode: drop frame, non-drop, and the limits of both."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.formats.events.editing.timecode import Timecode, writes_drop_frame

NTSC, NTSC_60 = Fraction(30000, 1001), Fraction(60000, 1001)
DROP, DROP_60 = Timecode(NTSC, drop=True), Timecode(NTSC_60, drop=True)


@pytest.mark.parametrize(
    ("timecode", "frame", "text"),
    [
        (DROP, 0, "00:00:00;00"),
        (DROP, 1799, "00:00:59;29"),
        (DROP, 1800, "00:01:00;02"),
        (DROP, 17_981, "00:09:59;29"),
        (DROP, 17_982, "00:10:00;00"),
        (DROP, 107_892, "01:00:00;00"),
        (DROP, 2_589_407, "23:59:59;29"),
        (DROP_60, 3600, "00:01:00;04"),
        (DROP_60, 215_784, "01:00:00;00"),
        (Timecode(NTSC), 1800, "00:01:00:00"),
        (Timecode(Fraction(25)), 90_061, "01:00:02:11"),
        (Timecode(Fraction(24000, 1001)), 24, "00:00:01:00"),
    ],
)
def test_known_timecodes(timecode: Timecode, frame: int, text: str) -> None:
    assert timecode.text(frame) == text and timecode.frame(text) == frame
    assert writes_drop_frame(text) == timecode.drop


@settings(deadline=None)
@given(st.sampled_from([DROP, DROP_60, Timecode(NTSC), Timecode(Fraction(50)), Timecode(Fraction(100))]), st.data())
def test_every_frame_of_a_day_has_one_timecode(timecode: Timecode, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, timecode.frames_a_day - 1))
    assert timecode.frame(timecode.text(frame)) == frame


def test_drop_frame_keeps_pace_with_the_clock() -> None:
    assert DROP.frames_a_day == 2_589_408
    assert abs(DROP.frames_a_day / NTSC - 86_400) < 0.1
    assert Timecode.usual(NTSC).drop and not Timecode.usual(Fraction(30)).drop


@pytest.mark.parametrize(
    "text", ["", "1:2:3:4", "24:00:00:00", "00:60:00:00", "00:00:00:25", "00:00:00", "aa:00:00:00"]
)
def test_what_is_no_timecode(text: str) -> None:
    with pytest.raises(ValueError, match="is not timecode"):
        Timecode(Fraction(25)).frame(text)


def test_dropped_numbers_and_days_have_an_end() -> None:
    with pytest.raises(ValueError, match="does not exist in drop-frame"):
        DROP.frame("00:01:00;01")
    with pytest.raises(ValueError, match="ends after 24 hours"):
        DROP.text(DROP.frames_a_day)
    with pytest.raises(ValueError, match="no drop-frame timecode"):
        Timecode(Fraction(25), drop=True)
    with pytest.raises(ValueError, match="must be 1 to 100"):
        Timecode(Fraction(240))
