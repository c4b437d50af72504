"""A decorator for functions that read media: their calls run in a child process."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from touchline.media.isolation.calls import call_apart
from touchline.media.isolation.switch import works_apart

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T]) -> Callable[P, T]:
    """Make the calls of a function run in a child process, where media are read apart.

    Args:
        function: one at the top of a module. Its first argument is the file, or has it as ``path`` or ``info.path``;
            its annotations say what may go over and come back; ``progress`` is called in the calling process.

    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        if not works_apart():
            return function(*args, **kwargs)
        arguments = signature.bind(*args, **kwargs).arguments
        return call_apart(called, name=_file_of(next(iter(arguments.values()))), **arguments)

    return called


def _file_of(subject: Any) -> str:
    """Return the name of the file that a function's first argument stands for."""
    if isinstance(subject, str | Path):
        return str(subject)
    return str(getattr(subject, "info", subject).path)
