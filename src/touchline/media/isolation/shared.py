"""Memory that two processes share: a ring of slots of one size, which only the parent can make larger."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile

ALIGNED = 64
"""Everything in a slot starts at a multiple of this, bytes."""
_WANTED_SLOTS = 16
_LEAST_SLOTS = 2
_USUAL_BYTES = 64 * 1024 * 1024
"""Slots of large pictures are fewer, to stay within this."""


def aligned(count: int) -> int:
    """Return the next multiple of ``ALIGNED``."""
    return -(-count // ALIGNED) * ALIGNED


def slots_for(slot_bytes: int) -> int:
    """Return how many slots of a size there are."""
    return max(_LEAST_SLOTS, min(_WANTED_SLOTS, _USUAL_BYTES // max(1, slot_bytes)))


def new_memory() -> int:
    """Return the file descriptor of new memory without a name: it goes when the last process that has it ends."""
    if sys.platform == "linux":
        import fcntl

        number = os.memfd_create("touchline", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(number, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)  # else a child could take it away from its reader
        return number
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class Slots:
    """The ring as one process sees it.

    Args:
        number: file descriptor of the memory.

    Attributes:
        slot_bytes: size of each slot; 0 until :meth:`grow`.
        count: number of slots.

    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._map: mmap.mmap | None = None
        self.slot_bytes = self.count = 0

    def grow(self, slot_bytes: int, *, owner: bool) -> None:
        """Give every slot at least this size; what was in them is lost.

        Args:
            slot_bytes: size of a slot.
            owner: whether this process makes the memory larger; the other one follows.

        """
        slot_bytes = aligned(slot_bytes)
        count = slots_for(slot_bytes)
        size = slot_bytes * count
        if owner and os.fstat(self._number).st_size < size:
            os.ftruncate(self._number, size)
        self._map = mmap.mmap(self._number, size)
        self.slot_bytes, self.count = slot_bytes, count

    def view(self, slot: int, size: int) -> memoryview:
        """Return the first bytes of a slot; release the view before :meth:`grow`.

        Raises:
            ValueError: there is no such slot, or it is smaller.

        """
        if self._map is None or not 0 <= slot < self.count or not 0 <= size <= self.slot_bytes:
            raise ValueError(f"{size} bytes in slot {slot}")
        return memoryview(self._map)[slot * self.slot_bytes : slot * self.slot_bytes + size]

    def close(self) -> None:
        """Unmap the memory, once the last view of it has gone."""
        self._map = None
