"""``tracks.parquet``: a round trip without loss, equal bytes, and refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError, ResourceError
from touchline.core.tracks import DETECTION_LABELS, Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import (
    read_shots_parquet,
    read_tracks_parquet,
    tracks_parquet_writer,
    write_tracks_parquet,
)

SHOTS = (Shot(0, 0, 5_000_000, "wide", 0.5), Shot(1, 5_000_000, 9_000_000, "replay"))


def track(track_id: int, count: int = 3, **fields: Any) -> Track:
    rng = np.random.default_rng(track_id)
    corner = rng.uniform(-5, 1000, (count, 2)).astype(np.float32)
    values: dict[str, Any] = {
        "label": "player",
        "times_us": np.arange(count, dtype=np.int64) * 40_000 + 7,
        "frames": np.arange(count, dtype=np.int64) * 2,
        "boxes_xyxy": np.concatenate([corner, corner + 9], axis=1),
        "confidence": rng.random(count).astype(np.float32),
        "observed": rng.random(count) < 0.5,
    }
    return Track(track_id, **{**values, **fields})


def assert_same(a: Tracks, b: Tracks) -> None:
    assert (a.shots, a.width, a.height, len(a)) == (b.shots, b.width, b.height, len(b))
    for one, other in zip(a, b, strict=True):
        for name in Track.__dataclass_fields__:
            x, y = getattr(one, name), getattr(other, name)
            if isinstance(x, np.ndarray):
                assert (x.dtype, x.shape) == (y.dtype, y.shape), name
                assert x.tobytes() == y.tobytes(), name
            else:
                assert x == y, name


def test_round_trip(tmp_path: Path) -> None:
    metres = np.array([[1.5, -2], [np.nan, np.nan], [3, 4]], np.float32)
    tracks = Tracks(
        (
            track(3, team="A", team_confidence=0.1 + 0.2, positions_m=metres, name="Zoë <b>"),
            track(1, label="ball", shot=1),
            track(9, 1, label="referee", positions_m=np.full((1, 2), np.nan, np.float32)),
        ),
        SHOTS,
        width=1920,
        height=1080,
    )
    path = tmp_path / "tracks.parquet"
    write_tracks_parquet(path, tracks)
    assert_same(read_tracks_parquet(path), tracks)
    before = path.read_bytes()
    write_tracks_parquet(path, read_tracks_parquet(path))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["tracks.parquet"]


def test_other_readers_see_plain_columns(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    write_tracks_parquet(path, Tracks((track(2, team="B"),), SHOTS, width=4, height=3))
    table = pq.read_table(path)
    assert table.column_names == (
        [
            "track_id",
            "label",
            "team",
            "team_confidence",
            "name",
            "shot",
            "frame",
            "time_us",
            "x0",
            "y0",
            "x1",
            "y1",
            "confidence",
            "observed",
            "x_m",
            "y_m",
            "place_std_m",
            "speed_mps",
            "speed_std_mps",
            "label_confidence",
            "identity_confidence",
            "person",
            "person_confidence",
        ]
    )
    assert (table["team"].to_pylist(), table["x_m"].null_count) == (["B"] * 3, 3)


def test_confidence_and_person_survive(tmp_path: Path) -> None:
    std = np.array([0.3, np.nan, 0.5], np.float32)
    sure = {"label_confidence": 0.7, "identity_confidence": 0.6, "person": 4, "person_confidence": 0.5}
    places = np.zeros((3, 2), np.float32)
    tracks = Tracks(
        (track(1, positions_m=places, place_std_m=std, speed_std_mps=std * 2, **sure), track(2)),
        SHOTS,
        width=4,
        height=3,
    )
    path = tmp_path / "tracks.parquet"
    write_tracks_parquet(path, tracks)
    assert_same(read_tracks_parquet(path), tracks)


def test_the_speed_is_that_of_the_places(tmp_path: Path) -> None:
    count = 50
    places = np.stack([np.arange(count) * 0.2, np.zeros(count)], axis=1).astype(np.float32)  # 0.2 m in 40 ms
    path = tmp_path / "tracks.parquet"
    ball = track(2, count, label="ball", positions_m=places)
    write_tracks_parquet(path, Tracks((track(1, count, positions_m=places), ball), SHOTS, width=4, height=3))
    table = pq.read_table(path).to_pandas()
    assert table[table.track_id == 1].speed_mps.to_numpy() == pytest.approx(5.0, abs=0.01)
    assert table[table.track_id == 2].speed_mps.isna().all()


def test_files_without_confidence_are_read(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    tracks = Tracks((track(1), track(2)), SHOTS, width=4, height=3)
    write_tracks_parquet(path, tracks)
    table = pq.read_table(path)
    pq.write_table(table.select(table.column_names[:16]), path)
    assert_same(read_tracks_parquet(path), tracks)


def test_no_tracks(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    write_tracks_parquet(path, Tracks((), (), width=640, height=360))
    assert_same(read_tracks_parquet(path), Tracks((), (), width=640, height=360))


@given(st.lists(st.tuples(st.sampled_from(DETECTION_LABELS), st.integers(1, 9), st.booleans(), st.text(max_size=5))))
@settings(max_examples=30, deadline=None)
def test_any_tracks_survive(rows: list[tuple[str, int, bool, str]]) -> None:
    import tempfile

    made = tuple(
        track(i, count, label=label, name=name, positions_m=np.zeros((count, 2), np.float32) if placed else None)
        for i, (label, count, placed, name) in enumerate(rows, 1)
        if not any(0xD800 <= ord(c) < 0xE000 for c in name)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        write_tracks_parquet(path, Tracks(made, SHOTS, width=9, height=9))
        assert_same(read_tracks_parquet(path), Tracks(made, SHOTS, width=9, height=9))


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    tracks = Tracks((track(1, 5, team="A"), track(2, 4, name="x")), SHOTS, width=4, height=3)
    write_tracks_parquet(path, tracks)
    table = pq.read_table(path)
    pq.write_table(table.take(np.random.default_rng(0).permutation(len(table))), path)
    assert_same(read_tracks_parquet(path), tracks)


def test_refusals(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    with pytest.raises(InputError, match="cannot be read"):
        read_tracks_parquet(path)
    for data in (b"", b"PAR1", b"x" * 100):
        path.write_bytes(data)
        with pytest.raises(InputError, match="not readable as Parquet"):
            read_tracks_parquet(path)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InputError, match="not tracks written by touchline"):
        read_tracks_parquet(path)
    with pytest.raises(ResourceError, match="cannot be written"):
        write_tracks_parquet(tmp_path / "none" / "t.parquet", Tracks((), (), width=1, height=1))


def test_damaged_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tracks.parquet"
    write_tracks_parquet(path, Tracks((track(2),), SHOTS, width=4, height=3))
    table = pq.read_table(path)
    newer = {b"touchline": table.schema.metadata[b"touchline"].replace(b'"version": 1', b'"version": 2')}
    frames = table.column_names.index("frame")
    for changed, message in (
        (table.drop_columns(["frame"]), "column 'frame' is missing"),
        (table.replace_schema_metadata(newer), "version 2"),
        (table.set_column(frames, "frame", pa.array([3, 2, 1])), "times_us must increase"),
        (table.set_column(frames, "frame", pa.array([3, 3, 4])), "frames must increase"),
        (table.set_column(frames, "frame", pa.array([3, None, 5])), "'frame' has empty cells"),
        (table.set_column(frames, "frame", pa.array(["a", "b", "c"])), "not valid tracks"),
    ):
        pq.write_table(changed, path)
        with pytest.raises(InputError, match=message):
            read_tracks_parquet(path)


@pytest.mark.robustness("25", "load")
def test_long_files_are_read_part_by_part(tmp_path: Path) -> None:
    frames = np.arange(20_000, dtype=np.int64)
    boxes = np.tile(np.array([1, 2, 3, 4], np.float32), (len(frames), 1))
    sure, seen = np.ones(len(frames), np.float32), np.ones(len(frames), np.bool_)
    tracks = tuple(Track(i + 1, "player", frames * 40_000, frames, boxes, sure, seen, team="A") for i in range(20))
    shots = (Shot(0, 0, 800_000_000),)
    path = tmp_path / "tracks.parquet"
    with tracks_parquet_writer(path, shots=shots, width=9, height=9) as write:
        for track in tracks:
            write([track])
    code = (
        "import sys, pyarrow\n"
        "from touchline.formats.boxes.tracks_parquet import read_tracks_parquet\n"
        "tracks = read_tracks_parquet(sys.argv[1])\n"
        "print(len(tracks), pyarrow.default_memory_pool().max_memory())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    count, peak_bytes = map(int, done.stdout.split())
    assert count == 20
    assert peak_bytes < 60 * len(frames) * 5, "columns of a quarter of the tracks at most"
    assert read_shots_parquet(path) == shots


def test_a_track_in_two_parts_is_one_track(tmp_path: Path) -> None:
    def part(first: int) -> Track:
        frames = np.arange(first, first + 3, dtype=np.int64)
        boxes = np.tile(np.array([1, 2, 3, 4], np.float32), (3, 1))
        return Track(7, "player", frames * 40_000, frames, boxes, np.ones(3, np.float32), np.ones(3, np.bool_))

    path = tmp_path / "tracks.parquet"
    with tracks_parquet_writer(path, shots=(), width=9, height=9) as write:
        write([part(0)])
        write([part(3)])
    (track,) = read_tracks_parquet(path)
    assert track.frames.tolist() == [0, 1, 2, 3, 4, 5]
