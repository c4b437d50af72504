"""The packets of an MPEG transport stream: where the numbers that they carry show that some are missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

PACKET = 188
_BLOCK_PACKETS = 1 << 16
_SYNC = 0x47
_NEAR_BYTES = 64 * PACKET
_NULL, _PAT = 0x1FFF, 0


@dataclass(frozen=True, slots=True)
class Continuity:
    """Where packets of a transport stream do not follow each other.

    Attributes:
        whole: whether every packet is there, as far as their numbers tell.
        joined: (stream, first byte) of each frame that ends where two whole streams were joined, one after the other.
        broken: (stream, byte) where packets are missing; incomplete if packets look alike.

    """

    whole: bool
    joined: frozenset[tuple[int, int]]
    broken: frozenset[tuple[int, int]]

    def joined_near(self, position: int, *, stream: int, size: int) -> bool:
        """Return whether a frame of a size at a byte is the last of a stream that another was joined to."""
        near = range(position, position + 2 * size + _NEAR_BYTES)
        joined = any(number == stream and at in near for number, at in self.joined)
        return joined and not any(number == stream and at in near for number, at in self.broken)


def read_continuity(path: Path) -> Continuity | None:
    """Check the packet numbers of a transport stream; None if the file is none, of packets of 188 bytes."""
    checker = _Checker()
    with path.open("rb") as file:
        while block := file.read(PACKET * _BLOCK_PACKETS):
            count = len(block) // PACKET
            packets = np.frombuffer(block, np.uint8, count * PACKET).reshape(count, PACKET)
            if checker.at == 0 and (count < 2 or np.any(packets[:2, 0] != _SYNC)):
                return None
            if np.any(packets[:, 0] != _SYNC) or np.any(packets[:, 1] & 0x80):
                return Continuity(whole=False, joined=frozenset(), broken=frozenset())
            checker.check(packets)
    return Continuity(checker.whole, frozenset(checker.joined), frozenset(checker.broken))


class _Checker:
    """A check of the counters of each stream, block by block."""

    def __init__(self) -> None:
        self.at = 0
        self.whole = True
        self.joined: set[tuple[int, int]] = set()
        self.broken: set[tuple[int, int]] = set()
        self._last: dict[int, int] = {}
        self._frame: dict[int, int] = {}
        self._table = -1

    def check(self, packets: npt.NDArray[np.uint8]) -> None:
        """Check the next packets, uint8 (packets, 188)."""
        numbers = (packets[:, 1].astype(np.int64) & 0x1F) << 8 | packets[:, 2]
        payload = packets[:, 3] & 0x10 > 0
        tables = np.flatnonzero(numbers == _PAT)
        for number in np.unique(numbers[payload]).tolist():
            if number != _NULL:
                self._check_stream(packets, np.flatnonzero(payload & (numbers == number)), tables, number=number)
        if len(tables):
            self._table = self.at + int(tables[-1]) * PACKET
        self.at += len(packets) * PACKET

    def _check_stream(
        self, packets: npt.NDArray[np.uint8], own: npt.NDArray[np.int64], tables: npt.NDArray[np.int64], *, number: int
    ) -> None:
        """Check the packets of one stream: each counter is one more than the last, or the same again."""
        counters = packets[own, 3].astype(np.int64) & 0x0F
        before = np.concatenate([[self._last.get(number, (counters[0] - 1) % 16)], counters[:-1]])
        announced = (packets[own, 3] & 0x20 > 0) & (packets[own, 4] > 0) & (packets[own, 5] & 0x80 > 0)
        starts = packets[own, 1] & 0x40 > 0
        for broken in np.flatnonzero(((counters - before) % 16 > 1) & ~announced):
            self.whole = False
            earlier = own[:broken][starts[:broken]]
            frame = self.at + int(earlier[-1]) * PACKET if len(earlier) else self._frame.get(number, -1)
            passed = tables[tables < own[broken]]
            table = self.at + int(passed[-1]) * PACKET if len(passed) else self._table
            previous = self.at + int(own[broken - 1]) * PACKET if broken else -1
            if starts[broken] and frame >= 0 and table > max(frame, previous):
                self.joined.add((number, frame))
            else:
                self.broken.add((number, self.at + int(own[broken]) * PACKET))
        self._last[number] = int(counters[-1])
        if np.any(starts):
            self._frame[number] = self.at + int(own[starts][-1]) * PACKET
