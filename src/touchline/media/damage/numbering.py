"""Packets numbered by their file's index, so that lost ones do not shift the times of those that follow."""

from __future__ import annotations

from collections.abc import Callable

from av import Packet

from touchline.media.containers.avi import AviIndex


class Numbering:
    """A corrector of the times of an AVI file's packets, which FFmpeg counts as they come.

    Only packets that are read in order are corrected; one that the index does not know moves like the one before it.
    """

    def __init__(self, index: AviIndex | None, *, reordered: bool, missing: Callable[[int], None]) -> None:
        """Start a stream.

        Args:
            index: the frames of the stream; None leaves their times as they are.
            reordered: whether what FFmpeg gives as presentation times are only guesses; decoding times replace them.
            missing: called with the number of each frame that the index lists and that did not come.

        """
        self._index = index
        self._reordered = reordered
        self._missing = missing
        self._shift = 0
        self._moved = 0
        self._next: int | None = None
        self._seen = 0
        self._from_start = False

    def correct(self, packet: Packet, *, from_start: bool) -> None:
        """Give a packet the time of its place in the index.

        Args:
            packet: the next packet of the stream.
            from_start: whether reading began with the first frame of the file.

        """
        self._seen += 1
        self._from_start = from_start
        number = self._number(packet)
        if number is not None and packet.dts is not None:
            self._shift = number - packet.dts
            self._report((0 if from_start else number) if self._next is None else self._next, number)
            self._next = number + 1
        if self._reordered and packet.pts is not None:
            packet.pts = packet.dts
        if packet.pts is not None:
            packet.pts += self._shift
        if packet.dts is not None:
            packet.dts += self._shift

    def _number(self, packet: Packet) -> int | None:
        """Return a packet's number: by its place, by its place among those that moved, or by its size."""
        if packet.pos is None or self._index is None:
            return None
        for moved in (0, self._moved):
            number = self._index.number(packet.pos, size=packet.size, moved=moved)
            if number is not None:
                return number
        number = self._index.of_size(packet.size, first=self._next or 0)
        if number is not None:
            self._moved = packet.pos - int(self._index.positions[number])
        return number

    def end(self) -> None:
        """Report the frames that did not come before the end of the file."""
        first = self._seen if self._next is None and self._from_start else self._next
        if first is not None and self._index is not None:
            self._report(first, len(self._index.sizes))

    def _report(self, first: int, end: int) -> None:
        """Report the frames of a range that did not come; those of no bytes never do."""
        for number in range(first, end):
            if self._index is not None and self._index.sizes[number] > 0:
                self._missing(number)
