"""Arrow columns from NumPy's memory: the same as Arrow's own, without pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from touchline.formats.boxes.arrow_columns import array_of, numbers, repeated, words


@pytest.mark.parametrize("kind", [pa.int64(), pa.float32(), pa.float64(), pa.bool_()])
def test_numbers_are_those_of_arrow(kind: pa.DataType) -> None:
    values = np.arange(11) % 3
    known = values != 1
    expected = pa.array(values, pa.int64(), mask=~known).cast(kind)
    assert numbers(values, kind, known=known).equals(expected)
    assert numbers(values, kind).null_count == 0


def test_words_and_numbers_are_repeated() -> None:
    times = np.array([2, 0, 1, 3])
    assert words(["é", "b", None, ""], times=times).to_pylist() == ["é", "é", None, "", "", ""]
    assert repeated([1, 2, None, 4], pa.int64(), times=times).to_pylist() == [1, 1, None, 4, 4, 4]


@pytest.mark.parametrize("values", [[1.5, None, 2.5], [True, False, True], [3, 4, 5], [3, None, 5], ["a", None, "b"]])
def test_columns_are_read_as_arrow_reads_them(values: list[object]) -> None:
    column = pa.chunked_array([pa.array(values * 5).slice(3), pa.array(values)])
    expected = column.to_numpy()
    found = array_of(column)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_tracks_are_written_and_read_without_pandas(tmp_path: Path) -> None:
    code = f"""
import sys
import numpy as np
from touchline.core.tracks import Track, Tracks
from touchline.formats.boxes.tracks_parquet import read_tracks_parquet, write_tracks_parquet
track = Track(1, "player", np.arange(3) * 40_000, np.arange(3), np.ones((3, 4), np.float32) * [0, 0, 2, 2],
              np.ones(3, np.float32), np.ones(3, bool), shot=0)
write_tracks_parquet({str(tmp_path / "tracks.parquet")!r}, Tracks((track,), (), width=10, height=10))
assert len(read_tracks_parquet({str(tmp_path / "tracks.parquet")!r}).tracks) == 1
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
