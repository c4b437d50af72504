"""Exceptions for user-facing errors, each with the exit code that the command line returns for it."""

from __future__ import annotations

from touchline.core.wording import without_unsafe_advice


class TouchlineError(Exception):
    """An error whose cause the user can act on; ``exit_code`` is the exit code of the command line."""

    exit_code = 1

    def __str__(self) -> str:
        """Return the message, without what a library may have said about loading files unsafely."""
        return without_unsafe_advice(super().__str__())


class UsageError(TouchlineError):
    """An invalid request: an unknown option value, or a folder where a video is expected."""

    exit_code = 2


class InputError(TouchlineError):
    """An unusable input: an empty file, a file that is not a video, or a checkpoint with unexpected keys."""

    exit_code = 3


class ResourceError(TouchlineError):
    """A resource problem: out of memory or disk space, no such device, or a folder that is not writable."""

    exit_code = 5


class NetworkError(TouchlineError):
    """A failed network request."""

    exit_code = 6


EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_DEGRADED = 4
EXIT_RESOURCES = 5
EXIT_NETWORK = 6
EXIT_STOPPED = 75
EXIT_INTERRUPTED = 130
