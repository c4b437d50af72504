"""Writing of ``corrections.jsonl``: one process at a time, every entry on the disk before the next one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from touchline.core.corrections.history import Change, Entry, History
from touchline.core.errors import ResourceError
from touchline.formats.corrections.journal import entry_document, head_line, line_of, read_journal
from touchline.formats.files.atomic import make_folder, writing
from touchline.formats.files.locks import lock


class JournalInUseError(ResourceError):
    """Another process writes this journal."""


class JournalWriter:
    """Appends entries to the journal of a bundle, which it keeps locked until it is closed.

    The file is created with the first entry; to look at a bundle changes nothing. The operating system releases the
    lock when the process ends, however it ends.

    Args:
        path: path of ``corrections.jsonl``; its folder is created if necessary when the first entry is written.
        video_fingerprint: fingerprint of the video, for a new file.
        who: name of the person, for new entries.

    Attributes:
        history: all entries and the current state.

    Raises:
        InputError: the journal is damaged.
        JournalInUseError: another process writes it.

    """

    def __init__(self, path: Path, *, video_fingerprint: str, who: str) -> None:
        self.path, self.who = path, who
        self._fingerprint = video_fingerprint
        self._file: BinaryIO | None = None
        if path.exists():
            self._file = self._opened()
        self.history = History.of(read_journal(path).entries)

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def do(self, *changes: Change) -> Entry:
        """Append a command.

        Raises:
            StaleChangeError: a value is not what the command expects; nothing is written.
            ResourceError: the file cannot be written.

        """
        return self._append(Entry(self.history.next_number, _now(), self.who, changes))

    def undo(self, number: int) -> Entry:
        """Append the undo of a command, which must be the last one that is not undone; errors as for :meth:`do`."""
        return self._append(Entry(self.history.next_number, _now(), self.who, undo=number))

    def redo(self, number: int) -> Entry:
        """Append the redo of a command, which must be the one undone last; errors as for :meth:`do`."""
        return self._append(Entry(self.history.next_number, _now(), self.who, redo=number))

    def close(self) -> None:
        """Release the journal."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, entry: Entry) -> Entry:
        if self._file is None:
            self._file = self._opened()
            self.history = History.of(read_journal(self.path).entries)
        self.history.add(entry)
        try:
            _append(self._file, line_of(entry_document(entry)), path=self.path)
        except BaseException:
            self.close()  # the next entry opens the file again and cuts off what was written of this one
            self.history = History.of(read_journal(self.path).entries)
            raise
        return entry

    def _opened(self) -> BinaryIO:
        """Open and lock the file, cut off an unfinished line, and write the head of a new one."""
        make_folder(self.path.parent)
        with writing(self.path):
            if self.path.is_symlink():  # it would be written through
                self.path.unlink()
            file = self.path.open("ab")
        try:
            if not lock(file.fileno()):
                raise _in_use(self.path)
            sound = read_journal(self.path).sound_bytes
            with writing(self.path):
                file.truncate(sound)
            if sound == 0:
                _append(file, head_line(video_fingerprint=self._fingerprint), path=self.path)
        except BaseException:
            file.close()
            raise
        return file


def _append(file: BinaryIO, line: bytes, *, path: Path) -> None:
    """Append a line and wait until it is on the disk."""
    with writing(path):
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _in_use(path: Path) -> JournalInUseError:
    return JournalInUseError(f"{path}: another process reviews this bundle; close that review, or look read-only")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
