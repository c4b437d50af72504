"""Boxes a person picked: CSV and JSON, and refusals with their line or entry."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError
from touchline.formats.boxes.picked import PickedBox, read_boxes

HEADER = "time_s,x0,y0,x1,y1,name\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "boxes.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_csv(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufefftime_s,x0,y0,x1,y1,name\r\n12.4,310,205,342.5,290,"Ten, the"\r\n\r\n0,1,2,3,4,\r\n')
    assert read_boxes(path) == (
        PickedBox(12_400_000, (310, 205, 342.5, 290), "Ten, the"),
        PickedBox(0, (1, 2, 3, 4), None),
    )


def test_columns_in_any_order_and_without_names(tmp_path: Path) -> None:
    assert read_boxes(write(tmp_path, "X1, Y1, X0, Y0, Time_s\n3,4,1,2,0.04\n")) == (PickedBox(40_000, (1, 2, 3, 4)),)


def test_json(tmp_path: Path) -> None:
    rows = [
        {"time_s": 1, "x0": 1, "y0": 2, "x1": 3, "y1": 4.5, "name": "a"},
        {"time_s": 2.5, "x0": -1, "y0": 0, "x1": 3, "y1": 4, "name": 10},
        {"time_s": 0, "x0": 0, "y0": 0, "x1": 1, "y1": 1, "name": None},
    ]
    assert read_boxes(write(tmp_path, json.dumps(rows, indent=1))) == (
        PickedBox(1_000_000, (1, 2, 3, 4.5), "a"),
        PickedBox(2_500_000, (-1, 0, 3, 4), "10"),
        PickedBox(0, (0, 0, 1, 1)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; it needs a header time_s,x0,y0,x1,y1,name"),
        ("\n \n", "is empty"),
        (HEADER, "holds no box"),
        ("[]", "holds no box"),
        ("1,10,20,30,40\n", "line 1: the header has no column 'time_s'"),
        ("frame,x0,y0,x1,y1\n1,1,2,3,4\n", "line 1: .*'time_s'; give times in seconds, not frames"),
        ("time_s;x0;y0;x1;y1\n", "holds no box"),
        ("time_s,x0,y0,x1,y1,colour\n", "line 1: 'colour' is not a known column"),
        ("time_s,x0,y0,x1,y1,x0\n", "line 1: the header names a column twice"),
        (HEADER + "1,1,2,3\n", "line 2: 4 cells for 6 columns"),
        (HEADER + "1,5,1,2,3,4,a\n", "line 2: 7 cells for 6 columns.*use decimal points, not commas"),
        (HEADER + '"1,5",1,2,3,4,a\n', "line 2: time_s '1,5' is not a finite number; use decimal points, not commas"),
        (HEADER + "1,1,2,3,4,a\n\nx,1,2,3,4,a\n", "line 4: time_s 'x' is not a finite number"),
        (HEADER + "1,nan,2,3,4,a\n", "line 2: x0 'nan'"),
        (HEADER + "-1,1,2,3,4,a\n", "line 2: time_s -1 is outside 0"),
        (HEADER + "1,3,2,1,4,a\n", "line 2: x1 1 is not beyond x0 3; boxes are left,top,right,bottom"),
        (HEADER + "1,1,4,3,4,a\n", "line 2: y1 4 is not beyond y0 4"),
        (HEADER + "1,1,2,1e9,4,a\n", "line 2: .*outside any picture"),
        (HEADER + '1,1,2,3,4,"a\n', "not readable as CSV"),
        ("[{]", "line 1: not readable as JSON"),
        ("{}", "holds a JSON dict; it must be a list"),
        ("[1]", "entry 1: '1' is not an object"),
        ('[{"time_s": 1}]', "entry 1: has no 'x0'"),
        ('[{"time_s": NaN, "x0": 1, "y0": 1, "x1": 2, "y1": 2}]', "entry 1: time_s 'nan'"),
        ('[{"time_s": true, "x0": 1, "y0": 1, "x1": 2, "y1": 2}]', "entry 1: time_s 'True'"),
        ('[{"time_s": 1, "x0": 1, "y0": 1, "x1": 2, "y1": 2, "name": [1]}]', "entry 1: name"),
        ('[{"time_s": 1, "x0": 1, "y0": 1, "x1": 2, "y1": 2, "id": 1}]', "entry 1: 'id' is not a known column"),
        ('[{"time_s": 1' + "0" * 400 + ', "x0": 1, "y0": 1, "x1": 2, "y1": 2}]', "entry 1: time_s '1000"),
        ("[" * 100_000, "not readable as JSON"),
    ],
)
def test_refusals(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_boxes(path)
    assert str(caught.value).startswith(str(path))


def test_binary_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1: byte 0xff is not UTF-8 text"):
        read_boxes(write(tmp_path, b"\xff\xfe1"))
    with pytest.raises(InputError, match="cannot be read"):
        read_boxes(tmp_path / "none.csv")


@given(st.text('0123456789.,-eE \n"[]{}:nai', max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for content in (text, HEADER + text):
            try:
                boxes = read_boxes(write(Path(folder), content))
            except InputError:
                continue
            assert all(
                b.time_us >= 0 and b.box_xyxy[0] < b.box_xyxy[2] and b.box_xyxy[1] < b.box_xyxy[3] for b in boxes
            )
