"""A record of what entered a decoder and what came out, from which coverage is computed."""

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
"""Number of irregular intervals up to which a short video still counts as steady."""
_LONG_HOLE_US = US_PER_S // 2
_REJOIN_US = US_PER_S // 2
"""Damaged frames this close together count as one span: the frames between them are smeared."""
_STEADY_FRAMES = 5
_RECENT_STEPS = 25
_REORDER_FRAMES = 32
"""A damaged packet may cost a frame shown up to this many frames later."""


class Ledger:
    """A record of packets and shown frames in decoding order that finds the lost spans.

    A span is lost where packets went in and no frame came out, so that the picture stood still for more than one and
    a half steps; where the decoder concealed damage; where an otherwise steady stream has no frames; and where the
    stream ends before its stated duration.
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
        """The recent usual interval between shown frames, microseconds; the nominal one until enough were shown."""
        return median_low(self._steps_us) if len(self._steps_us) >= _STEADY_FRAMES else self._nominal_us

    @property
    def end_us(self) -> int:
        """End of the last shown frame, microseconds; the start of reading before there is one."""
        return self._from_us if self._last_us is None else self._last_us + self.step_us

    def packet_in(self, raw_us: int | None) -> None:
        """Record a packet that must produce a frame at ``raw_us``."""
        if raw_us is None:
            return
        if raw_us >= self._from_us:
            heapq.heappush(self._waiting, raw_us)
        elif raw_us < 0:
            self.packets_early += 1

    def packet_failed(self, reason: str) -> None:
        """Record a packet that the demuxer or the decoder refused."""
        self.packets_skipped += 1
        self._damage = reason
        self._damage_age = 0

    def frame_out(self, raw_us: int | None) -> str:
        """Record a decoded frame; every waiting packet before its time will produce none.

        Returns:
            The reason why frames before this one were lost, if there is a gap; empty otherwise.

        """
        lost_packets = 0
        while raw_us is not None and self._waiting and self._waiting[0] <= raw_us:
            lost_packets += heapq.heappop(self._waiting) < raw_us
        self._damage_age += 1
        if self._damage_age > _REORDER_FRAMES:
            self._damage = ""
        return self._damage or (LOST if lost_packets else "")

    def shown(self, time_us: int, *, loss: str = "", concealed: bool = False) -> None:
        """Record a shown frame.

        Args:
            time_us: its repaired time.
            loss: result of :meth:`frame_out` for it.
            concealed: whether the decoder concealed damage in it.

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
        """Record a lost span; one that adjoins the last, for the same reason, extends it."""
        near_us = _REJOIN_US if reason == CONCEALED else self.step_us
        if self._gaps and self._gaps[-1].reason == reason and start_us <= self._gaps[-1].end_us + near_us:
            start_us = self._gaps.pop().start_us
        if end_us > start_us:
            self._gaps.append(Gap(start_us, end_us, reason))

    def close(self, *, expected_us: int | None = None, reason: str = "") -> None:
        """Record the end of the stream.

        Args:
            expected_us: expected end; None if no duration was stated.
            reason: why the stream ended early, if it did.

        """
        last_us = max(max(self._waiting, default=0) + self.step_us, expected_us or 0)
        if last_us - self.end_us >= self.step_us:
            promised = expected_us is not None and expected_us - self.end_us >= self.step_us
            self._add(self.end_us, last_us, reason if promised else self._damage or LOST)
        elif reason:
            self._gaps.append(Gap(self.end_us, self.end_us, reason))

    def coverage(self) -> Coverage:
        """Return the coverage recorded so far."""
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
