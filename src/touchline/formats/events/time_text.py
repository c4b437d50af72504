"""Times as other tools write them: seconds with a point or a comma, or a clock."""

from __future__ import annotations

import re
from fractions import Fraction

from touchline.core.clock import US_PER_S, us_from_seconds

_SECONDS = re.compile(r"[+-]?(?:\d{1,12}(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,2})?")
_USUAL = re.compile(r"(\d{1,12})(?:[.,](\d{0,6}))?")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d+)?)")


def parse_seconds(text: str) -> int:
    """Return a time in microseconds from seconds (``12``, ``12.5``, ``12,5``) or a clock (``1:02:03.5``, ``62:03``).

    Raises:
        ValueError: the text is neither, or the time is negative; the message quotes it.

    """
    text = text.strip()
    usual = _USUAL.fullmatch(text)
    if usual:  # exact as well, and many times faster than fractions
        return int(usual[1]) * US_PER_S + int((usual[2] or "").ljust(6, "0"))
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (Fraction((part or "0").replace(",", ".")) for part in clock.groups())
        return us_from_seconds(hours * 3600 + minutes * 60 + seconds)
    if not _SECONDS.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a time in seconds")
    time_us = us_from_seconds(Fraction(text.replace(",", ".")))
    if time_us < 0:
        raise ValueError(f"{text!r} is negative; times count from the start of the video")
    return time_us


def seconds_text(time_us: int) -> str:
    """Return a time as seconds with six decimals, exactly."""
    whole, rest = divmod(time_us, US_PER_S)
    return f"{whole}.{rest:06d}"
