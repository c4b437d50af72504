"""Columns of Arrow tables from numbers and words, and numbers from columns.

``pyarrow.array`` and ``to_numpy`` would do, but they import pandas wherever that is installed, which takes as long as a
whole start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa


def column_of(
    values: Sequence[Any] | npt.NDArray[Any], kind: pa.DataType, *, there: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Return values as a column.

    Args:
        values: numbers, truth values or words; None in a list is an empty cell.
        kind: type of the column: of numbers, ``bool_`` or ``string``.
        there: which cells are not empty, (n,), for an array; None for all.

    """
    import pyarrow as pa

    if not isinstance(values, np.ndarray):
        there = np.array([value is not None for value in values], np.bool_)
        if kind == pa.string():
            return _words(values, there)
        values = np.array([0 if value is None else value for value in values])
    content = np.ascontiguousarray(values, kind.to_pandas_dtype())
    if kind == pa.bool_():
        content = np.packbits(content, bitorder="little")
    return pa.Array.from_buffers(kind, len(values), [_validity(there), pa.py_buffer(content)])


def numbers_of(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return a column of numbers or truth values as an array, (n,); empty cells are NaN."""
    parts = [_numbers(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0, column.type.to_pandas_dtype())


def which_say(column: pa.ChunkedArray, word: str) -> npt.NDArray[np.bool_]:
    """Return which cells of a column of words hold a word, (n,)."""
    parts = [np.zeros(0, np.bool_)]
    for chunk in column.dictionary_encode().chunks:
        words = chunk.dictionary.to_pylist()
        there = word in words
        parts.append(_numbers(chunk.indices) == words.index(word) if there else np.zeros(len(chunk), np.bool_))
    return np.concatenate(parts)


def _numbers(array: pa.Array) -> npt.NDArray[Any]:
    import pyarrow as pa

    kind, inside = array.type, slice(array.offset, array.offset + len(array))
    content = np.frombuffer(array.buffers()[1] or b"", np.uint8)
    if kind == pa.bool_():
        return np.unpackbits(content, bitorder="little")[inside].astype(np.bool_)
    whole = content[: len(content) // kind.byte_width * kind.byte_width]
    values = whole.view(kind.to_pandas_dtype())[inside]
    if not array.null_count:
        return values
    with_gaps = values.astype(np.result_type(values.dtype, np.float32))
    with_gaps[_numbers(array.is_null())] = np.nan
    return with_gaps


def _words(values: Sequence[str | None], there: npt.NDArray[np.bool_]) -> pa.Array:
    import pyarrow as pa

    encoded = [b"" if value is None else value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [_validity(there), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def _validity(there: npt.NDArray[np.bool_] | None) -> pa.Buffer | None:
    """Return Arrow's bitmap of the cells that are not empty; None if all are."""
    import pyarrow as pa

    return None if there is None or bool(there.all()) else pa.py_buffer(np.packbits(there, bitorder="little"))
