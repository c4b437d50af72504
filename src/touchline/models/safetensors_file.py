"""Opening of safetensors files, with uniform errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import SafetensorError, safe_open

from touchline.core.errors import InputError
from touchline.formats.files.guard import MALFORMED_WEIGHTS, cause_of

SUFFIX = ".safetensors"
_COUNTERS = ("running_mean", "running_var", "num_batches_tracked")
"""What batch normalisation has counted; it is stored beside the weights, and is not learned."""


@contextmanager
def open_safetensors(
    path: Path | str,
    *,
    framework: Literal["pt", "np"] = "pt",
    refusal: str = "not a safetensors file, or damaged",
    advice: str = "",
) -> Iterator[Any]:
    """Open a safetensors file for reading.

    Args:
        path: the file.
        framework: ``"pt"`` reads torch tensors, ``"np"`` NumPy arrays.
        refusal: start of the error message for a file that cannot be read.
        advice: what the user can do about it, appended to the message.

    Raises:
        InputError: the file is missing or damaged.

    """
    try:
        with safe_open(str(path), framework=framework) as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: {refusal} ({cause_of(error)}){'; ' if advice else ''}{advice}") from error


def tensors_of(file: Any) -> dict[str, Any]:
    """Return every tensor of an opened file, by name; errors become those of :func:`open_safetensors`."""
    try:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except MALFORMED_WEIGHTS as error:
        raise SafetensorError(f"a tensor cannot be read: {cause_of(error)}") from error


def weights_of(path: Path | str) -> int:
    """Return how many weights a file holds, less the counters of batch normalisation, after reading all of them.

    Raises:
        InputError: the file is missing or damaged, or holds numbers that are not finite.

    """
    with open_safetensors(path, framework="np") as file:
        tensors = tensors_of(file)
    broken = [name for name, values in tensors.items() if values.dtype.kind == "f" and not np.isfinite(values).all()]
    if broken:
        raise InputError(f"{path}: weights are not finite: {broken[0]}")
    return sum(values.size for name, values in tensors.items() if not name.endswith(_COUNTERS))
