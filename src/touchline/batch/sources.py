"""The videos of matches, wherever they lie: what identifies their content, and reading them piece by piece."""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from touchline.batch.stores.opening import is_remote, local_path
from touchline.batch.stores.store import Patience
from touchline.core.errors import InputError

T = TypeVar("T")

_ETAGS = ("ETag", "etag", "e_tag", "md5Hash", "content_md5", "generation")
"""Names that stores give to what changes with the content."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What identifies the content of a video.

    Attributes:
        size: bytes.
        etag: changes with the content: the store's tag, or of a local file the fingerprint.

    """

    size: int
    etag: str


def facts_of(uri: str, *, patience: Patience | None = None) -> Facts:
    """Return what identifies the content of a video now.

    Raises:
        InputError: there is no such file.
        NetworkError: its store cannot be reached.

    """
    if not is_remote(uri):
        return _local_facts(local_path(uri))
    system, path = _bucket(uri)

    def ask() -> Facts:
        info = system.info(path)
        return Facts(int(info["size"]), _etag(info))

    return _call(uri, ask, patience)


def listing(prefix: str, *, endings: frozenset[str], patience: Patience | None = None) -> Iterator[tuple[str, Facts]]:
    """Yield the videos below a folder or prefix, in order of their names.

    Raises:
        InputError: there is no such folder.
        NetworkError: its store cannot be reached.

    """
    if not is_remote(prefix):
        root = local_path(prefix).absolute()
        for path in sorted(root.rglob("*")):
            if path.suffix.lower() in endings and path.is_file():
                yield str(path), _local_facts(path)
        return
    system, root_path = _bucket(prefix)
    found: dict[str, Any] = _call(prefix, lambda: system.find(root_path, detail=True), patience)
    scheme = prefix.partition("://")[0]
    for name in sorted(found):
        if posixpath.splitext(name)[1].lower() in endings:
            yield f"{scheme}://{name.lstrip('/')}", Facts(int(found[name]["size"]), _etag(found[name]))


def read_range(uri: str, start: int, end: int, *, patience: Patience | None = None) -> bytes:
    """Return bytes ``start`` to ``end`` of a remote video."""
    system, path = _bucket(uri)
    return bytes(_call(uri, lambda: system.cat_file(path, start=start, end=end), patience))


def read_whole(uri: str, *, patience: Patience | None = None) -> bytes:
    """Return the content of a small remote file, such as a manifest."""
    system, path = _bucket(uri)
    return bytes(_call(uri, lambda: system.cat_file(path), patience))


def _local_facts(path: Path) -> Facts:
    from touchline.formats.bundle import video_fingerprint

    fingerprint = video_fingerprint(path)
    return Facts(path.stat().st_size, f"sha256:{fingerprint}")


@functools.lru_cache(maxsize=64)
def _system(root: str) -> Any:
    from touchline.batch.stores.cloud import open_bucket

    return open_bucket(root)[0]


def _bucket(uri: str) -> tuple[Any, str]:
    scheme, _, rest = uri.partition("://")
    system = _system(f"{scheme}://{rest.split('/', 1)[0]}")
    return system, system._strip_protocol(uri)


def _etag(info: dict[str, Any]) -> str:
    """Return what a store says about the content; its time and size where it has no tag."""
    found = next((info[name] for name in _ETAGS if info.get(name)), None)
    if found is None:
        found = next((info[name] for name in ("LastModified", "mtime", "created") if info.get(name)), "")
    if isinstance(found, datetime):  # some stores give it as a number in lists
        found = found.timestamp()
    return str(found).strip('"')


def _call(uri: str, call: Callable[[], T], patience: Patience | None) -> T:
    from touchline.batch.stores.cloud import reaching

    def reached() -> T:
        with reaching(uri):
            return call()

    try:
        return (patience or Patience()).keep_trying(reached)
    except FileNotFoundError:
        raise InputError(f"{uri}: no such file; check the address") from None
