"""A record of what entered a decoder and what came out, from which coverage is computed."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from dataclasses import dataclass
from statistics import median_low

from touchline.core.clock import US_PER_S
from touchline.core.events import Coverage, Gap
from touchline.media.damage.order import DisplayOrder
from touchline.media.damage.smear import Smear

DAMAGED = "damaged packets"
MISSING = "frames that the file's index lists are not there"
SMEARED = "pictures made from damaged ones, up to the next key frame"
AFTER_HOLE = "pictures made from lost ones, up to the next key frame"
LOST = "frames could not be decoded"
HOLE = "the file has no frames here"

_FEW = 3
"""Number of irregular intervals up to which a short video still counts as steady."""
_LONG_HOLE_US = US_PER_S // 2
_STEADY_FRAMES = 5
_RECENT_STEPS = 25
_REORDER_FRAMES = 32
"""A damaged packet may cost a frame shown up to this many frames later."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a frame.

    Attributes:
        raw_us: its unrepaired time; None if it has none.
        loss: why frames before it were lost, if there is a gap; empty otherwise.
        doubt: why its picture may be wrong; empty if it is not doubtful.
        key: whether it needs no other frame.

    """

    raw_us: int | None
    loss: str = ""
    doubt: str = ""
    key: bool = False


@dataclass(slots=True)
class _Hole:
    """A span without frames in an otherwise steady stream, and the end of the pictures that miss them."""

    gap: Gap
    raw_us: int | None
    doubtful_until_us: int


class Ledger:
    """A record of packets and shown frames in decoding order that finds the lost and the doubtful spans.

    A span is lost where packets went in and no frame came out, so that the picture stood still for more than one and
    a half steps; where an otherwise steady stream has no frames; and where the stream ends before its stated duration.
    It is doubtful where pictures were made from damaged or lost ones.
    """

    def __init__(self, *, step_us: int, from_us: int = 0) -> None:
        self.packets_skipped = 0
        self.packets_early = 0
        self.packets_read = 0
        self._hidden: list[int] = []
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
        self._doubtful: list[Gap] = []
        self._holes: list[_Hole] = []
        self._after_hole = False
        self._broken_off = False
        self._keys_us: list[int] = []
        self._smear = Smear()
        self._order: DisplayOrder | None = None
        self._decoded: deque[int | None] = deque(maxlen=_REORDER_FRAMES)
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

    def use_display_order(self) -> None:
        """Take raw times for places in decoding order only: frames are timed in the order they come out."""
        self._order = DisplayOrder()

    @property
    def first_key_us(self) -> int | None:
        """Raw time of the first key frame, whether or not it could be decoded; None before it."""
        return self._smear.first_key_us

    def packet_in(self, raw_us: int | None) -> None:
        """Record a packet that must produce a frame at ``raw_us``."""
        if raw_us is None:
            return
        if self._order is not None:
            self._order.packet_in(raw_us)
        if raw_us >= self._from_us:
            heapq.heappush(self._waiting, raw_us)
        elif raw_us < 0:
            self.packets_early += 1

    def packet_hidden(self) -> None:
        """Record a packet whose frame is not to be shown."""
        self._hidden.append(self.packets_read)

    @property
    def hidden_inside(self) -> bool:
        """Whether a frame is not shown though others before and well after it are, as no edit list means it."""
        first = next((at for at, number in enumerate(self._hidden, start=1) if at != number), None)
        inside = () if first is None else self._hidden[first - 1 :]
        return any(number + _REORDER_FRAMES <= self.packets_read for number in inside)

    def packet_failed(self, reason: str) -> None:
        """Record a packet that the demuxer or the decoder refused."""
        self.packets_skipped += 1
        self._damage = reason
        self._damage_age = 0

    def packet_missing(self, raw_us: int) -> None:
        """Record a packet that the file's index lists and that was not found."""
        self.packet_failed(MISSING)
        self.packet_in(raw_us)
        self._smear.missing(raw_us, reason=MISSING)
        if self._order is not None:
            self._order.packet_failed(raw_us)

    def packet_done(
        self,
        raw_us: int | None,
        *,
        key: bool = False,
        disposable: bool = False,
        complaint: str = "",
        failed: bool = False,
    ) -> None:
        """Record what the decoder made of a packet.

        Args:
            raw_us: time of its frame; None if unknown.
            key: whether decoding can start at it.
            disposable: whether no other frame is made from it.
            complaint: what was wrong with it; empty if nothing.
            failed: whether it was refused, so that no frame will come of it.

        """
        self._decoded.append(raw_us)
        damage = self._smear.packet(raw_us, key=key, disposable=disposable, complaint=complaint)
        if failed and damage:
            self.packet_failed(DAMAGED)
        if failed and self._order is not None:
            self._order.packet_failed(raw_us)

    def frame_out(self, raw_us: int | None, *, corrupt: bool = False) -> Fate:
        """Record a decoded frame; every waiting packet before its time will produce none."""
        doubt, key = self._smear.fate(raw_us, corrupt=corrupt)
        if self._order is not None:
            raw_us = self._order.frame_out(raw_us, key=key)
        lost_packets = 0
        while raw_us is not None and self._waiting and self._waiting[0] <= raw_us:
            lost_packets += heapq.heappop(self._waiting) < raw_us
        self._damage_age += 1
        if self._damage_age > _REORDER_FRAMES:
            self._damage = ""
        return Fate(raw_us, self._damage or (LOST if lost_packets else ""), doubt, key)

    def shown(self, time_us: int, fate: Fate) -> None:
        """Record a shown frame, with its repaired time and the result of :meth:`frame_out` for it."""
        if fate.key:
            self._after_hole = False
            self._keys_us.append(time_us)
        if self._last_us is not None:
            self._weigh(time_us, fate)
            self._steps_us.append(time_us - self._last_us)
        elif (time_us - self._from_us) * 2 > self.step_us:
            self._add(self._from_us, time_us, fate.loss or self._damage or LOST)
        self.frames += 1
        self._last_us = time_us
        if fate.doubt:
            self._doubt(time_us, time_us + self.step_us, SMEARED)
        elif self._after_hole:
            self._holes[-1].doubtful_until_us = time_us + self.step_us

    def _weigh(self, time_us: int, fate: Fate) -> None:
        """Decide whether the pause before a frame is a loss."""
        step_us = self.step_us
        pause_us = time_us - self.end_us
        steady = self.frames >= _STEADY_FRAMES and self._uneven * 100 <= self.frames
        if fate.loss and pause_us * 2 > step_us:
            self._add(self.end_us, time_us, fate.loss)
        elif steady and pause_us * 10 >= step_us * 9:
            self._holes.append(_Hole(Gap(self.end_us, time_us, HOLE), fate.raw_us, time_us))
            self._after_hole = not fate.key
        else:
            self._uneven += abs(pause_us) * 4 > step_us

    def _add(self, start_us: int, end_us: int, reason: str) -> None:
        """Record a lost span; one that adjoins the last, for the same reason, extends it."""
        _extend(self._gaps, Gap(start_us, end_us, reason), near_us=self.step_us)

    def _doubt(self, start_us: int, end_us: int, reason: str) -> None:
        """Record a doubtful span; one that adjoins the last extends it."""
        _extend(self._doubtful, Gap(start_us, end_us, reason), near_us=self.step_us // 2)

    def close(self, *, expected_us: int | None = None, reason: str = "") -> None:
        """Record the end of the stream.

        Args:
            expected_us: expected end; None if no duration was stated.
            reason: why the stream ended early, if it did.

        """
        self._broken_off = bool(reason)
        last_us = max(max(self._waiting, default=0) + self.step_us, expected_us or 0)
        if last_us - self.end_us >= self.step_us:
            promised = expected_us is not None and expected_us - self.end_us >= self.step_us
            self._add(self.end_us, last_us, reason if promised else self._damage or LOST)
        elif reason:
            self._gaps.append(Gap(self.end_us, self.end_us, reason))

    def doubt_span(self, start_us: int, end_us: int | None, reason: str) -> None:
        """Record that the pictures from a time on are doubtful, up to the first key frame at or after another."""
        until_us = next((key_us for key_us in self._keys_us if end_us is not None and key_us >= end_us), self.end_us)
        if until_us > start_us:
            self._doubtful = _joined([*self._doubtful, Gap(max(0, start_us), until_us, reason)])

    def doubt_all(self, reason: str) -> None:
        """Record that every picture shown so far is doubtful, or its time."""
        self._doubtful = [Gap(0, max(self.end_us, 1), reason)]

    @property
    def pauses(self) -> bool:
        """Whether there are spans without frames that nothing explains so far."""
        return any(not self._ends_inside_group(hole) for hole in self._holes)

    def excuse_pauses(self) -> None:
        """Record that the file itself is whole, so that spans without frames are as its maker left them."""
        count = sum(not self._ends_inside_group(hole) for hole in self._holes)
        self.remarks.append(f"{count} pauses between frames, as the file itself states; nothing of it is missing")
        self._holes.clear()
        self._after_hole = False

    @property
    def first_loss_us(self) -> int | None:
        """Start of the first lost span so far; None if nothing was lost."""
        return min((gap.start_us for gap in self._gaps), default=None)

    @property
    def doubts_any(self) -> bool:
        """Whether a picture is doubtful so far."""
        return bool(self._doubtful)

    @property
    def lost_any(self) -> bool:
        """Whether a span is lost so far."""
        return bool(self._gaps)

    def coverage(self) -> Coverage:
        """Return the coverage recorded so far."""
        few = len(self._holes) + self._uneven <= max(_FEW, self.frames // 50)
        holes = [hole for hole in self._holes if few or hole.gap.end_us - hole.gap.start_us >= _LONG_HOLE_US]
        holes = [hole for hole in holes if not self._ends_inside_group(hole)]
        smeared = [Gap(hole.gap.end_us, hole.doubtful_until_us, AFTER_HOLE) for hole in holes]
        gaps = _in_order([*self._gaps, *(hole.gap for hole in holes)])
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
            doubtful=tuple(_joined([*self._doubtful, *(gap for gap in smeared if gap.end_us > gap.start_us)])),
        )

    def _ends_inside_group(self, hole: _Hole) -> bool:
        """Return whether a hole is only where a copy ended: the frames in it would have come after the last packet."""
        last_us = hole.raw_us
        if last_us is None or last_us not in self._decoded or self._broken_off:
            return False
        later = list(self._decoded)[self._decoded.index(last_us) + 1 :]
        return all(raw_us is None or raw_us < last_us for raw_us in later)


def _extend(spans: list[Gap], span: Gap, *, near_us: int) -> None:
    """Add a span to a list in order; one that is near the last, for the same reason, extends it."""
    start_us = span.start_us
    if spans and spans[-1].reason == span.reason and start_us <= spans[-1].end_us + near_us:
        start_us = spans.pop().start_us
    if span.end_us > start_us:
        spans.append(Gap(start_us, span.end_us, span.reason))


def _joined(spans: list[Gap]) -> list[Gap]:
    """Return spans in order, without those that lie inside another."""
    kept: list[Gap] = []
    for span in sorted(spans, key=lambda gap: (gap.start_us, -gap.end_us)):
        if not kept or span.end_us > kept[-1].end_us:
            start_us = max(span.start_us, kept[-1].end_us) if kept else span.start_us
            kept.append(Gap(start_us, span.end_us, span.reason))
    return kept


def _in_order(spans: list[Gap]) -> tuple[Gap, ...]:
    """Return spans sorted by their times."""
    return tuple(sorted(spans, key=lambda gap: (gap.start_us, gap.end_us)))
