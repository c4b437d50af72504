"""touchline's own file of scores, ``scores.npz`` of a bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from touchline.core.events import Scores
from touchline.formats.files.guard import reading
from touchline.formats.files.npz import npz_bytes, read_arrays

ARRAYS = ("values", "times_us", "labels")


def scores_bytes(scores: Scores) -> bytes:
    """Return the content of the file; equal scores give equal bytes."""
    labels = np.array(scores.labels, dtype=np.str_)
    return npz_bytes({"values": scores.values, "times_us": scores.times_us, "labels": labels})


def read_own_scores(path: Path, *, remedy: str) -> Scores:
    """Read the scores of a file.

    Args:
        path: the file.
        remedy: what to do about an unusable file, the end of the message.

    Raises:
        InputError: the file is missing or broken.

    """
    values, times_us, labels = read_arrays(path, *ARRAYS, what="scores", remedy=remedy)
    with reading(path, what="scores", remedy=remedy):
        if (values.dtype.kind, times_us.dtype.kind, labels.dtype.kind) != ("f", "i", "U") or labels.ndim != 1:
            raise ValueError(f"arrays of {values.dtype}, {times_us.dtype} and {labels.dtype}")
        if not np.isfinite(values).all():
            raise ValueError("values that are not finite")
        return Scores(values=values, times_us=times_us, labels=tuple(map(str, labels)))
