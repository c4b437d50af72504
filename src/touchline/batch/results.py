"""Results on their way to the store and back: the files of a bundle, their checksums, and the marker that ends it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from touchline.batch.markers import CHECKPOINT, Done, attempt_folder, create_done
from touchline.batch.stores.store import Store
from touchline.core.errors import InputError
from touchline.core.version import __version__
from touchline.formats.files.checksum import file_sha256

BUNDLE_ENDING = ".touchline"
MANIFEST = "manifest.json"
_PARTIAL = ".partial"


def bundle_in(folder: Path) -> Path | None:
    """Return the finished bundle that an analysis left in a folder; None if there is none."""
    found = [path for path in sorted(folder.glob(f"*{BUNDLE_ENDING}")) if (path / MANIFEST).is_file()]
    return found[0] if len(found) == 1 else None


def video_seconds(bundle: Path) -> float:
    """Return the length of a bundle's video; 0 if the bundle does not say."""
    try:
        document = json.loads((bundle / MANIFEST).read_bytes())
        return float(document["coverage"]["duration_us"]) / 1e6
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def publish(store: Store, key: str, bundle: Path, *, facts: Mapping[str, Any]) -> bool:
    """Copy a bundle into the store and then mark the match as done.

    Args:
        store: where results go.
        key: of the match.
        bundle: the folder.
        facts: what else the marker holds, see :class:`~touchline.batch.markers.Done`.

    Returns:
        False if another worker was first; the copies are removed again.

    """
    attempt = uuid.uuid4().hex
    folder = attempt_folder(key, attempt)
    files = {}
    for path in sorted(bundle.rglob("*")):
        name = path.relative_to(bundle)
        if path.is_file() and not path.is_symlink() and _PARTIAL not in name.parts:
            store.put(path, f"{folder}/{name.as_posix()}")
            files[name.as_posix()] = {"size": path.stat().st_size, "sha256": file_sha256(path)}
    done = Done(attempt=attempt, bundle=bundle.name, files=files, versions=_versions(), **facts)
    if create_done(store, key, done):
        return True
    for stored in files:
        store.remove(f"{folder}/{stored}")
    return False


def retrieve(store: Store, key: str, done: Done, folder: Path) -> None:
    """Copy results from the store into a new folder, checking every file.

    Raises:
        InputError: a file is missing or is not the one that was stored.

    """
    for name, known in done.files.items():
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            raise InputError(f"{store.address}/{key}: names a file {name!r} outside its bundle; do not use this store")
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        source = f"{attempt_folder(key, done.attempt)}/{name}"
        store.get(source, target)
        if file_sha256(target) != known["sha256"]:
            raise InputError(
                f"{store.address}/{source}: not the file that was stored, its SHA-256 differs; remove {key}/_DONE.json "
                f"and run the workers again"
            )


def save_checkpoint(store: Store, key: str, out: Path) -> bool:
    """Store what a stopped analysis has saved, for a worker on another machine; return whether there was anything."""
    if not any(out.rglob(f"{_PARTIAL}/*/*.npz")):
        return False
    packed = out.with_suffix(".tar")
    with tarfile.open(packed, "w") as tar:
        for bundle in sorted(out.glob(f"*{BUNDLE_ENDING}")):
            tar.add(bundle, arcname=bundle.name)
    store.put(packed, f"{key}/{CHECKPOINT}")
    packed.unlink()
    return True


def load_checkpoint(store: Store, key: str, out: Path) -> None:
    """Unpack what an analysis on another machine has saved, unless this machine has something itself."""
    if out.exists():
        return
    packed = out.with_suffix(".tar")
    try:
        store.get(f"{key}/{CHECKPOINT}", packed)
    except InputError:  # nobody was stopped
        return
    partly = out.with_name(f"{out.name}.unpacking")
    with contextlib.suppress(tarfile.TarError), tarfile.open(packed) as tar:  # a broken one saves nothing
        tar.extractall(partly, filter="data")
        os.replace(partly, out)
    packed.unlink()


def drop_checkpoint(store: Store, key: str) -> None:
    """Remove what a stopped analysis has saved."""
    store.remove(f"{key}/{CHECKPOINT}")


def _versions() -> dict[str, str]:
    return {"touchline": __version__, "python": platform.python_version(), "platform": platform.platform(terse=True)}
