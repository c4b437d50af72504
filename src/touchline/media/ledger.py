"""What went into a decoder and what came out: the book from which coverage is written."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from statistics import median_low

from touchline.core.clock import US_PER_S
from touchline.core.events import Coverage, Gap

DAMAGED = "damaged packets"
CONCEALED = "damaged pictures, painted over by the decoder"
LOST = "frames could not be decoded"
HOLE = "the file has no frames here"

_FEW = 3
"""Pauses in a short video up to which it still counts as steady."""
_LONG_HOLE_US = US_PER_S // 2
_REJOIN_US = US_PER_S // 2
"""Damaged pictures this close together count as one span: those between are smeared from one to the other."""
_STEADY_FRAMES = 5
_RECENT_STEPS = 25
_REORDER_FRAMES = 32
"""A damaged packet may cost a frame shown up to this many frames later."""


class Ledger:
    """Books packets and shown frames in the order of decoding, and finds the spans that were lost.

    A span is lost where packets went in and no frame came out, so that the picture stood still for more than one and
    a half steps; where the decoder painted over damage; where an otherwise steady stream has no frames; and where it
    ends before the file said it would.
    """

    def __init__(self, *, step_us: int, from_us: int = 0) -> None:
        self.packets_skipped = 0
        self.packets_early = 0
        self.last_byte = 0
        self.frames = 0
        self.repairs: Counter[str] = Counter()
        self.remarks: list[str] = []
        self._nominal_us = step_us
        self._steps_us: deque[int] = deque(maxlen=_RECENT_STEPS)
        self._from_us = from_us
        self._waiting: list[int] = []
        self._damage = ""
        self._damage_age = 0
        self._gaps: list[Gap] = []
        self._holes: list[Gap] = []
        self._last_us: int | None = None
        self._uneven = 0

    @property
    def step_us(self) -> int:
        """The usual time between shown frames of late; the nominal one while few were shown."""
        return median_low(self._steps_us) if len(self._steps_us) >= _STEADY_FRAMES else self._nominal_us

    @property
    def end_us(self) -> int:
        """Where the last shown frame ends; the start of reading before there is one."""
        return self._from_us if self._last_us is None else self._last_us + self.step_us

    def packet_in(self, raw_us: int | None) -> None:
        """A packet that must show a frame at ``raw_us`` goes into the decoder."""
        if raw_us is None:
            return
        if raw_us >= self._from_us:
            heapq.heappush(self._waiting, raw_us)
        elif raw_us < 0:
            self.packets_early += 1

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
        return self._damage or (LOST if lost_packets else "")

    def shown(self, time_us: int, *, loss: str = "", concealed: bool = False) -> None:
        """A frame is shown.

        Args:
            time_us: its mended time.
            loss: what :meth:`frame_out` said of it.
            concealed: the decoder painted over damage in it.

        """
        if self._last_us is not None:
            self._weigh(time_us, loss)
            self._steps_us.append(time_us - self._last_us)
        self.frames += 1
        self._last_us = time_us
        if concealed:
            self._add(time_us, time_us + self.step_us, CONCEALED)

    def _weigh(self, time_us: int, loss: str) -> None:
        """Decide whether the pause before a frame is a loss."""
        step_us = self.step_us
        pause_us = time_us - self.end_us
        steady = self.frames >= _STEADY_FRAMES and self._uneven * 100 <= self.frames
        if loss and pause_us * 2 > step_us:
            self._add(self.end_us, time_us, loss)
        elif steady and pause_us * 10 >= step_us * 9:
            self._holes.append(Gap(self.end_us, time_us, HOLE))
        else:
            self._uneven += abs(pause_us) * 4 > step_us

    def _add(self, start_us: int, end_us: int, reason: str) -> None:
        """Book a lost span; one that touches the last, for the same reason, makes it longer."""
        near_us = _REJOIN_US if reason == CONCEALED else self.step_us
        if self._gaps and self._gaps[-1].reason == reason and start_us <= self._gaps[-1].end_us + near_us:
            start_us = self._gaps.pop().start_us
        if end_us > start_us:
            self._gaps.append(Gap(start_us, end_us, reason))

    def close(self, *, expected_us: int | None = None, reason: str = "") -> None:
        """The stream has ended.

        Args:
            expected_us: where it should have ended, None if nothing was promised.
            reason: why it ended early, should it have.

        """
        last_us = max(max(self._waiting, default=0) + self.step_us, expected_us or 0)
        if last_us - self.end_us >= self.step_us:
            promised = expected_us is not None and expected_us - self.end_us >= self.step_us
            self._add(self.end_us, last_us, reason if promised else self._damage or LOST)
        elif reason:
            self._gaps.append(Gap(self.end_us, self.end_us, reason))

    def coverage(self) -> Coverage:
        """The book so far."""
        few = len(self._holes) + self._uneven <= max(_FEW, self.frames // 50)
        holes = [hole for hole in self._holes if few or hole.end_us - hole.start_us >= _LONG_HOLE_US]
        gaps = sorted([*self._gaps, *holes], key=lambda gap: (gap.start_us, gap.end_us))
        repairs = [f"{count} frames {kind}" for kind, count in sorted(self.repairs.items())]
        if self.packets_early:
            repairs.append(
                f"{self.packets_early} frames before the first one that can be decoded; times count from that"
            )
        return Coverage(
            duration_us=max([self.end_us, *(gap.end_us for gap in gaps)]),
            frames_decoded=self.frames,
            packets_skipped=self.packets_skipped,
            gaps=tuple(gaps),
            repairs=(*repairs, *self.remarks),
        )
