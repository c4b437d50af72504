"""Video files that replace an older one once they are complete; a stopped run leaves the older one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import av

from touchline.core.errors import ResourceError

_PREFIX, _SUFFIX = ".writing-", ".part"


class UnfinishedVideo:
    """A file beside ``out`` that is being written and will replace it.

    Its name is always the same, so that leftovers of a killed run are overwritten.

    Attributes:
        path: the file to write to.

    Raises:
        ResourceError: the file cannot be created.

    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self.path = out.with_name(f"{_PREFIX}{out.name}{_SUFFIX}")
        with self.writing():
            self.path.unlink(missing_ok=True)  # left by a killed run, or a link that would be written through
            self.path.touch()

    def publish(self) -> None:
        """Flush the complete file to disk, give it the default permissions and rename it.

        Raises:
            ResourceError: the file cannot be written.

        """
        with self.writing():
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            self.path.chmod(0o666 & ~mask)
            os.replace(self.path, self._out)

    def discard(self) -> None:
        """Remove the file; does nothing once it is published."""
        self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Convert what goes wrong while the file is written to an error that names ``out``.

        Raises:
            ResourceError: the file cannot be written.

        """
        try:
            yield
        except (OSError, av.FFmpegError) as error:
            cause = error.strerror or str(error)
            raise ResourceError(
                f"{self._out}: cannot be written ({cause}): free some space or choose another folder with --out"
            ) from error


@contextlib.contextmanager
def replacing_video(out: Path) -> Iterator[Path]:
    """Yield an unfinished file beside ``out`` that replaces it on success, and is removed on failure.

    Raises:
        ResourceError: the file cannot be written.

    """
    unfinished = UnfinishedVideo(out)
    try:
        with unfinished.writing():
            yield unfinished.path
        unfinished.publish()
    finally:
        unfinished.discard()


def remove_unfinished(folder: Path) -> None:
    """Remove the unfinished files that killed runs have left in a folder."""
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        path.unlink(missing_ok=True)
