"""Decimal numbers read from raw text many at a time, each to the same bits ``int`` and ``float`` give."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.columns import BoolArray, FloatArray, IntArray

Words = npt.NDArray[np.uint64]

MAX_DECIMALS = 22
"""Ten to this power is the largest that a float64 holds exactly."""

_MAX_DIGITS = 17
_WIDTH = 24
"""Bytes looked at before the end of a number."""

_ZERO = np.uint64(0x3030303030303030)
_HIGH_NIBBLES = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX = np.uint64(0x0606060606060606)
_PAIRINGS = tuple(
    (np.uint64(factor), np.uint64(shift), np.uint64(kept))
    for factor, shift, kept in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10_000, 32, 0x00000000FFFFFFFF),
    )
)
"""Neighbouring digits into numbers of two digits, those into four, those into eight."""

_POWERS_INT: IntArray = np.array([10 ** min(k, _MAX_DIGITS) for k in range(MAX_DECIMALS + 1)], np.int64)
_POWERS: FloatArray = np.array([10.0**k for k in range(MAX_DECIMALS + 1)], np.float64)
_SPLITTER = 134217729.0
_EXACT_BELOW = 1 << 53
_EXPONENT_BITS = 0x7FF << 52


def words_at(data: bytes, start: IntArray, *, size: int) -> Words:
    """uint64 (n, size // 8): the bytes from each index of ``data`` on, the first byte of a word its lowest.

    Args:
        data: text.
        start: int64 (n,), each at most ``len(data) - size``.
        size: how many bytes, a multiple of 8.

    """
    view = np.ndarray((len(data) - size + 1,), f"V{size}", data, strides=(1,))
    return view[start].view("<u8").reshape(len(start), size // 8)


def byte_masks(size: int, *, last: bool) -> Words:
    """uint64 (size + 1, size // 8): row k is a mask of the first, or the last, k bytes in :func:`words_at`'s order."""
    kept = np.arange(size) < np.arange(size + 1)[:, None]
    return ((kept[:, ::-1] if last else kept).astype(np.uint8) * np.uint8(255)).view("<u8")


_DIGIT_MASKS = byte_masks(_WIDTH, last=True)


def parse_digits(words: Words, count: IntArray) -> tuple[IntArray, bool]:
    """The numbers written by the first ``count`` bytes (1 to 8) of each word, and whether all of them are digits."""
    value, good = _eights(((words ^ _ZERO) << (64 - 8 * count).astype(np.uint64))[:, None])
    return value[:, 0], bool(good.all())


def parse_fractions(data: bytes, start: IntArray, end: IntArray) -> FloatArray:
    """The floats written in each ``data[start:end]``; quickest for ``d.ddd`` with at most 22 decimals.

    Every ``end`` must be at least 24.

    Raises:
        ValueError: a text is no number.

    """
    decimals = end - start - 2
    text = np.frombuffer(data, np.uint8)
    whole = text[start] - np.uint8(48)
    plain = (whole <= 9) & (text[np.minimum(start + 1, len(data) - 1)] == ord("."))
    plain &= (decimals >= 1) & (decimals <= MAX_DECIMALS)
    below_one = not whole.any()
    if not below_one:
        plain &= (whole == 0) | (decimals <= _MAX_DIGITS)
    decimals[~plain] = 1
    words = words_at(data, end - _WIDTH, size=_WIDTH)
    words ^= _ZERO
    words &= _DIGIT_MASKS.take(decimals, axis=0)
    parts, good = _eights(words)
    plain &= good & (parts[:, 0] < 10)
    mantissa = parts[:, 0] * 10**16 + parts[:, 1] * 10**8 + parts[:, 2]
    if not below_one:
        mantissa += whole * _POWERS_INT.take(decimals)
    mantissa[~plain] = 0
    value, certain = divide_by_power(mantissa, decimals)
    odd = np.flatnonzero(~(plain & certain))
    value[odd] = [float(data[a:b]) for a, b in zip(start[odd].tolist(), end[odd].tolist(), strict=True)]
    return value


def _eights(digits: Words) -> tuple[IntArray, BoolArray]:
    """The numbers (n, words) of eight digit values each, and (n,) whether all bytes are such; overwrites ``digits``."""
    strange = digits + _SIX
    strange |= digits
    strange &= _HIGH_NIBBLES
    bad = strange[:, 0].copy()
    for column in strange.T[1:]:
        bad |= column
    for factor, shift, kept in _PAIRINGS:
        right = digits >> shift
        digits *= factor
        digits += right
        digits &= kept
    return digits.view(np.int64), bad == 0


def divide_by_power(mantissa: IntArray, exponent: IntArray) -> tuple[FloatArray, BoolArray]:
    """``mantissa / 10**exponent`` correctly rounded, and whether that is certain.

    Args:
        mantissa: int64 (n,), 0 to 10**18.
        exponent: int64 (n,), 0 to 22.

    Returns:
        float64 (n,) and bool (n,).

    """
    divisor = _POWERS.take(exponent)
    rounded = mantissa.astype(np.float64)
    quotient = rounded / divisor
    certain = np.ones(len(mantissa), np.bool_)
    large = np.flatnonzero(mantissa >= _EXACT_BELOW)
    if len(large):
        numerator = rounded.take(large)
        lost = (mantissa.take(large) - numerator.astype(np.int64)).astype(np.float64)
        quotient[large], certain[large] = _correct(quotient.take(large), numerator, divisor.take(large), lost)
    return quotient, certain


def _correct(
    quotient: FloatArray, numerator: FloatArray, divisor: FloatArray, lost: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """``(numerator + lost) / divisor`` from its first guess, and where it lies safely away from a tie."""
    product = quotient * divisor
    q_high, q_low = _halves(quotient)
    d_high, d_low = _halves(divisor)
    error = ((q_high * d_high - product) + q_high * d_low + q_low * d_high) + q_low * d_low
    correction = (((numerator - product) - error) + lost) / divisor
    quarters = 4 * correction / _spacing(quotient)
    nearest = np.rint(quarters)
    return quotient + correction, (np.abs(quarters - nearest) > 1e-6) | (nearest == 0)


def _halves(value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A float as the sum of two with half the bits each (Dekker)."""
    scaled = _SPLITTER * value
    high = scaled - (scaled - value)
    return high, value - high


def _spacing(value: FloatArray) -> FloatArray:
    """``np.spacing`` of positive normal numbers, by their exponent bits."""
    return (value.view(np.int64) & _EXPONENT_BITS).view(np.float64) * 2.0**-52
