"""Atomic file writes: a file is either the old one or the new one, never a mixture.

A file is written under a temporary name in the same folder, flushed to disk and then renamed over the old one.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from touchline.core.errors import ResourceError

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder with --out",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder with --out",
    errno.EACCES: "the folder is not writable; choose another one with --out",
    errno.EPERM: "the folder is not writable; choose another one with --out",
    errno.EROFS: "the file system is read-only; choose another folder with --out",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another one with --out",
    errno.EEXIST: "a file has the name of the folder; choose another one with --out",
    errno.EISDIR: "a folder has the name of the file; choose another folder with --out",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter one with --out",
}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert an operating-system error while ``path`` is written to a ResourceError that names it.

    Raises:
        ResourceError: disk full, no permission, a read-only file system, ...

    """
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "check the disk, or choose another folder with --out")
        raise ResourceError(f"{path}: cannot be written ({cause}): {remedy}") from error


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents.

    Raises:
        ResourceError: the folder cannot be created.

    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


def make_own_folder(path: Path) -> None:
    """Create a folder inside one of touchline's own; a symbolic link in its place is removed, not followed.

    Raises:
        ResourceError: the folder cannot be created.

    """
    with writing(path):
        if path.is_symlink():
            path.unlink()
    make_folder(path)


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[BinaryIO]:
    """Yield a file to write piece by piece that replaces ``path`` on success and is deleted on failure.

    Raises:
        ResourceError: the disk is full or the folder not writable.

    """
    path = Path(path)
    with writing(path):
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        _sync_folder(path.parent)


def write_bytes_atomic(path: Path | str, data: bytes) -> None:
    """Replace ``path`` by a file with these bytes; on any failure the old file is untouched.

    Raises:
        ResourceError: the disk is full or the folder not writable.

    """
    with replacing(path) as file:
        file.write(data)


def write_text_atomic(path: Path | str, text: str) -> None:
    """Replace ``path`` by a UTF-8 text file, as :func:`write_bytes_atomic` does."""
    write_bytes_atomic(path, text.encode("utf-8"))


def write_json_atomic(path: Path | str, value: Any) -> None:
    """Replace ``path`` by a JSON file, see :func:`json_bytes`."""
    write_bytes_atomic(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return indented UTF-8 JSON; NaN and infinity are refused, keys keep their order."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # A file name that is not valid Unicode becomes JSON's own \\udcXX escapes.
    return text.encode("utf-8", "backslashreplace")


def _umask() -> int:
    """Return the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, on platforms that can open folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
