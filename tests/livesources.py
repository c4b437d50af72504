"""Sources of live pictures for tests: made pictures without a wait, and connections that are local files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer

from touchline.core.events import Coverage
from touchline.live.source.connection import ConnectionLostError, Patience
from touchline.live.source.pictures import Picture


class FakeClock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class MadeSource:
    """Pictures (n, h, w) at given times; ``before`` is called with the number of each before it is given."""

    shown = "made"
    info = None

    def __init__(
        self,
        pictures: np.ndarray,
        times_us: Sequence[int],
        *,
        waits: bool = True,
        before: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.made, self.times_us, self.waits, self.before = pictures, times_us, waits, before
        self.stopped = False
        self.given = 0

    def pictures(self) -> Iterator[Picture]:
        for number, (picture, time_us) in enumerate(zip(self.made, self.times_us, strict=True)):
            self.before(number)
            if self.stopped:
                return
            self.given += 1
            yield Picture(time_us, lambda picture=picture: picture)  # type: ignore[misc]

    def coverage(self) -> Coverage:
        end_us = self.times_us[self.given - 1] if self.given else 0
        return Coverage(end_us, self.given)

    def stop(self) -> None:
        self.stopped = True


class Connections:
    """Opens one thing after another: a file, or an error with its reason; refused when none is left.

    Each attempt takes ``takes_s`` on the clock; a stop that waits moves the clock too.
    """

    def __init__(self, clock: FakeClock, *things: Path | str, takes_s: float = 0.0) -> None:
        self.clock, self.things, self.takes_s = clock, list(things), takes_s
        self.attempts = 0

    def __call__(self, address: Any, *, patience: Patience) -> InputContainer:
        del address, patience
        self.attempts += 1
        self.clock.now += self.takes_s
        thing = self.things.pop(0) if self.things else "refused"
        if isinstance(thing, str):
            raise ConnectionLostError(thing)
        return av.open(str(thing))


class Skipping:
    """An event whose waiting moves a clock instead of taking time."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.on = clock, False

    def wait(self, timeout: float = 0.0) -> bool:
        self.clock.now += timeout
        return self.on

    def is_set(self) -> bool:
        return self.on

    def set(self) -> None:
        self.on = True
