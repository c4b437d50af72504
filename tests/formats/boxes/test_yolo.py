"""YOLO text files: boxes of a picture, and refusals with their line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError
from touchline.formats.boxes import yolo
from touchline.formats.boxes.yolo import read_yolo


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "picture.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_shares_become_pixels(tmp_path: Path) -> None:
    seen = read_yolo(write(tmp_path, "2 0.5 0.25 0.1 0.5\r\n\n0 0.1 0.1 0.02 0.04 0.75\n"), width=1280, height=720)
    np.testing.assert_allclose(seen.boxes_xyxy, [[576, 0, 704, 360], [115.2, 57.6, 140.8, 86.4]], rtol=1e-6)
    assert (seen.boxes_xyxy.dtype, seen.classes.tolist(), seen.confidence.tolist()) == (np.float32, [2, 0], [1, 0.75])


def test_an_empty_file_is_a_picture_without_boxes(tmp_path: Path) -> None:
    assert len(read_yolo(write(tmp_path, ""), width=10, height=10)) == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2 0.5 0.5 0.1", "line 2: 4 columns, not 5 or 6"),
        ("2 0.5 0.5 0.1 0.1 0.5 0.5 2", "line 2: 8 columns.*only boxes are supported"),
        ("2,0.5,0.5,0.1,0.1", "line 2: 1 columns.*commas"),
        ("2 0,5 0.5 0.1 0.1", "line 2: centre_x '0,5' is not a finite number; use decimal points, not commas"),
        ("4 0.5 0.5 0.1 0.1", "line 2: class '4' is not a whole number from 0 to 3"),
        ("-1 0.5 0.5 0.1 0.1", "line 2: class '-1'"),
        ("1.0 0.5 0.5 0.1 0.1", r"line 2: class '1\.0'"),
        ("1 nan 0.5 0.1 0.1", "line 2: centre_x 'nan' is not a finite number"),
        ("1 0.5 inf 0.1 0.1", "line 2: centre_y 'inf'"),
        ("1 0.5 0.5 -0.1 0.1", r"line 2: width -0\.1 is less than 0"),
        ("1 640 360 20 40", "line 2: centre_x 640 is too large; YOLO uses fractions of the picture, not pixels"),
        ("1 0.5 0.5 0.1 0.1 1.5", r"line 2: confidence 1\.5 is too large"),
        ("1 0.5 0.5 0.1 0.1 -0.5", r"line 2: confidence -0\.5 is less than 0"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_yolo(write(tmp_path, f"0 0.5 0.5 0.1 0.1\n{line}\n"), width=10, height=10)


def test_binary_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1: byte 0xff is not UTF-8 text"):
        read_yolo(write(tmp_path, b"\xff\xd8\xff\xe0"), width=10, height=10)
    with pytest.raises(InputError, match="cannot be read"):
        read_yolo(tmp_path / "none.txt", width=10, height=10)


@given(st.text("0123456789.,-+eE \nnaif", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_line_is_a_box_or_refused(text: str) -> None:
    for line in text.split("\n"):
        try:
            values = yolo._row(line, where="x: line 1", class_count=4) if line.strip() else []
        except InputError as error:
            assert str(error).startswith("x: line 1")
        else:
            assert all(map(np.isfinite, values))
            assert not values or (0 <= values[0] < 4 and min(values[3:]) >= 0 and values[5] <= 1)
