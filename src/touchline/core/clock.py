"""Conversions between microseconds, milliseconds, frames and SoccerNet's "half - mm:ss" clock.

Time inside touchline is integer microseconds from the first shown frame; all conversions are in this module.
"""

from __future__ import annotations

import re
from fractions import Fraction

US_PER_S = 1_000_000
US_PER_MS = 1_000

_RATE_TOLERANCE = 2e-4
"""Largest relative difference of a rounded frame rate (23.98) from the one that is meant."""

_GAME_TIME = re.compile(r"^\s*(\d+)\s*-\s*(\d+):(\d{1,2}(?:\.\d+)?)\s*$")


def us_from_seconds(seconds: float | Fraction) -> int:
    """Convert seconds to the nearest microsecond (ties to even, as in Python's ``round``)."""
    return round(seconds * US_PER_S)


def seconds_from_us(time_us: int) -> float:
    """Convert microseconds to seconds."""
    return time_us / US_PER_S


def us_from_ms(time_ms: float) -> int:
    """Convert milliseconds to the nearest microsecond."""
    return round(time_ms * US_PER_MS)


def ms_from_us(time_us: int) -> int:
    """Convert microseconds to the nearest millisecond, the unit of SoccerNet's ``position``."""
    whole, rest = divmod(time_us, US_PER_MS)
    return whole + (rest > US_PER_MS // 2 or (rest == US_PER_MS // 2 and whole % 2 == 1))


def frame_from_ms(time_ms: int, *, fps: float) -> int:
    """Return the training frame of a label by lRomul's rule: ``round(ms * fps / 1000)`` with banker's rounding."""
    return round(time_ms * fps * 0.001)


def exact_rate(fps: float) -> Fraction:
    """Return a frame rate as a fraction: 29.97 is 30000/1001, 25.0 is 25; other rates to a thousandth."""
    broadcast = [Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)]
    near = [rate for rate in (Fraction(round(fps)), *broadcast) if abs(float(rate) - fps) < _RATE_TOLERANCE * fps]
    return min(near, key=lambda rate: abs(float(rate) - fps), default=Fraction(fps).limit_denominator(1000))


def us_from_frame(index: int, *, fps: float | Fraction) -> int:
    """Return the time of sample ``index`` on a regular grid of ``fps`` samples per second that starts at 0."""
    return round(Fraction(index * US_PER_S) / Fraction(fps).limit_denominator(1_000_000))


def frame_from_us(time_us: int, *, fps: float | Fraction) -> int:
    """Return the index of the grid sample nearest to a time; the inverse of :func:`us_from_frame`."""
    return round(Fraction(time_us, US_PER_S) * Fraction(fps).limit_denominator(1_000_000))


def format_game_time(time_us: int, *, half: int = 1) -> str:
    """Format a time as SoccerNet's clock, ``"1 - 04:07"``: half, minutes (not wrapped at 60), seconds rounded down."""
    if time_us < 0:
        raise ValueError(f"time_us={time_us} is negative; game times count from the first shown frame")
    minutes, seconds = divmod(time_us // US_PER_S, 60)
    return f"{half} - {minutes:02d}:{seconds:02d}"


def parse_game_time(text: str) -> tuple[int, int]:
    """Parse a SoccerNet clock such as ``"1 - 04:07"`` or the unpadded ``"1 - 40:2"`` into ``(half, time_us)``.

    Raises:
        ValueError: the text is not a game time; the message quotes it.

    """
    match = _GAME_TIME.match(text)
    if match is None:
        raise ValueError(f'game time {text!r} is not of the form "half - mm:ss"')
    half, minutes, seconds = match.groups()
    return int(half), int(minutes) * 60 * US_PER_S + us_from_seconds(Fraction(seconds))


def format_clock(time_us: int, *, decimals: int = 3) -> str:
    """Format a time for display: ``"0:04.120"``, ``"1:02:03.500"``."""
    sign = "-" if time_us < 0 else ""
    scale = 10**decimals
    ticks = round(Fraction(abs(time_us) * scale, US_PER_S))
    whole, fraction = divmod(ticks, scale)
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    tail = f".{fraction:0{decimals}d}" if decimals else ""
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{sign}{head}:{seconds:02d}{tail}"
