"""A bucket as a store, through fsspec: S3, Google Cloud Storage, Azure, and whatever else it knows."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from touchline.batch.stores.store import Patience
from touchline.core.errors import InputError, NetworkError, ResourceError, UsageError
from touchline.core.extras import install_line, need

T = TypeVar("T")

_PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}
"""Packages of schemes that the extra does not bring."""
_PRECONDITION = {errno.EINVAL, errno.EEXIST}
"""What a refused conditional write is reported as."""


def open_bucket(address: str) -> tuple[Any, str]:
    """Return the file system of fsspec for an address, and the path in it.

    Raises:
        UsageError: fsspec, or what it needs for such addresses, is not installed; or it knows no such addresses.

    """
    fsspec = need("fsspec", what=f"{address}: reaching it", extra="cloud")
    scheme = address.partition("://")[0].lower()
    try:
        system, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        line = " ".join((install_line("cloud"), *_PACKAGES.get(scheme, "").split()))
        raise UsageError(f"{address}: {scheme}:// needs a package that is missing; run: {line}") from error
    except ValueError as error:
        raise UsageError(
            f"{address}: not an address of a store ({error}); use a folder, s3://, gs:// or az://"
        ) from None
    return system, str(path).rstrip("/")


@contextlib.contextmanager
def reaching(address: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a bucket into errors of this package.

    Raises:
        FileNotFoundError: there is no such object, or no such bucket.
        FileExistsError: there is one.
        ResourceError: the bucket refuses.
        NetworkError: anything else.

    """
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except PermissionError as error:
        raise ResourceError(f"{address}: access refused ({error}); check the credentials and the policy") from error
    except Exception as error:  # broad on purpose: every client has its own errors, and all of them mean the network
        cause = str(error) or type(error).__name__
        raise NetworkError(f"{address}: cannot be reached ({cause}); check network, address and credentials") from error


class CloudStore:
    """A bucket, or a prefix in one, whose objects are reached through fsspec.

    Args:
        address: of the bucket and the prefix.
        patience: how long to try again while it cannot be reached.

    """

    def __init__(self, address: str, *, patience: Patience) -> None:
        self.address = address.rstrip("/")
        self._system, self._root = open_bucket(address)
        self._patience = patience

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None if it does not exist."""
        try:
            return bytes(self._call(lambda: self._system.cat_file(self._path(name))))
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write an object, replacing what has its name."""
        self._write(lambda: self._system.pipe_file(self._path(name), data))

    def create(self, name: str, data: bytes) -> bool:
        """Write an object if there is none of its name; return whether it was written."""
        if self.read(name) is not None:
            return False

        def conditional() -> bool:
            try:
                self._system.pipe_file(self._path(name), data, mode="create")
            except (TypeError, NotImplementedError):  # this store has no conditional write
                self._system.pipe_file(self._path(name), data)
            except OSError as error:
                if isinstance(error, FileExistsError) or error.errno in _PRECONDITION:
                    return False
                raise
            return True

        # After a lost answer the second try finds the object of the first: then it is ours.
        return self._write(conditional) or self.read(name) == data

    def put(self, path: Path, name: str) -> None:
        """Copy a local file into the store."""
        self._write(lambda: self._system.put_file(str(path), self._path(name)))

    def get(self, name: str, path: Path) -> None:
        """Copy an object to a local file, whose folder exists."""
        try:
            self._call(lambda: self._system.get_file(self._path(name), str(path)))
        except FileNotFoundError:
            raise InputError(f"{self.address}/{name}: no such object; check the store") from None

    def names(self, below: str = "") -> Iterator[str]:
        """Yield the names of all objects below a name, in order."""
        try:
            found = self._call(lambda: self._system.find(self._path(below) if below else self._root))
        except FileNotFoundError:
            return
        for path in sorted(found):
            yield str(path).removeprefix(self._root).lstrip("/")

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens if there is none."""
        with contextlib.suppress(FileNotFoundError):
            self._call(lambda: self._system.rm_file(self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _call(self, call: Callable[[], T]) -> T:
        def reached() -> T:
            with reaching(self.address):
                return call()

        return self._patience.keep_trying(reached)

    def _write(self, call: Callable[[], T]) -> T:
        try:
            return self._call(call)
        except FileNotFoundError:
            raise InputError(f"{self.address}: no such bucket; create it, or correct the address") from None
