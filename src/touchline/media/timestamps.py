"""Timestamp repair: strictly increasing microseconds from the first shown frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Payload = TypeVar("Payload")

MISSING = "without a timestamp"
BACKWARD = "with a repeated or backward timestamp"
AHEAD = "with a timestamp after the next frame's"
JUMP = "after a jump of the source's clock"

_JUMP_BACK_US = 1_000_000
_JUMP_AHEAD_US = 3_600_000_000


class Retimer(Generic[Payload]):
    """A repairer of the timestamps of a stream of frames that holds one frame back to look ahead.

    Good times pass unchanged. A missing, repeated or backward one is placed one step after the frame before, or between
    its neighbours if a step does not fit. A lasting jump (a second or more back, an hour or more ahead: a source that
    restarted its clock) shifts all later times.
    """

    def __init__(self, *, step_us: int, after_us: int | None = None) -> None:
        """Start a stream.

        Args:
            step_us: usual time from one frame to the next, >= 1.
            after_us: the first time must come after this; None leaves the first good time unchanged.

        """
        if step_us < 1:
            raise ValueError(f"step_us={step_us} must be at least 1")
        self.repairs: Counter[str] = Counter()
        self._step_us = step_us
        self._last_us = after_us
        self._shift_us = 0
        self._held: list[tuple[int | None, Payload]] = []

    def push(self, raw_us: int | None, payload: Payload) -> Iterator[tuple[int, Payload]]:
        """Take the next frame with its raw time; yield the frames settled by it."""
        self._held.append((raw_us, payload))
        if len(self._held) == 2:
            yield self._settle(self._shifted(raw_us))

    def flush(self) -> Iterator[tuple[int, Payload]]:
        """Yield the frame still held back."""
        if self._held:
            yield self._settle(None)

    def _shifted(self, raw_us: int | None) -> int | None:
        """Return a raw time on the repaired clock."""
        return None if raw_us is None else raw_us + self._shift_us

    def _settle(self, next_us: int | None) -> tuple[int, Payload]:
        """Decide the time of the oldest held frame, given that of the next."""
        raw_us, payload = self._held.pop(0)
        time_us = self._shifted(raw_us)
        last_us = self._last_us
        if last_us is None:
            settled = self._first(time_us, next_us)
        elif time_us is None:
            settled = self._between(next_us, MISSING)
        elif time_us <= last_us:
            settled = self._backward(time_us, next_us)
        elif next_us is not None and last_us < next_us < time_us:
            settled = self._between(next_us, AHEAD)
        elif time_us - last_us >= _JUMP_AHEAD_US:
            settled = self._jump(time_us)
        else:
            settled = time_us
        self._last_us = settled
        return settled, payload

    def _first(self, time_us: int | None, next_us: int | None) -> int:
        """Return the time of the very first frame: its own, or one step before the next."""
        if time_us is not None:
            return time_us
        self.repairs[MISSING] += 1
        return max(0, next_us - self._step_us) if next_us is not None else 0

    def _backward(self, time_us: int, next_us: int | None) -> int:
        """Repair a time that does not come after the last; a lasting jump shifts the clock."""
        assert self._last_us is not None
        lasting = next_us is None or next_us <= self._last_us
        if lasting and self._last_us - time_us >= _JUMP_BACK_US:
            return self._jump(time_us)
        return self._between(next_us, BACKWARD)

    def _jump(self, time_us: int) -> int:
        """Shift the clock so that this time comes one step after the last."""
        assert self._last_us is not None
        settled = self._last_us + self._step_us
        self._shift_us += settled - time_us
        self.repairs[JUMP] += 1
        return settled

    def _between(self, next_us: int | None, kind: str) -> int:
        """Return one step after the last time, or halfway to the next time if that is nearer."""
        assert self._last_us is not None
        self.repairs[kind] += 1
        step_us = self._step_us
        if next_us is not None and self._last_us < next_us <= self._last_us + step_us:
            step_us = max(1, (next_us - self._last_us) // 2)
        return self._last_us + step_us


def repair_times(raw_us: Iterable[int | None], *, step_us: int) -> list[int]:
    """Return the repaired times of a whole stream; see :class:`Retimer`."""
    retimer: Retimer[None] = Retimer(step_us=step_us)
    times = [time for raw in raw_us for time, _ in retimer.push(raw, None)]
    return times + [time for time, _ in retimer.flush()]
