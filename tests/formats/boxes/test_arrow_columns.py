from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from touchline.formats.boxes.arrow_columns import column_of, numbers_of, which_say

CASES: dict[str, tuple[list[Any], pa.DataType]] = {
    "words": (["a", None, "", "Å"], pa.string()),
    "no words": ([], pa.string()),
    "numbers": ([3, None, -1], pa.int64()),
    "shares": ([0.25, 1.0], pa.float64()),
    "truth": ([True, False, None, True], pa.bool_()),
    "nothing": ([None, None], pa.int64()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_column_is_what_pyarrow_makes_of_the_values(name: str) -> None:
    values, kind = CASES[name]
    column = column_of(values, kind)
    column.validate(full=True)
    assert column.equals(pa.array(values, kind))


def test_an_array_with_gaps_is_a_column_with_empty_cells() -> None:
    values, there = np.arange(11, dtype=np.float32), np.arange(11) % 3 > 0
    assert column_of(values, pa.float32(), there=there).equals(pa.array(values, mask=~there))
    assert column_of(values > 4, pa.bool_()).equals(pa.array(values > 4))


@pytest.mark.parametrize("kind", [pa.int64(), pa.float32(), pa.bool_()], ids=str)
def test_numbers_come_back_also_from_pieces_of_columns(kind: pa.DataType) -> None:
    values = np.arange(40) % 5
    whole = pa.array(values).cast(kind)
    column = pa.chunked_array([whole.slice(3, 20), whole.slice(30), whole.slice(0, 0)])
    np.testing.assert_array_equal(numbers_of(column), column.to_numpy())
    assert numbers_of(column).dtype == column.to_numpy().dtype
    assert len(numbers_of(pa.chunked_array([], kind))) == 0


def test_empty_cells_are_nan() -> None:
    column = pa.chunked_array([pa.array([1.5, None, 2.5], pa.float32()), pa.array([None], pa.float32())])
    np.testing.assert_array_equal(numbers_of(column), np.array([1.5, np.nan, 2.5, np.nan], np.float32))
    assert numbers_of(column).dtype == np.float32


def test_cells_that_hold_a_word() -> None:
    column = pa.chunked_array([pa.array(["a", "b", None]), pa.array(["b"]), pa.array(["a"])])
    assert which_say(column, "b").tolist() == [False, True, False, True, False]
    assert not which_say(column, "c").any()


def test_pandas_is_not_imported() -> None:
    code = (
        "import sys, numpy, pyarrow as pa; from touchline.formats.boxes.arrow_columns import column_of, numbers_of;"
        "numbers_of(pa.chunked_array([column_of(numpy.arange(3), pa.int64())])); print('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
