"""Times of pictures whose packets carry only their place in decoding order (H.264 in AVI)."""

from __future__ import annotations

import heapq


class DisplayOrder:
    """A giver of times to pictures in the order they are shown, from the decoding times of their packets.

    The decoder gives pictures in the order they are shown; the first takes the earliest decoding time, the next the
    next, so that frames at an even rate come out evenly. Packets that gave no picture leave their time unused.
    """

    def __init__(self) -> None:
        self._free: list[int] = []

    def packet_in(self, raw_us: int | None) -> None:
        """Record a packet that must produce a picture."""
        if raw_us is not None:
            heapq.heappush(self._free, raw_us)

    def packet_failed(self, raw_us: int | None) -> None:
        """Record that the latest packet will produce none."""
        if raw_us in self._free:
            self._free.remove(raw_us)
            heapq.heapify(self._free)

    def frame_out(self, raw_us: int | None, *, key: bool) -> int | None:
        """Return the time of the next picture.

        Args:
            raw_us: decoding time of its own packet; None if unknown.
            key: whether it is a key frame, before which nothing is left to come.

        """
        if raw_us is not None and key:
            while self._free and self._free[0] < raw_us:
                heapq.heappop(self._free)
        return heapq.heappop(self._free) if self._free else raw_us
