"""MOT files: what is read, what is written, and what is refused with its line number."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError, ResourceError
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes import mot_rows
from touchline.formats.boxes.mot import read_mot, write_mot


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "tracks.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def track(track_id: int, frames: list[int], *, label: str = "player", observed: bool = True) -> Track:
    count = len(frames)
    boxes = np.array([[10.25 + f, 20.5, 30.75 + f, 60.125] for f in frames], np.float32)
    return Track(
        track_id,
        label,
        np.array(frames, np.int64) * 40_000,
        np.array(frames, np.int64),
        boxes,
        np.full(count, 0.875, np.float32),
        np.full(count, observed),
    )


def tracks_of(*tracks: Track) -> Tracks:
    return Tracks(tracks, (Shot(0, 0, 10_000_000),), width=1280, height=720)


def test_rows_become_boxes(tmp_path: Path) -> None:
    table = read_mot(write(tmp_path, "3,7,10,20.5,30,40,0.5,1,0.25\n1,7,-1.5,2,3,4,1,1,1\n"))
    assert table.frames.tolist() == [3, 1]
    assert table.ids.tolist() == [7, 7]
    assert table.boxes_xyxy.tolist() == [[10, 20.5, 40, 60.5], [-1.5, 2, 1.5, 6]]
    assert (table.confidence.tolist(), table.classes.tolist(), table.visibility.tolist()) == (
        [0.5, 1],
        [1, 1],
        [0.25, 1],
    )


@pytest.mark.parametrize(
    ("line", "confidence", "cls", "visibility"),
    [
        ("1,1,0,0,5,5", 1, -1, -1),
        ("1,1,0,0,5,5,0.5", 0.5, -1, -1),
        ("1,1,0,0,5,5,1,-1,-1,-1", 1, -1, -1),
        ("1.0, 1.0, 0, 0, 5, 5e0, .5, 2", 0.5, 2, -1),
    ],
)
def test_columns_may_be_missing(tmp_path: Path, line: str, confidence: float, cls: int, visibility: float) -> None:
    table = read_mot(write(tmp_path, f"\ufeff{line}\r\n\r\n"))
    assert (table.confidence.tolist(), table.classes.tolist(), table.visibility.tolist()) == (
        [confidence],
        [cls],
        [visibility],
    )


@pytest.mark.parametrize("text", ["", "\n", " \r\n\n"])
def test_an_empty_file_has_no_boxes(tmp_path: Path, text: str) -> None:
    assert len(read_mot(write(tmp_path, text))) == 0


GOOD = "1,1,0,0,5,5,1,1,1\n"
BAD = [
    ("0,1,0,0,5,5", r"line 2: frame 0 comes before 1.*--zero-based"),
    ("-3,1,0,0,5,5", r"line 2: frame -3 comes before 1"),
    ("1.5,1,0,0,5,5", r"line 2: frame 1.5 is not a whole number"),
    ("99999999999,1,0,0,5,5", r"line 2: frame 99999999999 is not a whole number up to 1e9"),
    ("99999999,1,0,0,5,5", r"line 2: frame 99999999 is beyond frame 10000000.*not a time"),
    ("2,-1,0,0,5,5,0.5,-1,-1,-1", r"line 2: id -1 is negative.*without identity"),
    ("1,1,0,0,5,5", r"line 2: id 1 has a second box in frame 1, after that of line 1"),
    ("2,1,0,0,-5,5", r"line 2: width -5 is negative; columns 3 to 6 are left, top, width, height"),
    ("2,1,0,0,5,-0.5", r"line 2: height -0\.5 is negative"),
    ("2,1,nan,0,5,5", r"line 2: left 'nan' is not a plain number"),
    ("2,1,0,inf,5,5", r"line 2: top 'inf' is not a plain number"),
    ("2,1,1e300,0,5,5", r"line 2: left 1e\+300 is beyond 1e\+07 pixels"),
    ("2,1,0,0,5,5,1e999", r"line 2: confidence inf is too large"),
    ("2,1,,0,5,5", r"line 2: left '' is not a plain number"),
    ("2,1,1_0,0,5,5", r"line 2: left '1_0' is not a plain number"),
    ("2,1,0,0,5", r"line 2: 5 columns, not 6 to 10 columns"),
    ("2;1;0,5;0;5;5", r"line 2: columns are separated by semicolons.*decimal points"),
    ("2\t1\t0\t0\t5\t5", r"line 2: columns are separated by tabs"),
    ("2 1 0 0 5 5", r"line 2: columns are separated by spaces"),
    ("2,1,10,5,20,5,30,5,40,5,1", r"line 2: 11 columns.*decimal commas\? write 3\.5, not 3,5"),
    ('2,1,"10","20",5,5', r"line 2: left '\"10\"' is not a plain number"),
    ("frame,id,left,top,width,height", r"line 2: frame 'frame' is not a plain number"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
@pytest.mark.parametrize("large", [False, True])
def test_bad_lines_are_named(tmp_path: Path, line: str, message: str, large: bool) -> None:
    tail = "".join(f"{i},1,0,0,5,5,1,1,1\n" for i in range(10, 5000)) if large else ""
    path = write(tmp_path, GOOD + line + "\n" + tail)
    with pytest.raises(InputError, match=message) as caught:
        read_mot(path)
    assert str(caught.value).startswith(str(path))


def test_binary_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2: byte 0xff is not UTF-8"):
        read_mot(write(tmp_path, GOOD.encode() + b"\xff\xfe\x00"))
    with pytest.raises(InputError, match="cannot be read"):
        read_mot(tmp_path / "none.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read_mot(tmp_path)


def test_frames_from_zero_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, "0,1,0,0,5,5\n1,1,0,0,5,5\n")
    assert read_mot(path, zero_based=True).frames.tolist() == [1, 2]
    with pytest.raises(InputError, match="line 1: frame -1 is negative"):
        read_mot(write(tmp_path, "-1,1,0,0,5,5\n"), zero_based=True)


def test_by_frame_keeps_file_order(tmp_path: Path) -> None:
    table = read_mot(write(tmp_path, "2,9,0,0,5,5\n1,4,0,0,5,5\n2,3,1,0,5,5\n"))
    frames = table.by_frame(range(1, 4))
    assert [ids.tolist() for ids, _ in frames] == [[4], [9, 3], []]
    assert frames[1][1].tolist() == [[0, 0, 5, 5], [1, 0, 6, 5]]


def test_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "tracks.txt"
    write_mot(tracks_of(track(2, [0, 1]), track(1, [1], observed=False), track(5, [3], label="ball")), path)
    assert path.read_text() == (
        "1,2,10.25,20.50,20.50,39.62,0.8750,1,1\n"
        "2,1,11.25,20.50,20.50,39.62,0.8750,1,0\n"
        "2,2,11.25,20.50,20.50,39.62,0.8750,1,1\n"
    )
    table = read_mot(path)
    assert (table.frames.tolist(), table.ids.tolist()) == ([1, 2, 2], [2, 1, 2])
    write_mot(tracks_of(track(5, [3], label="ball")), path, ball=True)
    assert read_mot(path).classes.tolist() == [3]
    write_mot(tracks_of(), path)
    assert path.read_bytes() == b""
    with pytest.raises(ResourceError, match="cannot be written"):
        write_mot(tracks_of(), tmp_path / "none" / "tracks.txt")


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**6),
            st.integers(0, 10**6),
            st.floats(-1e6, 1e6),
            st.floats(-1e6, 1e6),
            st.floats(0, 1e6),
            st.floats(0, 1e6),
            st.floats(0, 1),
            st.integers(-1, 12),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[:2],
    )
)
@settings(max_examples=100, deadline=None)
def test_quick_and_careful_reading_agree(rows: list[tuple[float, ...]]) -> None:
    data = "".join(",".join(map(repr, row)) + "\n" for row in rows).encode()
    careful, _ = mot_rows._by_line(data, path=Path("x"))
    quick = mot_rows._quick(data)
    assert quick is not None
    assert quick.tobytes() == careful.tobytes()
    assert [tuple(row[:8]) for row in careful.tolist()] == [tuple(map(float, row)) for row in rows]


@given(st.binary(max_size=200) | st.text('0123456789.,-+eE;\n\r nai"', max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """And what the quick way takes, the careful one takes in the same way."""
    try:
        values, _ = mot_rows._by_line(data, path=Path("x"))
    except InputError as error:
        assert "line " in str(error)
        assert mot_rows._quick(data) is None
        return
    quick = mot_rows._quick(data) if data else None
    assert quick is None or quick.tobytes() == values.tobytes()


ODD_TEXT = r"0|1|12|-3|3.5|.5|5.|+1|1e3|1E-2|-0|1e400|nan|inf|NaN|NULL|0x10|1_0|1,5|| 1|1 |1.|'1'|٣|-"
ODD = ODD_TEXT.split("|")


@given(st.lists(st.lists(st.sampled_from(ODD), min_size=5, max_size=11).map(",".join), max_size=4).map("\n".join))
@settings(max_examples=500, deadline=None)
def test_odd_numbers_are_read_alike_or_left_to_the_careful_way(text: str) -> None:
    data = text.encode()
    quick = mot_rows._quick(data) if data else None
    if quick is not None:
        assert quick.tobytes() == mot_rows._by_line(data, path=Path("x"))[0].tobytes()


@pytest.mark.slow
def test_a_million_rows_in_seconds(tmp_path: Path) -> None:
    frames, people = 40_000, 25
    rows = "".join(
        f"{f},{p},{f % 1000}.25,{p * 40}.5,20,45.75,0.93,1,1\n" for f in range(1, frames + 1) for p in range(people)
    )
    path = write(tmp_path, rows)
    started_s = time.process_time()
    table = read_mot(path)
    assert time.process_time() - started_s < 5
    assert (len(table), int(table.frames[-1])) == (frames * people, frames)
