"""The last net under every reader of files: what a malformed file raises inside a parser becomes an InputError.

Readers check what they can name first. :func:`reading` surrounds the parsing alone, never what is done with the values,
so that a mistake in touchline itself still surfaces as one.
"""

from __future__ import annotations

import contextlib
import csv
import os
import pickle
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from touchline.core.errors import InputError, TouchlineError, UsageError

MALFORMED: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    NotImplementedError,
    MemoryError,
    EOFError,
    SyntaxError,
    csv.Error,
    pickle.PickleError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)
"""What parsers raise for malformed files; NotImplementedError is zipfile's for unknown compression."""

MALFORMED_WEIGHTS: tuple[type[Exception], ...] = (*MALFORMED, OSError, RuntimeError)
"""What torch and safetensors raise for malformed files of weights, besides their own errors."""

MAX_FILE_BYTES = 1 << 30
"""Largest file that is read whole, bytes; a million events take about 150 MB."""

_LONGEST_CAUSE = 200

_Source = TypeVar("_Source", bound=Path | str)
_More = ParamSpec("_More")
_Value = TypeVar("_Value")


@contextlib.contextmanager
def reading(
    source: Path | str,
    *,
    what: str,
    remedy: str = "",
    also: tuple[type[Exception], ...] = (),
    refusal: str = "",
) -> Iterator[None]:
    """Convert what a malformed file raises in a parser to an InputError that names the file.

    Args:
        source: the file, for the message.
        what: what it should be, for the message: ``"an index of clips"``.
        remedy: what to do about it, the end of the message.
        also: further exceptions of a third-party parser.
        refusal: what is wrong, in place of "not ``what``, or damaged".

    Raises:
        InputError: the file cannot be read, or is not ``what``.

    """
    refusal = refusal or f"not {what}, or damaged"
    end = f"; {remedy}" if remedy else ""
    try:
        yield
    except TouchlineError:
        raise
    except OSError as error:
        if error.strerror:
            raise InputError(f"{source}: cannot be read ({error.strerror}){end or '; check the path'}") from error
        raise InputError(f"{source}: {refusal} ({cause_of(error)}){end}") from error
    except (*MALFORMED, *also) as error:
        raise InputError(f"{source}: {refusal} ({cause_of(error)}){end}") from error


def guarded(
    what: str, *, remedy: str = "", also: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[Concatenate[_Source, _More], _Value]], Callable[Concatenate[_Source, _More], _Value]]:
    """Return a decorator that puts a reader, whose first argument is its file or folder, under :func:`reading`."""

    def decorate(
        reader: Callable[Concatenate[_Source, _More], _Value],
    ) -> Callable[Concatenate[_Source, _More], _Value]:
        @wraps(reader)
        def guarded_reader(source: _Source, /, *args: _More.args, **options: _More.kwargs) -> _Value:
            with reading(source, what=what, remedy=remedy, also=also):
                return reader(source, *args, **options)

        return guarded_reader

    return decorate


def cause_of(error: BaseException) -> str:
    """Return an error in a few words on one line, without control characters."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, KeyError) and error.args:
        return f"{error.args[0]!r:.{_LONGEST_CAUSE}} is missing"
    if isinstance(error, ValueError) and "set_int_max_str_digits" in str(error):
        return "a number of too many digits"
    words = " ".join("".join(char if char.isprintable() else " " for char in str(error)).split())
    return words[:_LONGEST_CAUSE] or type(error).__name__


def read_regular(path: Path, *, max_bytes: int = MAX_FILE_BYTES, expected: str = "") -> bytes:
    """Read the bytes of a regular file.

    Args:
        path: the file.
        max_bytes: largest size that is read.
        expected: what to give instead of a folder or a pipe, which is then a wrong usage.

    Raises:
        UsageError: the path is a folder, a pipe or a device.
        InputError: missing, unreadable or too large.

    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            if expected:
                raise UsageError(f"{path}: not a file; give {expected}")
            raise InputError(f"{path}: cannot be read (a folder or a device); check the path")
        check_size(status.st_size, source=str(path), max_bytes=max_bytes)
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except ValueError as error:  # a NUL in the path
        raise InputError(f"{str(path)!r}: not a path ({error})") from error


def check_size(size: int, *, source: str, max_bytes: int = MAX_FILE_BYTES) -> None:
    """Raise an error for more than ``max_bytes``.

    Raises:
        InputError: it is larger.

    """
    if size > max_bytes:
        raise InputError(f"{source}: {size:,} bytes exceed the limit of {max_bytes:,} for one file; split it")


def unpacked(data: bytes, *, source: str, max_bytes: int) -> bytes:
    """Unpack gzip data of one or several members.

    Raises:
        InputError: damaged, cut off, or more than ``max_bytes`` once unpacked.

    """
    found = bytearray()
    with reading(source, what="gzip", remedy="download it again", refusal="a damaged gzip file"):
        while data:
            member = zlib.decompressobj(wbits=31)
            found += member.decompress(data, max_bytes + 1 - len(found))
            if len(found) > max_bytes:
                raise InputError(f"{source}: unpacks to more than {max_bytes:,} bytes, the limit for this kind of file")
            if not member.eof:
                raise EOFError("it is cut off")
            data = member.unused_data.lstrip(b"\0")
    return bytes(found)
