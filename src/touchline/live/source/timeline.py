"""One timeline over a stream's connections: its clock restarts with each, and may jump within one."""

from __future__ import annotations

from collections.abc import Callable

STEP_MS = 40
"""From one packet to the next where nothing better is known."""
BACK_MS = 1_000
"""A packet's time that goes back by more than this is a jump of the source's clock; less is left to repair."""
AHEAD_MS = 10_000
"""A packet's time that runs ahead of this machine's clock by more than this is a jump; less comes with bursts."""

REWIND_MS = 120_000
"""A playlist that is opened again repeats at most this much."""


class StreamTimeline:
    """Places the packets of a stream on a timeline in milliseconds that starts at 0 and never goes back.

    While the source's clock runs on, it is followed. Where it restarts or jumps, this machine's clock says how much
    time has passed, so that a gap keeps its length.

    Args:
        clock: seconds on a clock that never goes back.
        rewinds: whether a new connection repeats what came last, on the same clock, as a playlist's does.

    Attributes:
        jumps: how often the source's clock jumped within a connection.
        behind: whether the latest packet lies before others of an earlier connection: it was seen already.

    """

    def __init__(self, clock: Callable[[], float], *, rewinds: bool = False) -> None:
        self._clock, self._rewinds = clock, rewinds
        self._offset_ms: int | None = None
        self._last_ms = 0
        self._last_s = 0.0
        self._renewed = False
        self.jumps = 0
        self.behind = False

    def reconnected(self) -> None:
        """A new connection begins: its first packet may be on another clock."""
        self._renewed = True

    def place(self, pts_ms: int | None, dts_ms: int | None) -> tuple[int | None, int | None]:
        """Return a packet's presentation and decoding time on the timeline."""
        known = [time for time in (dts_ms, pts_ms) if time is not None]
        if not known:
            return None, None
        now_s, reference = self._clock(), known[0]
        if self._offset_ms is None:
            self._offset_ms = -min(known)
        else:
            self._follow(reference, passed_ms=round((now_s - self._last_s) * 1000))
        self._renewed = False
        self.behind = self.behind and reference + self._offset_ms <= self._last_ms
        self._last_ms = max(self._last_ms, reference + self._offset_ms)
        self._last_s = now_s
        offset = self._offset_ms
        return (None if pts_ms is None else pts_ms + offset), (None if dts_ms is None else dts_ms + offset)

    def beside(self, time_ms: int | None) -> int | None:
        """Return the time on the timeline of a packet of sound, which shares the video's clock."""
        return None if time_ms is None or self._offset_ms is None else max(0, time_ms + self._offset_ms)

    def _follow(self, reference_ms: int, *, passed_ms: int) -> None:
        """Set a new offset if the source's clock has restarted or jumped."""
        assert self._offset_ms is not None
        ahead_ms = reference_ms + self._offset_ms - self._last_ms
        least_ms = 0 if self._renewed else -BACK_MS
        if self._rewinds and self._renewed and -REWIND_MS <= ahead_ms <= 0:
            self.behind = True
        if self.behind or least_ms <= ahead_ms <= passed_ms + AHEAD_MS:
            return
        self.jumps += not self._renewed
        self._offset_ms += max(passed_ms, STEP_MS) - ahead_ms


class Backoff:
    """Waiting times between attempts to reconnect: 1, 2, 4 and so on up to 30 s, each a little longer or shorter.

    Args:
        random: returns a number from 0 to 1.

    """

    FIRST_S, LAST_S, JITTER = 1.0, 30.0, 0.25

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._next_s = self.FIRST_S

    def next_s(self) -> float:
        """Return how long to wait before the next attempt."""
        wait_s = self._next_s
        self._next_s = min(self.LAST_S, 2 * wait_s)
        return wait_s * (1 + self.JITTER * (2 * self._random() - 1))

    def reset(self) -> None:
        """Start anew: pictures came."""
        self._next_s = self.FIRST_S
