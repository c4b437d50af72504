"""Arrow columns made from NumPy's memory, and read into it.

``pyarrow.array``, ``pyarrow.scalar`` and ``to_numpy`` import pandas, if it is installed, only to look for its
objects; that takes as long as analysing several seconds of video.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from touchline.core.arrays import Bools, Indices

if TYPE_CHECKING:
    import pyarrow as pa


def numbers(values: np.ndarray, kind: pa.DataType, *, known: Bools | None = None) -> pa.Array:
    """Return a column of numbers or truth values (n,); null where they are not ``known``."""
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        data = np.packbits(values.astype(np.bool_), bitorder="little")
    else:
        data = np.ascontiguousarray(values, kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), [_bits(known), pa.py_buffer(data)])


def words(values: Sequence[str | None], *, times: Indices) -> pa.Array:
    """Return a column of words, each repeated as many ``times``; None is null."""
    import pyarrow as pa

    coded = [b"" if value is None else value.encode() for value in values]
    ends = np.cumsum(np.repeat([len(word) for word in coded], times), dtype=np.int64)
    text = b"".join(word * int(count) for word, count in zip(coded, times, strict=True))
    offsets = np.concatenate([np.zeros(1, np.int32), ends.astype(np.int32)])
    known = np.repeat([value is not None for value in values], times)
    return pa.Array.from_buffers(pa.string(), len(known), [_bits(known), pa.py_buffer(offsets), pa.py_buffer(text)])


def repeated(values: Sequence[Any], kind: pa.DataType, *, times: Indices) -> pa.Array:
    """Return a column of numbers, each repeated as many ``times``; None is null."""
    known = np.array([value is not None for value in values], np.bool_)
    filled = np.array([0 if value is None else value for value in values], kind.to_pandas_dtype())
    return numbers(np.repeat(filled, times), kind, known=np.repeat(known, times))


def array_of(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of numbers, truth values or words as an array (n,); null is NaN among numbers, or else None."""
    if not column.num_chunks:
        return np.zeros(0, _type_of(column.type))
    return np.concatenate([_chunk(chunk) for chunk in column.chunks])


def _type_of(kind: pa.DataType) -> Any:
    import pyarrow as pa

    return object if pa.types.is_string(kind) or pa.types.is_dictionary(kind) else kind.to_pandas_dtype()


def _chunk(chunk: pa.Array) -> np.ndarray:
    """Return one piece of a column."""
    import pyarrow as pa

    if _type_of(chunk.type) is object:
        return np.array(chunk.to_pylist(), object)
    known, data = chunk.buffers()
    here = slice(chunk.offset, chunk.offset + len(chunk))
    if pa.types.is_boolean(chunk.type):
        values = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[here].astype(np.bool_)
    else:
        values = np.frombuffer(data, _type_of(chunk.type))[here]
    if not chunk.null_count:
        return values
    there = np.unpackbits(np.frombuffer(known, np.uint8), bitorder="little")[here].astype(np.bool_)
    kind = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    return np.where(there, values, np.nan).astype(kind)


def _bits(known: Bools | None) -> pa.Buffer | None:
    import pyarrow as pa

    return None if known is None or known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
