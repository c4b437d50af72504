"""How far damage spreads: from a damaged picture to the next key frame, every picture is made from it."""

from __future__ import annotations


class Smear:
    """A record of the damaged pictures of a stream, in decoding order.

    A picture that others are made from spoils all pictures up to the next key frame, and those that are decoded after
    that key frame but shown before it. A picture that no other needs spoils itself only.

    Pictures are known by their raw times. What comes before the first key frame, or is shown before it, was never
    whole (a recording that begins midway); that is no damage.
    """

    def __init__(self) -> None:
        self.first_key_us: int | None = None
        self._started = False
        self._open = ""
        self._before_key = ""
        self._key_us: int | None = None
        self._marks: dict[int, str] = {}
        self._keys: set[int] = set()

    def packet(self, raw_us: int | None, *, key: bool, disposable: bool, complaint: str) -> bool:
        """Record a packet that was given to the decoder.

        Args:
            raw_us: time of its picture; None if unknown.
            key: whether decoding can start at it.
            disposable: whether no other picture is made from it.
            complaint: what was wrong with it; empty if nothing.

        Returns:
            Whether a complaint counts as damage.

        """
        if key:
            self._start(raw_us)
        if not self._started or self._leads(raw_us):
            return False
        if complaint and not disposable:
            self._open = complaint
        shown_before_key = raw_us is not None and self._key_us is not None and raw_us < self._key_us
        reason = complaint or self._open or (self._before_key if shown_before_key else "")
        if reason and raw_us is not None:
            self._marks[raw_us] = reason
        return bool(complaint)

    def missing(self, raw_us: int, *, reason: str) -> None:
        """Record a picture that is not there: what follows, up to the next key frame, was made from it."""
        if not self._started:
            self.first_key_us, self._started = raw_us, True
        self._open = reason

    def _start(self, raw_us: int | None) -> None:
        """Record a key frame: from here on, pictures are whole again."""
        if not self._started:
            self.first_key_us = raw_us
        self._started = True
        self._before_key, self._open = self._open, ""
        self._key_us = raw_us
        if raw_us is not None:
            self._keys.add(raw_us)

    def _leads(self, raw_us: int | None) -> bool:
        """Return whether a picture is shown before the very first key frame."""
        return raw_us is not None and self.first_key_us is not None and raw_us < self.first_key_us

    def fate(self, raw_us: int | None, *, corrupt: bool) -> tuple[str, bool]:
        """Return why a picture that came out is doubtful (empty if it is not), and whether it is a key frame.

        Args:
            raw_us: its time; None if unknown.
            corrupt: whether the decoder itself marks it as damaged.

        """
        self._started = True
        if raw_us is None:
            return self._open, False
        key = raw_us in self._keys
        self._keys.discard(raw_us)
        return self._marks.pop(raw_us, "") or ("it is marked as damaged" if corrupt else ""), key
