"""Results saved chunk by chunk while a video is analysed, so that a killed run can resume.

``BUNDLE/.partial/TASK/`` holds ``key.json``, which identifies the work exactly, and one ``.npz`` file per chunk, each
written atomically. Only an unbroken sequence of chunks is used; anything after a gap is computed again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError, ResourceError
from touchline.formats.files.atomic import make_own_folder, write_bytes_atomic, write_json_atomic, writing
from touchline.formats.files.locks import lock
from touchline.formats.files.npz import load_sealed_npz, sealed_npz_bytes

PARTIAL = ".partial"
_KEY = "key.json"


class Chunks:
    """The saved chunks of one task: arrays by name, one file per chunk.

    Args:
        bundle: folder of the bundle.
        task: name of the task; every task has a separate folder.
        key: everything that determines the results: video fingerprint, models, settings. Chunks saved under another
            key are discarded.
        resume: whether to resume from saved chunks.

    Attributes:
        count: number of saved chunks.
        last: the last saved chunk; None if nothing is saved.

    """

    count: int
    last: Mapping[str, np.ndarray] | None

    def __init__(self, bundle: Path, *, task: str, key: Mapping[str, Any], resume: bool = True) -> None:
        self.folder = bundle / PARTIAL / task
        if not (resume and self._holds(key)):
            self.discard()
            make_own_folder(self.folder.parent)
            make_own_folder(self.folder)
            write_json_atomic(self.folder / _KEY, dict(key))
        self.count, self.last = 0, None
        for chunk in self.read():
            self.count, self.last = self.count + 1, chunk

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Save the chunk that follows the last one."""
        write_bytes_atomic(self._path(self.count), sealed_npz_bytes(arrays))
        self.count, self.last = self.count + 1, arrays

    def read(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield the saved chunks in order, up to the first missing or unreadable one; one is held at a time."""
        return self.read_from(0)

    def read_from(self, number: int) -> Iterator[dict[str, np.ndarray]]:
        """Yield the saved chunks from a given chunk number on, as :meth:`read` does."""
        while self._path(number).is_file():
            try:
                chunk = load_sealed_npz(self._path(number), what="saved results")
            except InputError:
                break
            yield chunk
            number += 1

    def discard(self) -> None:
        """Remove all saved chunks; a symbolic link is not followed."""
        if self.folder.parent.is_symlink():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # it holds another task's chunks, or does not exist
            self.folder.parent.rmdir()

    def _holds(self, key: Mapping[str, Any]) -> bool:
        """Return whether the saved chunks belong to this key."""
        if self.folder.parent.is_symlink() or self.folder.is_symlink():
            return False
        try:
            return bool(json.loads((self.folder / _KEY).read_bytes()) == json.loads(json.dumps(dict(key))))
        except (OSError, ValueError, RecursionError):
            return False

    def _path(self, number: int) -> Path:
        """Return the path of a chunk, counted from 0."""
        return self.folder / f"chunk-{number:06d}.npz"


class Checkpoint:
    """The saved scores of one video.

    Args:
        bundle: folder of the bundle.
        key: see :class:`Chunks`.
        resume: whether to resume from saved chunks.

    """

    def __init__(self, bundle: Path, *, key: Mapping[str, Any], resume: bool = True) -> None:
        self._store = Chunks(bundle, task="spot", key=key, resume=resume)
        self._chunks = [(int(chunk["first_index"]), chunk["values"]) for chunk in self._store.read()]

    @property
    def next_index(self) -> int | None:
        """Index of the first sample still to be computed; None if nothing is saved."""
        if not self._chunks:
            return None
        first_index, values = self._chunks[-1]
        return first_index + len(values)

    def append(self, first_index: int, values: npt.NDArray[np.float32]) -> None:
        """Save the scores (samples, classes) of the chunk that follows the last one.

        Raises:
            ValueError: ``first_index`` does not follow the last saved sample.

        """
        if self.next_index not in (None, first_index):
            raise ValueError(
                f"first_index={first_index} does not follow the saved chunks, which end at {self.next_index}"
            )
        self._store.save({"first_index": np.array(first_index), "values": values})
        self._chunks.append((first_index, values))

    def scores(self, *, classes: int) -> tuple[int, npt.NDArray[np.float32]]:
        """Return ``(first index, values float32 (samples, classes))`` of all chunks; (0, empty) if there are none."""
        if not self._chunks:
            return 0, np.zeros((0, classes), np.float32)
        return self._chunks[0][0], np.concatenate([values for _, values in self._chunks])

    def discard(self) -> None:
        """Remove all saved chunks."""
        self._store.discard()


@contextlib.contextmanager
def bundle_lock(folder: Path) -> Iterator[None]:
    """Lock a bundle for this process; the operating system releases the lock when the process ends, however it ends.

    Raises:
        ResourceError: another process is writing this bundle.

    """
    if os.name != "posix":  # folders cannot be opened: users must avoid two runs on one match themselves
        yield
        return
    with writing(folder):  # another process that failed may have removed it
        handle = os.open(folder, os.O_RDONLY)
    if not lock(handle):
        os.close(handle)
        raise ResourceError(
            f"{folder}: another touchline process is writing this bundle; wait for it or choose another --out"
        )
    try:
        yield
    finally:
        os.close(handle)
