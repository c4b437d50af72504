"""Video files that replace an older one once they are complete; a stopped run leaves the older one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import av

from touchline.core.errors import ResourceError

_PREFIX, _SUFFIX = ".writing-", ".part"


@contextlib.contextmanager
def replacing_video(out: Path) -> Iterator[Path]:
    """Yield an unfinished file beside ``out`` that replaces it on success, and is removed on failure.

    Its name is always the same, so that leftovers of a killed run are overwritten.

    Raises:
        ResourceError: the file cannot be written.

    """
    unfinished = out.with_name(f"{_PREFIX}{out.name}{_SUFFIX}")
    try:
        unfinished.touch()
    except OSError as error:
        raise _cannot_write(out, error) from error
    try:
        yield unfinished
        _publish(unfinished, out)
    except (OSError, av.FFmpegError) as error:
        raise _cannot_write(out, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove the unfinished files that killed runs have left in a folder."""
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        path.unlink(missing_ok=True)


def _publish(unfinished: Path, out: Path) -> None:
    """Flush a finished file to disk, give it the default permissions and rename it."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    mask = os.umask(0)
    os.umask(mask)
    unfinished.chmod(0o666 & ~mask)
    os.replace(unfinished, out)


def _cannot_write(out: Path, error: OSError | av.FFmpegError) -> ResourceError:
    cause = error.strerror or str(error)
    return ResourceError(f"{out}: cannot be written ({cause}): free some space or choose another folder with --out")
