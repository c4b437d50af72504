"""Reading of checkpoints from before PyTorch 1.6: consecutive pickles, followed by the data of every tensor.

Many published weights, such as torchvision's Kinetics networks, are still in this format. Nothing is executed here: the
pickles are only extracted, so that each of their instructions can be checked.
"""

from __future__ import annotations

import pickletools
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from touchline.core.errors import InputError
from touchline.formats.files.guard import MALFORMED, cause_of

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""Content of the first pickle of such a file."""

_START = 64
"""Bytes in which the first pickle ends."""

PICKLES = 5
"""Number of pickles: magic number, version, system information, content, and keys of the tensors' data."""


def is_legacy_checkpoint(path: Path) -> bool:
    """Return whether a file starts like such a checkpoint."""
    with path.open("rb") as file:
        try:
            start = islice(pickletools.genops(file.read(_START)), 3)
            return MAGIC_NUMBER in [argument for _, argument, _ in start]
        except MALFORMED:
            return False


def legacy_pickles(path: Path, *, max_bytes: int) -> list[bytes]:
    """Extract the five pickles of a checkpoint without executing any.

    Args:
        path: a file for which :func:`is_legacy_checkpoint` is true.
        max_bytes: maximum total length of the pickles.

    Raises:
        InputError: the file is truncated or damaged, or the pickles are too long.

    """
    with path.open("rb") as file:
        pickles = [_next_pickle(file, path=path, max_bytes=max_bytes) for _ in range(PICKLES)]
    total = sum(len(pickled) for pickled in pickles)
    if total > max_bytes:
        raise InputError(f"{path}: refused: its pickles are {total} bytes long, weights need at most {max_bytes}")
    return pickles


def _next_pickle(file: BinaryIO, *, path: Path, max_bytes: int) -> bytes:
    start = file.tell()
    try:
        for _ in pickletools.genops(file):
            if file.tell() - start > max_bytes:
                break
    except MALFORMED as error:
        raise InputError(
            f"{path}: not a PyTorch checkpoint, or truncated at byte {start}: {cause_of(error)}"
        ) from error
    end = file.tell()
    file.seek(start)
    return file.read(end - start)
