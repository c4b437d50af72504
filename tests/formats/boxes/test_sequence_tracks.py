"""Sequences of SoccerNet and SportsMOT as tracks."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.core.errors import InputError
from touchline.formats.boxes import read_sequence

ROWS = """2,7,100,50,40,90,1,-1,-1,-1
1,7,98,50,40,90,1,-1,-1,-1
1,3,500,60,40,90,1,-1,-1,-1
1,9,700,60,10,10,1,-1,-1,-1
1,4,900,60,10,10,0,-1,-1,-1
"""
INFO = "[Sequence]\nname=SNMOT-060\nframeRate=50\nseqLength=100\nimWidth=1920\nimHeight=1080\n"
GAME = "[Sequence]\ntrackletID_7= player team right;10\ntrackletID_3= other;other\ntrackletID_9= ball;1\n"


def sequence(folder: Path, **files: str) -> Path:
    (folder / "gt").mkdir()
    (folder / "gt" / "gt.txt").write_text(ROWS)
    for name, text in files.items():
        (folder / f"{name}.ini").write_text(text)
    return folder


def test_roles_teams_and_numbers_come_from_gameinfo(tmp_path: Path) -> None:
    tracks = read_sequence(sequence(tmp_path, seqinfo=INFO, gameinfo=GAME))
    assert [(t.label, t.team, t.name) for t in tracks] == [("player", "B", "10"), ("ball", None, None)]
    assert (tracks.width, tracks.height, tracks.shots[0].end_us) == (1920, 1080, 2_000_000)
    first = tracks.tracks[0]
    assert (first.frames.tolist(), first.times_us.tolist()) == ([0, 1], [0, 20_000])
    assert first.boxes_xyxy[1].tolist() == [100, 50, 140, 140]


def test_without_further_files_everybody_is_a_player(tmp_path: Path) -> None:
    tracks = read_sequence(sequence(tmp_path))
    assert [t.label for t in tracks] == ["player"] * 3
    assert (tracks.width, tracks.height, tracks.shots[0].end_us) == (710, 150, 80_000)


def test_a_sequence_without_boxes_is_refused(tmp_path: Path) -> None:
    folder = sequence(tmp_path)
    (folder / "gt" / "gt.txt").write_text("1,4,900,60,10,10,0,-1,-1,-1\n")
    with pytest.raises(InputError, match=r"gt.txt: holds no box"):
        read_sequence(folder)
