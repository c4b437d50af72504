"""Opening of safetensors files, with uniform errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from touchline.core.errors import InputError
from touchline.formats.files.guard import MALFORMED_WEIGHTS, cause_of

SUFFIX = ".safetensors"


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
