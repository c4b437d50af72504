"""Shots from tables and event files: what is read, and one line for every row that cannot be right."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from touchline.core.errors import InputError
from touchline.formats.keeper.shots import read_shot_file

TABLE = """id,x,y,under_pressure,keeper_x,keeper_y,keeper,outcome
a,108,45,1,114,42.5,Bo Beta,Saved
b,110,38,0,,,,Goal
"""


def write(folder: Path, text: str, *, name: str = "shots.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def event(**changes: Any) -> dict[str, Any]:
    keeper = {"name": "Bo Beta"}
    freeze = [
        {"location": [112, 41], "teammate": True, "position": {"name": "Goalkeeper"}, "player": {"name": "own"}},
        {"location": [114, 42.5], "teammate": False, "position": {"name": "Goalkeeper"}, "player": keeper},
    ]
    shot = {"outcome": {"name": "Saved"}, "type": {"name": "Open Play"}, "freeze_frame": freeze, "one_on_one": True}
    return {"id": "e1", "location": [108, 45], "under_pressure": True, "shot": shot} | changes


def test_a_table_is_read(tmp_path: Path) -> None:
    found = read_shot_file(write(tmp_path, TABLE))
    first, second = found.shots
    assert (first.id, first.keeper, first.outcome, first.under_pressure) == ("a", "Bo Beta", "Saved", True)
    assert (first.x_yd, first.y_yd, first.keeper_yd) == (108, 45, (114, 42.5))
    assert first.engagement == pytest.approx(0.5)
    assert (second.keeper, second.engagement, second.under_pressure) == (None, None, False)
    assert not found.problems and not found.remarks


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_a_byte_order_mark_and_blank_lines(tmp_path: Path, delimiter: str) -> None:
    text = "\ufeff" + TABLE.replace(",", delimiter) + "\n\n"
    assert read_shot_file(write(tmp_path, text)).shots == read_shot_file(write(tmp_path, TABLE, name="b.csv")).shots


def test_units(tmp_path: Path) -> None:
    percent = read_shot_file(write(tmp_path, "X,Y,X2,Y2\n87,62,97,53\n"), units="percent").shots[0]
    assert (percent.x_yd, percent.y_yd) == pytest.approx((104.4, 49.6))
    assert percent.engagement == pytest.approx(0.763997, abs=1e-6)
    metres = read_shot_file(write(tmp_path, "x,y\n94.5,34\n"), units="metres").shots[0]
    assert (metres.x_yd, metres.y_yd) == pytest.approx((108, 40))


def test_the_published_columns(tmp_path: Path) -> None:
    text = ",under_pressure,shot_outcome_name,distance_to_goal,shot_angle,gk_name,gk_engage\n7,1,Saved,10,90,Bo,0.5\n"
    shot = read_shot_file(write(tmp_path, text)).shots[0]
    assert (shot.x_yd, shot.y_yd) == pytest.approx((120, 50))
    assert (shot.id, shot.engagement, shot.keeper) == ("7", 0.5, "Bo")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("c,40,108,0,,,,Goal", r"line 4: .*swapped"),
        ("c,130,40,0,,,,Goal", r"line 4: .*outside the pitch"),
        ('c,"108,5",40,0,,,,Goal', r"column x: '108,5' has a decimal comma; write 108\.5"),
        ("c,108,5,40,2,0,,,,Goal", r"10 cells under 8 columns: decimal commas"),
        ("c,far,40,0,,,,Goal", r"column x: 'far' is not a number"),
        ("c,,40,0,,,,Goal", r"column x is empty"),
        ("c,108,40,maybe,,,,Goal", r"under_pressure: 'maybe'"),
        ("c,108,40,0,114,,,Goal", r"column keeper_y is empty"),
    ],
)
def test_a_row_that_cannot_be_right_is_one_line_and_others_go_on(tmp_path: Path, row: str, words: str) -> None:
    found = read_shot_file(write(tmp_path, TABLE + row + "\nd,100,40,0,,,,Saved\n"))
    assert [shot.id for shot in found.shots] == ["a", "b", "d"]
    assert len(found.problems) == 1
    assert re.search(words, found.problems[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "columns"),
        ("x,y\n", "holds no shot"),
        ("x,y\n40,108\n", "the first: .*swapped"),
        ("", "columns"),
        ('{"a": 1}', "which are a list"),
        ("[1,", "not JSON"),
        ("[]", "holds no shot"),
    ],
)
def test_files_that_hold_no_shots(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_shot_file(write(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_shot_file(tmp_path / "absent.csv")
    path = tmp_path / "cut.json.gz"
    path.write_bytes(gzip.compress(json.dumps([event()] * 50).encode())[:-20])
    with pytest.raises(InputError, match="damaged gzip"):
        read_shot_file(path)
    path.write_bytes(b"x,y\n\xff\xfe,1\n")
    with pytest.raises(InputError, match="line 2"):
        read_shot_file(path)


def test_shots_far_from_the_goal_are_remarked_on(tmp_path: Path) -> None:
    found = read_shot_file(write(tmp_path, "x,y\n12,40\n100,40\n"))
    assert "1 of 2 shots are from x below 60" in found.remarks[0]


def test_event_files(tmp_path: Path) -> None:
    penalty = event()
    penalty["shot"] = {**penalty["shot"], "type": {"name": "Penalty"}}
    no_place = {**event(), "id": "e3", "location": [108]}
    no_frame = event(id="e4", under_pressure=False)
    del no_frame["shot"]["freeze_frame"]
    path = tmp_path / "events.json.gz"
    path.write_bytes(gzip.compress(json.dumps([{"id": "pass"}, event(), penalty, no_place, no_frame]).encode()))
    found = read_shot_file(path)
    first, last = found.shots
    assert (first.id, first.keeper, first.keeper_yd, first.outcome) == ("e1", "Bo Beta", (114, 42.5), "Saved")
    assert first.under_pressure and first.engagement == pytest.approx(0.5)
    assert (last.id, last.keeper, last.engagement) == ("e4", None, None)
    assert len(found.problems) == 1 and "e3" in found.problems[0]
    assert any("2 of 2 shots are marked as one-on-ones" in remark for remark in found.remarks)
    assert any("1 penalties left out" in remark for remark in found.remarks)


@pytest.mark.shared_data
def test_real_event_files(shared_data: Path) -> None:
    counts = [len(read_shot_file(path).shots) for path in sorted((shared_data / "shots").glob("*.json.gz"))]
    assert counts == [27, 28]
