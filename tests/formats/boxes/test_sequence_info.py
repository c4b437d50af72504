"""``seqinfo.ini`` and ``gameinfo.ini`` as published, and broken ones."""

from __future__ import annotations

import pytest

from touchline.core.errors import InputError
from touchline.formats.boxes import SequenceInfo, Tracklet, parse_game_info, parse_sequence_info

GAME = b"""[Sequence]
name=SNMOT-060
gameID=4
num_tracklets=6
trackletID_1= player team left;10
trackletID_2= goalkeepers team right;1
trackletID_14= referee;main
trackletID_18= ball;1
trackletID_25= goalkeeper team left;X
trackletID_26= other;other
"""


def test_the_facts_of_a_sequence() -> None:
    text = (
        b"[Sequence]\r\nname=v_00HRwkvvjtQ_c001\r\nframeRate=25\r\nseqLength=1162\r\nimWidth=1280\r\nimHeight=720\r\n"
    )
    assert parse_sequence_info(text, source="s") == SequenceInfo("v_00HRwkvvjtQ_c001", 1162, 25.0, 1280, 720)
    assert parse_sequence_info(b"[Sequence]\nname=a\n", source="s") == SequenceInfo("a")


def test_the_people_of_a_sequence() -> None:
    assert parse_game_info(GAME, source="g") == {
        1: Tracklet("player", "left", 10),
        2: Tracklet("goalkeeper", "right", 1),
        14: Tracklet("referee"),
        18: Tracklet("ball"),
        25: Tracklet("goalkeeper", "left"),
        26: Tracklet("other"),
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name=a\n", "s: not a seqinfo.ini"),
        (b"[Game]\nname=a\n", r"s: has no section \[Sequence\]"),
        (b"[Sequence]\nframeRate=-25\n", "framerate='-25' is not a number above 0"),
    ],
)
def test_broken_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_sequence_info(data, source="s")


def test_a_track_without_a_role_is_named() -> None:
    with pytest.raises(InputError, match="g: trackletid_3='coach;1' names none of the roles"):
        parse_game_info(b"[Sequence]\ntrackletID_3=coach;1\n", source="g")
