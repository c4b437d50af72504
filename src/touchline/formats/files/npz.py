"""NumPy's ``.npz`` archives, written reproducibly and read with caps and user-facing errors."""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from touchline.core.errors import InputError
from touchline.formats.files.guard import reading

MAX_ARRAYS = 4096
"""Most arrays of an archive that is read."""

MAX_ARRAY_BYTES = 2 << 30
"""Largest array that is read, bytes."""

_SEAL = "sha256"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_MAX_RATIO = 1100
"""Deflate shrinks data at most to 1/1032."""
_MAX_HEADER = 10_000
_HEADERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return a NumPy ``.npz`` archive whose bytes depend on the arrays only, not on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()


def sealed_npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return an archive as :func:`npz_bytes` does, with a digest of its arrays, for :func:`load_sealed_npz`."""
    return npz_bytes({**arrays, _SEAL: np.array(_digest(arrays))})


def load_sealed_npz(path: Path, *, what: str, remedy: str = "") -> dict[str, np.ndarray]:
    """Read the arrays of an archive exactly as :func:`sealed_npz_bytes` wrote them.

    Raises:
        InputError: as for :func:`load_npz`, or an array differs from what was written.

    """
    arrays = load_npz(path, needed=(_SEAL,), what=what, remedy=remedy)
    seal = arrays.pop(_SEAL)
    if seal.shape or str(seal) != _digest(arrays):
        raise InputError(f"{path}: not the {what} that were written{f'; {remedy}' if remedy else ''}")
    return arrays


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def read_arrays(path: Path, *names: str, what: str, remedy: str) -> tuple[np.ndarray, ...]:
    """Read arrays of an archive by name.

    Args:
        path: the ``.npz`` archive.
        names: names of the arrays.
        what: description of the arrays, for messages.
        remedy: what to do about an unusable archive, the end of the message.

    Raises:
        InputError: the archive is missing or damaged, or lacks one of the arrays.

    """
    found = load_npz(path, needed=names, what=what, remedy=remedy)
    return tuple(found[name] for name in names)


def load_npz(path: Path, *, needed: Collection[str] = (), what: str, remedy: str = "") -> dict[str, np.ndarray]:
    """Read every array of an archive, after checking that none claims more than the file can hold.

    Args:
        path: the ``.npz`` archive.
        needed: names of arrays that it must have.
        what: description of the arrays, for messages.
        remedy: what to do about an unusable archive, the end of the message.

    Raises:
        InputError: missing, damaged, of Python objects, too large, or without one of the arrays needed.

    """
    end = f"; {remedy}" if remedy else ""
    guard = reading(path, what=what, remedy=remedy, also=(RuntimeError,), refusal=f"no readable {what}")
    with guard, zipfile.ZipFile(path) as archive:
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        if len(members) != len(archive.infolist()) or len(members) > MAX_ARRAYS:
            raise InputError(f"{path}: {len(archive.infolist()):,} arrays, some of one name, or too many{end}")
        if missing := [name for name in needed if name not in members]:
            raise InputError(f"{path}: no readable {what} ({missing[0]!r} is missing){end}")
        return {name: _array(archive, entry, source=f"{path}: {name!r:.60}") for name, entry in members.items()}


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, source: str) -> np.ndarray:
    """Return one array, if its header, its entry and the file's size agree."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{source}: compressed in a way that NumPy does not use")
    if entry.file_size > min(MAX_ARRAY_BYTES, _MAX_RATIO * entry.compress_size + 1024):
        raise InputError(f"{source}: claims {entry.file_size:,} bytes in {entry.compress_size:,}; refused")
    with archive.open(entry) as file:
        shape, dtype = _header(file)
        start = file.tell()
        if dtype.hasobject:
            raise InputError(f"{source}: holds Python objects, which can hide code; refused")
        if start + math.prod(shape) * dtype.itemsize != entry.file_size:
            raise InputError(f"{source}: {shape} of {dtype} do not fill the {entry.file_size:,} bytes of the entry")
    with archive.open(entry) as file:
        return np.lib.format.read_array(file, allow_pickle=False, max_header_size=_MAX_HEADER)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    readers: dict[tuple[int, int], Any] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"version {version} of .npy")
    shape, _, dtype = readers[version](file, max_header_size=_MAX_HEADER)
    if any(size < 0 for size in shape):
        raise ValueError(f"shape {shape}")
    return shape, dtype
