"""PyTorch checkpoints as they were before PyTorch 1.6: pickles one after the other, then the numbers of every tensor.

Many published weights, torchvision's Kinetics networks among them, still lie in such files. Nothing is run here: the
pickles are cut out, so that every instruction of theirs can be looked at.
"""

from __future__ import annotations

import pickletools
from pathlib import Path
from typing import BinaryIO

from touchline.core.errors import InputError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
"""What the first pickle of such a file holds."""

PICKLES = 5
"""The magic number, the version, facts of the system, the content, and the keys of the tensors' numbers."""


def is_legacy_checkpoint(path: Path) -> bool:
    """Whether a file begins as such a checkpoint does."""
    with path.open("rb") as file:
        try:
            first = [argument for _, argument, _ in pickletools.genops(file)]
        except (ValueError, IndexError, UnicodeDecodeError):
            return False
    return MAGIC_NUMBER in first


def legacy_pickles(path: Path, *, max_bytes: int) -> list[bytes]:
    """The five pickles of a checkpoint, none of them run.

    Args:
        path: a file of which :func:`is_legacy_checkpoint` holds.
        max_bytes: how long they may be together.

    Raises:
        InputError: truncated, damaged, or longer.

    """
    with path.open("rb") as file:
        pickles = [_next_pickle(file, path=path) for _ in range(PICKLES)]
    total = sum(len(pickled) for pickled in pickles)
    if total > max_bytes:
        raise InputError(f"{path}: refused: its pickles are {total} bytes long, weights need less than {max_bytes}")
    return pickles


def _next_pickle(file: BinaryIO, *, path: Path) -> bytes:
    start = file.tell()
    try:
        for _ in pickletools.genops(file):
            pass
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a PyTorch checkpoint, or truncated at byte {start}: {error}") from error
    end = file.tell()
    file.seek(start)
    return file.read(end - start)
