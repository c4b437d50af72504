"""What went into a decoder and what came out: the book from which coverage is written."""

from __future__ import annotations

import heapq
from collections import Counter

from touchline.clock import US_PER_S
from touchline.types import Coverage, Gap

_HOLE_US = US_PER_S // 2
_STEADY_FRAMES = 25
_REORDER_FRAMES = 32
"""A damaged packet may cost a frame shown up to this many frames later."""


class Ledger:
    """Books packets and shown frames in the order of decoding, and finds the spans that were lost.

    A span is lost where packets went in and no frame came out, so that the picture stood still for more than one and
    a half steps; where the file itself has no packets for half a second of an otherwise steady stream; and where the
    stream ends before the file said it would.
    """

    def __init__(self, *, step_us: int, from_us: int = 0) -> None:
        self.packets_skipped = 0
        self.frames = 0
        self.repairs: Counter[str] = Counter()
        self.remarks: list[str] = []
        self._step_us = step_us
        self._from_us = from_us
        self._waiting: list[int] = []
        self._damage = ""
        self._damage_age = 0
        self._gaps: list[Gap] = []
        self._last_us: int | None = None
        self._uneven = 0

    @property
    def end_us(self) -> int:
        """Where the last shown frame ends; the start of reading before there is one."""
        return self._from_us if self._last_us is None else self._last_us + self._step_us

    def packet_in(self, raw_us: int | None) -> None:
        """A packet that must show a frame at ``raw_us`` goes into the decoder."""
        if raw_us is not None and raw_us >= self._from_us:
            heapq.heappush(self._waiting, raw_us)

    def packet_failed(self, reason: str) -> None:
        """A packet was refused by the demuxer or the decoder."""
        self.packets_skipped += 1
        self._damage = reason
        self._damage_age = 0

    def frame_out(self, raw_us: int | None) -> str:
        """The decoder gave a frame; every packet before its time will stay without one.

        Returns:
            why frames before this one were lost, should there be a hole; empty where nothing was.

        """
        lost_packets = 0
        while raw_us is not None and self._waiting and self._waiting[0] <= raw_us:
            lost_packets += heapq.heappop(self._waiting) < raw_us
        self._damage_age += 1
        if self._damage_age > _REORDER_FRAMES:
            self._damage = ""
        return self._damage or ("frames could not be decoded" if lost_packets else "")

    def shown(self, time_us: int, *, loss: str = "") -> None:
        """A frame is shown at its mended time; ``loss`` is what :meth:`frame_out` said of it."""
        if self._last_us is not None:
            self._weigh(time_us, loss)
        self.frames += 1
        self._last_us = time_us

    def _weigh(self, time_us: int, loss: str) -> None:
        """Decide whether the pause before a frame is a loss."""
        pause_us = time_us - self.end_us
        if pause_us * 2 <= self._step_us:
            self._uneven += pause_us * 4 < -self._step_us
            return
        if loss:
            self._add(self.end_us, time_us, loss)
        elif pause_us >= _HOLE_US and self.frames >= _STEADY_FRAMES and self._uneven * 20 <= self.frames:
            self._add(self.end_us, time_us, "the file has no frames here")
        else:
            self._uneven += 1

    def _add(self, start_us: int, end_us: int, reason: str) -> None:
        """Book a lost span."""
        if end_us > start_us:
            self._gaps.append(Gap(start_us, end_us, reason))

    def close(self, *, expected_us: int | None, reason: str) -> None:
        """The stream has ended.

        Args:
            expected_us: where it should have ended, None if nothing was promised.
            reason: why it ended early, should it have.

        """
        last_waiting_us = max(self._waiting, default=0) + self._step_us
        if expected_us is not None and expected_us - self.end_us > self._step_us:
            self._add(self.end_us, max(expected_us, last_waiting_us), reason)
        elif self._waiting and last_waiting_us - self.end_us >= self._step_us:
            self._add(self.end_us, last_waiting_us, self._damage or "frames could not be decoded")

    def cut_off(self, reason: str) -> None:
        """Nobody knows what follows the end: book a loss of unknown length there."""
        self._gaps.append(Gap(self.end_us, self.end_us, reason))

    def coverage(self) -> Coverage:
        """The book so far."""
        duration_us = max([self.end_us, *(gap.end_us for gap in self._gaps)])
        repairs = tuple(f"{count} frames {kind}" for kind, count in sorted(self.repairs.items()))
        return Coverage(
            duration_us=duration_us,
            frames_decoded=self.frames,
            packets_skipped=self.packets_skipped,
            gaps=tuple(self._gaps),
            repairs=(*repairs, *self.remarks),
        )
