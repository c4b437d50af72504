"""Results saved chunk by chunk while a video is analysed, so that a killed run goes on where it was.

``BUNDLE/.partial/TASK/`` holds ``key.json``, which names the work exactly, and one ``.npz`` file a chunk, each replaced
whole. Only chunks that follow each other without a hole count; the rest is computed again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError
from touchline.formats.files.atomic import make_folder, write_bytes_atomic, write_json_atomic
from touchline.formats.files.npz import npz_bytes

PARTIAL = ".partial"
_KEY = "key.json"


class Chunks:
    """The saved chunks of one task's piece of work: arrays by name, each chunk one file.

    Args:
        bundle: folder of the bundle.
        task: whose chunks; every task has a folder of its own.
        key: what decides the results: video fingerprint, models, settings. Chunks of another key are thrown away.
        resume: whether to go on from saved chunks.

    Attributes:
        count: chunks that are saved.
        last: the last of them; None where nothing is saved.

    """

    count: int
    last: Mapping[str, np.ndarray] | None

    def __init__(self, bundle: Path, *, task: str, key: Mapping[str, Any], resume: bool = True) -> None:
        self.folder = bundle / PARTIAL / task
        if not (resume and self._holds(key)):
            self.discard()
            make_folder(self.folder)
            write_json_atomic(self.folder / _KEY, dict(key))
        self.count, self.last = 0, None
        for chunk in self.read():
            self.count, self.last = self.count + 1, chunk

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Save the chunk that follows the last one."""
        write_bytes_atomic(self._path(self.count), npz_bytes(arrays))
        self.count, self.last = self.count + 1, arrays

    def read(self) -> Iterator[dict[str, np.ndarray]]:
        """The saved chunks from the first on, up to the first missing or unreadable one; one is held at a time."""
        return self.read_from(0)

    def read_from(self, number: int) -> Iterator[dict[str, np.ndarray]]:
        """The saved chunks from one on, as :meth:`read`."""
        while self._path(number).is_file():
            try:
                with np.load(self._path(number), allow_pickle=False) as arrays:
                    chunk = dict(arrays)
            except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
                break
            yield chunk
            number += 1

    def discard(self) -> None:
        """Remove everything saved."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # another task's chunks are there, or nothing was
            self.folder.parent.rmdir()

    def _holds(self, key: Mapping[str, Any]) -> bool:
        """Whether the saved chunks belong to this key."""
        try:
            return bool(json.loads((self.folder / _KEY).read_bytes()) == json.loads(json.dumps(dict(key))))
        except (OSError, ValueError):
            return False

    def _path(self, number: int) -> Path:
        """File of a chunk, counted from 0."""
        return self.folder / f"chunk-{number:06d}.npz"


class Checkpoint:
    """The saved scores of one video.

    Args:
        bundle: folder of the bundle.
        key: see :class:`Chunks`.
        resume: whether to go on from saved chunks.

    """

    def __init__(self, bundle: Path, *, key: Mapping[str, Any], resume: bool = True) -> None:
        self._store = Chunks(bundle, task="spot", key=key, resume=resume)
        self._chunks = [(int(chunk["first_index"]), chunk["values"]) for chunk in self._store.read()]

    @property
    def next_index(self) -> int | None:
        """Index of the first sample still to be computed; None where nothing is saved."""
        if not self._chunks:
            return None
        first_index, values = self._chunks[-1]
        return first_index + len(values)

    def append(self, first_index: int, values: npt.NDArray[np.float32]) -> None:
        """Save the scores (samples, classes) of a chunk that follows the last one."""
        if self.next_index not in (None, first_index):
            raise ValueError(
                f"first_index={first_index} does not follow the saved chunks, which end at {self.next_index}"
            )
        self._store.save({"first_index": np.array(first_index), "values": values})
        self._chunks.append((first_index, values))

    def scores(self, *, classes: int) -> tuple[int, npt.NDArray[np.float32]]:
        """``(first index, values float32 (samples, classes))`` of all chunks; (0, empty) where there are none."""
        if not self._chunks:
            return 0, np.zeros((0, classes), np.float32)
        return self._chunks[0][0], np.concatenate([values for _, values in self._chunks])

    def discard(self) -> None:
        """Remove everything saved."""
        self._store.discard()


@contextlib.contextmanager
def bundle_lock(folder: Path) -> Iterator[None]:
    """Hold a bundle for this process alone; the system lets go when the process ends, however it ends.

    Raises:
        ResourceError: another process is writing this bundle.

    """
    try:
        import fcntl
    except ImportError:  # a platform without it: two runs on one match are then the user's to avoid
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ResourceError(
            f"{folder}: another touchline process is writing this bundle; wait for it or choose another --out"
        ) from error
    except OSError:  # a file system without locks
        pass
    try:
        yield
    finally:
        os.close(handle)
