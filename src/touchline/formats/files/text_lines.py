"""Text files line by line, with messages that name the line."""

from __future__ import annotations

import math
import re
from pathlib import Path

from touchline.core.errors import InputError
from touchline.formats.files.guard import read_regular

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_data(path: Path) -> bytes:
    """Read the bytes of a regular file; see :func:`touchline.formats.files.guard.read_regular`."""
    return read_regular(path)


def decode_text(data: bytes, *, path: Path) -> str:
    """Decode a UTF-8 text, with or without a byte order mark, with line feeds as line ends.

    Raises:
        InputError: the bytes are not UTF-8; the message names the line.

    """
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"byte {data[error.start]:#04x} is not UTF-8 text"
        raise InputError(f"{path}: line {line}: {what}; is this the right file? Save it as UTF-8") from None


def read_text(path: Path) -> str:
    """Read a UTF-8 file; see :func:`read_data` and :func:`decode_text`."""
    return decode_text(read_data(path), path=path)


def parse_number(text: str) -> float:
    """Parse a number such as ``"12"``, ``"-3.5"`` or ``"1e3"``; return NaN for any other text."""
    text = text.strip(" \t")
    return float(text) if _NUMBER.fullmatch(text) else math.nan
