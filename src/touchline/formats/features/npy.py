"""Safe opening of one ``.npy`` file of rows: no Python objects, no missing data, memory-mapped."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.guard import guarded
from touchline.formats.soccernet.source import missing_advice

_HEADER_READERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_MAX_HEADER = 4096


@guarded("an .npy file of features")
def open_rows(path: Path) -> npt.NDArray[Any]:
    """Open the rows of a file, float (rows, width), memory-mapped read-only.

    Raises:
        UsageError: the path is a folder or a pipe.
        InputError: missing, not ``.npy``, Python objects, another shape, truncated or too long.

    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: not a file; give one .npy file of features")
    try:
        with path.open("rb") as file:
            shape, fortran, dtype = _header(file, path=path)
            offset = file.tell()
        size = path.stat().st_size
    except FileNotFoundError as error:
        advice = missing_advice(path.name) or "; `touchline features extract VIDEO` makes features"
        raise InputError(f"{path}: no such file{advice}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    _check_kind(shape, dtype, path=path)
    expected = offset + shape[0] * shape[1] * dtype.itemsize
    if size != expected:
        raise InputError(_size_problem(shape, dtype, size=size, expected=expected, offset=offset, path=path))
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if fortran else "C")


def _header(file: BinaryIO, *, path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    start = file.read(4)
    if not start:
        raise InputError(f"{path}: empty; extract the features again")
    if start == b"PK\x03\x04":
        raise InputError(f"{path}: an archive (.zip or .npz); unpack it and give the .npy files in it")
    file.seek(0)
    try:
        version = np.lib.format.read_magic(file)
        reader = _HEADER_READERS.get(version)
        if reader is None:
            raise ValueError(f"version {version}")
        return reader(file, max_header_size=_MAX_HEADER)
    except (ValueError, SyntaxError, TypeError, EOFError, TokenError) as error:
        raise InputError(f"{path}: not an .npy file, or cut off in its header ({error})") from error


def _check_kind(shape: tuple[int, ...], dtype: np.dtype[Any], *, path: Path) -> None:
    if dtype.hasobject:
        raise InputError(f"{path}: refused: it holds Python objects, which can hide code; features must be numbers")
    if dtype.kind != "f" or dtype.itemsize not in (2, 4, 8):
        raise InputError(f"{path}: of type {dtype}; features must be floating-point numbers")
    if len(shape) != 2 or min(shape) < 1:
        raise InputError(f"{path}: of shape {shape}; features must be (rows, width), both at least 1")


def _size_problem(
    shape: tuple[int, ...], dtype: np.dtype[Any], *, size: int, expected: int, offset: int, path: Path
) -> str:
    if size > expected:
        return f"{path}: {size - expected} bytes more than its header's {shape} rows and columns take; extract it again"
    whole = (size - offset) // (shape[1] * dtype.itemsize)
    return f"{path}: truncated: {whole} of {shape[0]} rows are there; copy, download or extract it again"
