"""Files that are made from a video once and kept: frame times, thumbnails, loudness, the proxy.

They lie in ``$XDG_CACHE_HOME/touchline/review/FINGERPRINT`` (by default in ``~/.cache``) and can be deleted at any
time. Where that folder cannot be written, a temporary one lasts as long as the server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from touchline.formats.files.atomic import replacing, writing
from touchline.formats.files.locks import lock

_MAKING = ".making-"
_OLD_S = 24 * 3600
_NAME_LENGTH = 40


def cache_root() -> Path:
    """Return the folder that holds the cached files of all videos; it may not exist."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "touchline" / "review"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder, and yield whether that was possible; folders are not locked where they cannot be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        yield lock(handle)
    finally:
        os.close(handle)


class VideoCache:
    """The cached files of one video.

    Args:
        fingerprint: identifies the video's content.
        root: folder of all caches; None for the usual one.

    """

    def __init__(self, fingerprint: str, *, root: Path | None = None) -> None:
        self._fingerprint = fingerprint
        self._root = cache_root() if root is None else root
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @cached_property
    def folder(self) -> Path:
        """The folder, created if necessary; a temporary one where the cache cannot be written."""
        folder = self._root / self._fingerprint[:_NAME_LENGTH]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            self._temporary = tempfile.TemporaryDirectory(prefix="touchline-review-")
            return Path(self._temporary.name)

    def path(self, name: str) -> Path:
        """Return the path of a cached file, whether or not it exists."""
        return self.folder / name

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if it is not there."""
        try:
            return self.path(name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file atomically: of two servers that write it at once, one wins.

        Raises:
            ResourceError: the disk is full.

        """
        with replacing(self.path(name)) as file:
            file.write(data)

    @contextlib.contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """Yield a path to write a large file to, which then becomes the cached one.

        It lies in a folder of its own, as another server may be making the same file. What killed servers have left is
        removed after a day; what a living one is making is locked, whatever the clock says.
        """
        for left in self.folder.glob(f"{_MAKING}*"):
            if time.time() - left.stat().st_mtime > _OLD_S:
                with _locked(left) as free:
                    if free:
                        shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_MAKING, dir=self.folder) as folder, _locked(Path(folder)):
            path = Path(folder) / name
            yield path
            with writing(self.path(name)):
                os.replace(path, self.path(name))

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._temporary is not None:
            self._temporary.cleanup()
