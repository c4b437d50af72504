"""The errors touchline raises on purpose, each with the exit code the command line gives it."""

from __future__ import annotations


class TouchlineError(Exception):
    """An error with a cause a user can act on; ``exit_code`` is what the command line returns for it."""

    exit_code = 1


class UsageError(TouchlineError):
    """The request itself is wrong: an unknown option value, a folder given where a video belongs."""

    exit_code = 2


class InputError(TouchlineError):
    """An input cannot be used: empty, not a video, a checkpoint with other keys."""

    exit_code = 3


class ResourceError(TouchlineError):
    """The machine ran out: memory, disk, a device, a folder that cannot be written."""

    exit_code = 5


class NetworkError(TouchlineError):
    """Something asked for on a network could not be had."""

    exit_code = 6


EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_DEGRADED = 4
EXIT_RESOURCES = 5
EXIT_NETWORK = 6
EXIT_INTERRUPTED = 130
