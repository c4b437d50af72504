"""What is calculated once and kept in the user's cache folder: converted and compiled graphs, by their content.

The folder is safe to delete. An entry holds its own hash, so a damaged one counts as missing; entries appear under
their name only when they are whole, so several processes may read and write at once. Where the folder cannot be
written (a read-only home, a full disk), everything works without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path

from touchline.core.errors import ResourceError
from touchline.formats.files.atomic import make_folder, write_bytes_atomic

LIMIT_BYTES = 1 << 30
"""Above this, the entries that were not used for longest are deleted."""
_SUFFIX = ".entry"
_HASH_BYTES = 32
_LOG = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the folder of the cache: ``$XDG_CACHE_HOME/touchline/compiled``, by default in ``~/.cache``.

    Raises:
        RuntimeError: the user has no home.

    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return root / "touchline" / "compiled"


def key_of(*parts: str | bytes) -> str:
    """Return the key of what is calculated from some values."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def read_cached(key: str) -> bytes | None:
    """Return an entry; None if there is none, or it is damaged, or it cannot be read."""
    try:
        path = cache_folder() / (key + _SUFFIX)
        content = path.read_bytes()
    except (OSError, RuntimeError):
        return None
    if hashlib.sha256(content[_HASH_BYTES:]).digest() != content[:_HASH_BYTES]:
        _LOG.debug("%s is damaged and is made again", path)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return content[_HASH_BYTES:]


def write_cached(key: str, content: bytes) -> None:
    """Write an entry, if that is possible; the entries that were not used for longest make room for it."""
    try:
        folder = cache_folder()
        make_folder(folder)
        write_bytes_atomic(folder / (key + _SUFFIX), hashlib.sha256(content).digest() + content)
        _make_room(folder)
    except (OSError, RuntimeError, ResourceError) as error:
        _LOG.debug("nothing is cached: %s", error)


def _make_room(folder: Path) -> None:
    entries = []
    for path in folder.glob("*" + _SUFFIX):
        with contextlib.suppress(FileNotFoundError):
            facts = path.stat()
            entries.append((facts.st_mtime_ns, facts.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= LIMIT_BYTES:
            break
        path.unlink(missing_ok=True)
        total -= size
