"""TeamTrack's CSV files, as truth of the tracking evaluation."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline import evaluate
from touchline.core.errors import InputError
from touchline.formats.boxes import parse_teamtrack

TEXT = """TeamID,0,0,0,0,1,1,1,1,BALL,BALL,BALL,BALL
PlayerID,0,0,0,0,0,0,0,0,BALL,BALL,BALL,BALL
Attributes,bb_height,bb_left,bb_top,bb_width,bb_height,bb_left,bb_top,bb_width,bb_height,bb_left,bb_top,bb_width
frame,,,,,,,,,,,,
0,60,10,20,30,,,,,5,1,2,5
1,60,11,20,30,61,100,21,31,,,,
"""


def test_boxes_and_the_ball_by_team_and_player() -> None:
    table = parse_teamtrack(TEXT.encode(), source="t")
    assert table.frames.tolist() == [1, 1, 2, 2]
    assert table.ids.tolist() == [1, 3, 1, 2]
    assert table.boxes_xyxy.tolist() == [[10, 20, 40, 80], [1, 2, 6, 7], [11, 20, 41, 80], [100, 21, 131, 82]]
    assert table.classes.tolist() == [1, 3, 1, 1]


def test_frames_from_1_stay() -> None:
    text = TEXT.replace("\n1,60", "\n2,60").replace("\n0,60", "\n1,60")
    assert parse_teamtrack(text.encode(), source="t").frames.tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("TeamID", "Team", "t: its first lines do not begin with TeamID"),
        ("bb_top,bb_width\nframe", "bb_top,bb_wide\nframe", "t: player 'BALL' of team 'BALL' has no column bb_width"),
        ("\n1,60", "\nx,60", "t: line 6: frame 'x' is not a whole number"),
        ("60,11", "60,eleven", r"t: line 6: \['eleven', '20', '30', '60'\] is not left"),
    ],
)
def test_broken_files_are_named_with_their_line(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_teamtrack(TEXT.replace(old, new).encode(), source="t")


def test_a_set_of_them_is_truth(tmp_path: Path) -> None:
    for name in ("F_20200220_1_0000_0030", "F_20200220_1_0030_0060"):
        (tmp_path / "annotations").mkdir(exist_ok=True)
        (tmp_path / "annotations" / f"{name}.csv").write_text(TEXT)
        (tmp_path / "found").mkdir(exist_ok=True)
        rows = "1,5,10,20,30,60,1,-1,-1,-1\n1,6,1,2,5,5,1,-1,-1,-1\n2,5,11,20,30,60,1,-1,-1,-1\n"
        (tmp_path / "found" / f"{name}.txt").write_text(rows)
    result = evaluate.tracking(tmp_path / "annotations", tmp_path / "found")
    assert result.total.truths == 8
    assert result.total.results()["CLR_TP"] == 6
