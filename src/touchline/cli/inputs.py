"""Several inputs of one command line: one that fails is reported, and the work goes on with the others."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Sequence
from typing import Any

from touchline.cli.common import Output, describe, one_line
from touchline.cli.interrupts import Interrupts
from touchline.core.errors import EXIT_BUG, EXIT_DEGRADED, EXIT_INPUT, EXIT_OK

_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT}


class Inputs:
    """The inputs of a command line, taken in turn.

    Example::

        inputs = Inputs("videos", output=output)
        for video in videos:
            with inputs.one(video, type="error", video=str(video)):
                result = analyze(video)
                inputs.done(EXIT_DEGRADED if result.degraded else EXIT_OK)
        return inputs.finish()

    """

    def __init__(self, kind: str, *, output: Output) -> None:
        """Begin.

        Args:
            kind: what the inputs are, in the plural, such as ``"videos"``.
            output: where errors go.

        """
        self._kind, self._output = kind, output
        self._codes: list[int] = []
        self._failures: list[str] = []

    @property
    def failed(self) -> int:
        """How many inputs failed so far."""
        return len(self._failures)

    @contextlib.contextmanager
    def one(self, name: object, **fields: Any) -> Iterator[None]:
        """Work on one input; an error is reported and ends this input only.

        Args:
            name: of the input, for people.
            fields: of the record of an error under ``--json``.

        Raises:
            KeyboardInterrupt: the run was interrupted, even where a library turned that into another error.
            OSError: the reader of the output has gone, or the disk is full: the others would fail as well.

        """
        Interrupts.check()
        before = len(self._codes)
        try:
            yield
        except Exception as error:  # broad on purpose: a bug met in one input must not cost the results of the others
            Interrupts.check()
            if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno in _DISK_IS_FULL):
                raise
            self._codes[before:] = [self._output.error(error, **fields)]
            words = describe(error)
            self._failures.append(words if words.startswith(str(name)) else f"{name}: {words}")
        else:
            if len(self._codes) == before:
                self._codes.append(EXIT_OK)

    @contextlib.contextmanager
    def again(self, name: object, **fields: Any) -> Iterator[None]:
        """Go on with an input that was taken before without an error; arguments and errors as for :meth:`one`."""
        with self.one(name, **fields):
            yield
        code = self._codes.pop()
        if code != EXIT_OK:
            if EXIT_OK in self._codes:
                self._codes.remove(EXIT_OK)
            self._codes.append(code)

    def done(self, code: int) -> None:
        """Set the exit code of the current input, if it is not 0."""
        self._codes.append(code)

    def finish(self) -> int:
        """List the failed inputs if there were several; return the exit code of all."""
        if self._failures and len(self._codes) > 1:
            self._output.note(f"touchline: {self.failed} of {len(self._codes)} {self._kind} failed:")
            for failure in self._failures:
                self._output.note(f"touchline:   {one_line(failure)}")
        return batch_code(self._codes)

    def finish_with(self, *, usable: bool, complete: bool) -> int:
        """As :meth:`finish`, for inputs that make one result together.

        Args:
            usable: there is a result.
            complete: nothing was lost besides the inputs that failed.

        """
        code = self.finish()
        if not usable:
            return code if code == EXIT_BUG else EXIT_INPUT
        return EXIT_OK if complete and not self._failures else EXIT_DEGRADED


def batch_code(codes: Sequence[int]) -> int:
    """The exit code of several inputs: their own if they agree, else 4."""
    return codes[0] if len(set(codes)) == 1 else EXIT_DEGRADED
