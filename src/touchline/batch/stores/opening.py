"""Opening a store by its address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from touchline.batch.stores.store import Patience

if TYPE_CHECKING:
    from touchline.batch.stores.store import Store

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")


def is_remote(address: str) -> bool:
    """Return whether an address is that of an object store, not of a local file or folder."""
    found = _SCHEME.match(address)
    return found is not None and found[1].lower() != "file"


def local_path(address: str) -> Path:
    """Return the path that a local address names, plain or as ``file://``."""
    return Path(unquote(urlsplit(address).path)) if _SCHEME.match(address) else Path(address)


def open_store(address: str, *, patience: Patience | None = None) -> Store:
    """Open a store; nothing is read or written yet.

    Args:
        address: a folder, or ``s3://``, ``gs://``, ``az://`` or another address that fsspec knows.
        patience: how long to try again while it cannot be reached.

    Raises:
        UsageError: the package that reaches such addresses is not installed, or there is none.

    """
    if is_remote(address):
        from touchline.batch.stores.cloud import CloudStore

        return CloudStore(address, patience=patience or Patience())
    from touchline.batch.stores.local import LocalStore

    return LocalStore(local_path(address).absolute())
