"""Files that are still being written: read to their present end, then as they grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from touchline.core.errors import InputError
from touchline.media.containers.structure import has_moov, is_mp4, mp4_boxes

_POLL_S = 0.1
_HEAD_BYTES = 64
RECORDER_HINT = (
    "set the recorder to Hybrid MP4, fragmented MP4 or MKV (OBS: Settings, Output, Recording, Recording Format) "
    "and record anew; or analyse this file with touchline spot when it is finished"
)


class GrowingFile:
    """A file to read that waits for more at its end, until it has not grown for a while or a marker file appears.

    It cannot seek: that way FFmpeg reads a file that grows as it reads a stream.

    Args:
        path: the file.
        quiet_s: it has ended when it has not grown for this long.
        marker: it has ended when this file exists; None looks at its growth only.
        stop: set to end reading at once.
        clock: seconds on a clock that never goes back.

    Attributes:
        name: as PyAV knows local files.

    """

    def __init__(
        self,
        path: Path,
        *,
        quiet_s: float,
        marker: Path | None = None,
        stop: Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"file:{path.absolute()}"
        self._path, self._quiet_s, self._marker = path, quiet_s, marker
        self._stop, self._clock = stop or Event(), clock
        self._file = path.open("rb")
        self._grew_s = clock()

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes, waiting for the first of them; nothing at the end.

        Raises:
            InputError: the file was cut or replaced.

        """
        while True:
            over = self._over()
            data = self._file.read(size)
            if data:
                self._grew_s = self._clock()
                return data
            if over or self._stop.is_set():
                return b""
            self._check_same()
            self._stop.wait(_POLL_S)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _over(self) -> bool:
        """Return whether nothing more is to come; asked before reading, so that what was written last is still read."""
        if self._marker is not None and self._marker.exists():
            return True
        return self._clock() - self._grew_s >= self._quiet_s

    def _check_same(self) -> None:
        """Raise an error if the file is shorter than what was read of it."""
        try:
            size = self._path.stat().st_size
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read any more ({error.strerror})") from error
        if size < self._file.tell():
            raise InputError(f"{self._path}: was cut or replaced while it was read; start again on the new file")


def require_readable_while_written(path: Path) -> None:
    """Raise an error if a file cannot be read before it is finished: a plain MP4 has its index at the end.

    Raises:
        InputError: it is one; the message names the setting of the recorder to change.

    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not is_mp4(head) or has_moov(path):
        return
    if any(kind == b"mdat" for kind, _ in mp4_boxes(path)):
        raise InputError(f"{path}: a plain MP4 cannot be read before it is finished; {RECORDER_HINT}")


def index_is_last(path: Path) -> bool:
    """Return whether a file is a finished MP4 with its index behind the pictures, which is not read in one go."""
    with path.open("rb") as file:
        if not is_mp4(file.read(_HEAD_BYTES)):
            return False
    kinds = [kind for kind, _ in mp4_boxes(path)]
    return b"moov" in kinds and b"mdat" in kinds[: kinds.index(b"moov")]
