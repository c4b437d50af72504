"""NumPy's ``.npz`` archives, written reproducibly and read with user-facing errors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from touchline.core.errors import InputError

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return a NumPy ``.npz`` archive whose bytes depend on the arrays only, not on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()


def read_arrays(path: Path, *names: str, what: str, remedy: str) -> tuple[np.ndarray, ...]:
    """Read arrays of an archive by name.

    Args:
        path: the ``.npz`` archive.
        names: names of the arrays.
        what: description of the arrays, for messages.
        remedy: what to do about an unusable archive, the end of the message.

    Raises:
        InputError: the archive is missing or damaged, or lacks one of the arrays.

    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return tuple(arrays[name] for name in names)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: no readable {what} ({error}); {remedy}") from error
