"""A local folder, or one of a shared file system, as a store."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from touchline.core.errors import InputError, ResourceError
from touchline.formats.files.atomic import make_folder, replacing, write_bytes_atomic, writing


class LocalStore:
    """A folder whose files are the objects.

    Args:
        root: the folder; it is made when the first object is written.

    """

    def __init__(self, root: Path) -> None:
        self.root, self.address = root, str(root)

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None if it does not exist."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ResourceError(f"{self._path(name)}: cannot be read ({error.strerror}); check the folder") from error

    def write(self, name: str, data: bytes) -> None:
        """Write an object, replacing what has its name."""
        path = self._path(name)
        make_folder(path.parent)
        write_bytes_atomic(path, data)

    def create(self, name: str, data: bytes) -> bool:
        """Write an object if there is none of its name; return whether it was written."""
        path = self._path(name)
        make_folder(path.parent)
        with writing(path):
            handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                return _link(temporary, path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary)

    def put(self, path: Path, name: str) -> None:
        """Copy a local file into the store."""
        target = self._path(name)
        make_folder(target.parent)
        with path.open("rb") as source, replacing(target) as file:
            shutil.copyfileobj(source, file, 1 << 20)

    def get(self, name: str, path: Path) -> None:
        """Copy an object to a local file, whose folder exists."""
        try:
            source = self._path(name).open("rb")
        except OSError as error:
            raise InputError(f"{self._path(name)}: cannot be read ({error.strerror}); check the store") from error
        with source, replacing(path) as file:
            shutil.copyfileobj(source, file, 1 << 20)

    def names(self, below: str = "") -> Iterator[str]:
        """Yield the names of all objects below a name, in order."""
        for folder, folders, files in os.walk(self._path(below)):
            folders.sort()
            for file in sorted(files):
                if not file.startswith(".writing-"):
                    yield (Path(folder) / file).relative_to(self.root).as_posix()

    def remove(self, name: str) -> None:
        """Remove an object, and its folder with the last one."""
        path = self._path(name)
        with writing(path), contextlib.suppress(FileNotFoundError):
            path.unlink()
        with contextlib.suppress(OSError):  # other objects are in it
            path.parent.rmdir()

    def _path(self, name: str) -> Path:
        return self.root / name


def _link(temporary: str, path: Path) -> bool:
    """Give a file its name unless that is taken; return whether it has it."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        os.replace(temporary, path)
    return True
