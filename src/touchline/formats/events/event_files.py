"""Event files in a folder, in a zip, or alone, by relative name; a zip is read in memory, never unpacked."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from touchline.core.errors import InputError
from touchline.formats.files.guard import check_size, reading
from touchline.formats.files.json_files import MAX_JSON_BYTES, read_bytes
from touchline.formats.soccernet.source import missing_advice

MAX_ENTRIES = 50_000
MAX_NAME_BYTES = 1024
MAX_TOTAL_BYTES = 4 << 30
MAX_RATIO = 200
"""Largest accepted compression ratio: event files shrink about tenfold in a zip; far more is a zip bomb."""

_RATIO_FROM_BYTES = 1 << 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line ends, and marks that turn the direction of writing."""


class EventFiles:
    """A collection of event files: ``names`` are relative, sorted, with forward slashes.

    Args:
        path: a file, a folder or a zip.
        endings: endings of the files to find in a folder or zip.
        among_others: whether the zip may hold other, large files as well, such as pictures; they are never read.

    Raises:
        InputError: nothing is there, or the zip is broken or unsafe.

    """

    def __init__(self, path: Path, *, endings: tuple[str, ...] = (".json",), among_others: bool = False) -> None:
        self.path = path
        self._zip = path.is_file() and zipfile.is_zipfile(path)
        if self._zip:
            self.names = _zip_names(path, endings, among_others=among_others)
        elif path.is_dir():
            self.names = sorted(_folder_names(str(path), endings))
        elif path.exists():
            self.names = [path.name]
        else:
            advice = missing_advice(path.name)
            raise InputError(f"{path}: does not exist; give a file, a folder or a zip of event files{advice}")
        if not self.names:
            raise InputError(f"{path}: holds {' and '.join(f'no {ending} file' for ending in endings)}")

    @property
    def single(self) -> bool:
        """Whether the collection is a single file."""
        return not self._zip and not self.path.is_dir()

    def source(self, name: str) -> str:
        """Return the name of a file for messages."""
        return str(self.path) if self.single else f"{self.path}/{name}"

    def read(self, names: list[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the ``(name, bytes)`` of files, one at a time."""
        if self._zip:
            yield from _read_zip(self.path, names)
        else:
            for name in names:
                yield name, read_bytes(self.path if self.single else self.path / name)


def _folder_names(root: str, endings: tuple[str, ...]) -> Iterator[str]:
    """Yield the files with one of the endings below a folder; links to folders are not followed."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inner = os.path.relpath(folder, root)
        for file in files:
            if file.endswith(endings) and not file.startswith("."):
                yield file if inner == "." else f"{inner}/{file}".replace(os.sep, "/")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip, converting its failures to InputError."""
    remedy, refusal = "make or download it again", "cannot be read as a zip"
    guard = reading(path, what="a zip", remedy=remedy, also=(RuntimeError,), refusal=refusal)
    with guard, zipfile.ZipFile(path) as archive:
        yield archive


def _zip_names(path: Path, endings: tuple[str, ...], *, among_others: bool) -> list[str]:
    """Return the entries of a zip with one of the endings, after checking that all that may be read is harmless."""
    with _opened(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if among_others:
        entries = [entry for entry in entries if entry.filename.endswith(endings)]
    if len(entries) > MAX_ENTRIES:
        raise InputError(f"{path}: {len(entries):,} entries exceed the limit of {MAX_ENTRIES:,}; split it")
    for entry in entries:
        problem = _entry_problem(entry)
        if problem:
            raise InputError(f"{path}: entry {entry.orig_filename!r:.120} {problem}; refused")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise InputError(f"{path}: entry {twice!r:.120} occurs twice; refused")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise InputError(f"{path}: unpacks to {total:,} bytes, over the limit of {MAX_TOTAL_BYTES:,}; split it")
    hidden = ("__MACOSX/", ".")
    return sorted(name for name in names if name.endswith(endings) and not name.startswith(hidden))


def _entry_problem(entry: zipfile.ZipInfo) -> str:
    """Return why an entry is refused; empty if it is not."""
    parts = entry.filename.replace("\\", "/").split("/")
    mode = entry.external_attr >> 16
    if _CONTROL.search(entry.orig_filename):
        return "has control characters in its name"
    if len(entry.filename.encode()) > MAX_NAME_BYTES:
        return f"has a name of more than {MAX_NAME_BYTES:,} bytes"
    if not parts[0] or ".." in parts or ":" in parts[0]:
        return "points outside the archive"
    if "." in parts or "" in parts:
        return "has an empty part or '.' in its name"
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or a device, not a file"
    if entry.flag_bits & 1:
        return "is encrypted (SoccerNet gives the password with its agreement: soccer-net.org/data; unpack it first)"
    if entry.file_size > MAX_JSON_BYTES:
        return f"unpacks to {entry.file_size:,} bytes, over the limit of {MAX_JSON_BYTES:,}"
    if entry.file_size > _RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        return f"unpacks to {entry.file_size:,} bytes from {entry.compress_size:,}, which no event file does"
    return ""


def _read_zip(path: Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield entries of a zip, reading no more of one than it declares."""
    with _opened(path) as archive:
        for name in names:
            declared = archive.getinfo(name).file_size
            with archive.open(name) as entry:
                data = entry.read(declared + 1)
            check_size(len(data), source=f"{path}/{name}")
            yield name, data
