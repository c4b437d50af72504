"""Room on the local disk: a folder for each match, locked while a process uses it, within a quota."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from touchline.core.errors import ResourceError
from touchline.formats.files.atomic import make_folder, writing
from touchline.formats.files.locks import lock

_SPARE_BYTES = 256 << 20
"""Left free on the disk beside the videos that are staged."""


def default_scratch() -> Path:
    """Return the folder for this user in the folder of temporary files."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return Path(tempfile.gettempdir()) / f"touchline-batch-{user}"


class Scratch:
    """The folders of all matches on this machine.

    Args:
        root: made if missing, readable by this user only.
        quota_bytes: most bytes of videos that this process stages at once; None leaves it to the disk.
        stop: ends waiting for room.

    Raises:
        ResourceError: the folder cannot be made, or belongs to somebody else.

    """

    def __init__(self, root: Path, *, quota_bytes: int | None, stop: threading.Event) -> None:
        make_folder(root.parent)
        with writing(root):
            root.mkdir(mode=0o700, exist_ok=True)
            if hasattr(os, "getuid") and root.stat().st_uid != os.getuid():
                raise ResourceError(f"{root}: belongs to another user; choose another folder with --scratch")
        self.root, self._quota_bytes, self._stop = root, quota_bytes, stop
        self._held, self._room = 0, threading.Condition()

    @contextlib.contextmanager
    def folder(self, key: str) -> Iterator[Path | None]:
        """Lock the folder of a match; None if another worker on this machine is at it."""
        place = self.root / key
        handle, locked = _open_locked(place)
        try:
            yield place if locked else None
        finally:
            os.close(handle)

    def remove(self, key: str) -> None:
        """Remove the folder of a match, which this process has locked."""
        shutil.rmtree(self.root / key, ignore_errors=True)

    def held(self) -> list[str]:
        """Return the keys of the matches that have a folder here."""
        return sorted(path.name for path in self.root.iterdir() if path.is_dir())

    @contextlib.contextmanager
    def hold(self, size: int, *, name: str) -> Iterator[bool]:
        """Hold room for a video, once there is some; yields False if the wait was ended.

        Raises:
            ResourceError: it never fits, or the disk is full.

        """
        if self._quota_bytes is not None and size > self._quota_bytes:
            raise ResourceError(
                f"{name}: {size / 1e9:.1f} GB do not fit the quota of {self._quota_bytes / 1e9:.1f} GB; "
                f"raise --scratch-gb"
            )
        held = self._take(size, name=name)
        try:
            yield held
        finally:
            if held:
                with self._room:
                    self._held -= size
                    self._room.notify_all()

    def _take(self, size: int, *, name: str) -> bool:
        with self._room:
            while not self._stop.is_set():
                free = shutil.disk_usage(self.root).free - _SPARE_BYTES
                fits = self._quota_bytes is None or self._held + size <= self._quota_bytes
                if fits and (size <= free or size == 0):
                    self._held += size
                    return True
                if self._held == 0:
                    raise ResourceError(
                        f"{self.root}: the disk is full, {name} needs {size / 1e9:.1f} GB; free some, or choose "
                        f"another folder with --scratch"
                    )
                self._room.wait(1.0)
            return False


def _open_locked(place: Path) -> tuple[int, bool]:
    """Open a folder, made if missing, and lock it; return its descriptor, and whether the lock is ours."""
    while True:
        make_folder(place)
        with contextlib.suppress(FileNotFoundError):  # removed in between by the worker that has finished the match
            handle = os.open(place, os.O_RDONLY)
            if not lock(handle):
                return handle, False
            if place.is_dir() and os.path.samestat(os.fstat(handle), place.stat()):
                return handle, True
            os.close(handle)
