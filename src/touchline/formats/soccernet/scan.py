"""Large result files read without building an object for each event.

Result files are one object repeated: the same five keys with texts between. Where every row has the same frame around
its texts, byte for byte, the texts are cut out and read column by column. Where anything is out of the ordinary, None
says so and the general reader takes over; a file read here gives what that reader would give.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import orjson

from touchline.core.columns import EventColumns, IntArray
from touchline.formats.files.decimal_scan import Words, byte_masks, parse_digits, parse_fractions, words_at

KEYS = ("gameTime", "label", "position", "half", "confidence")
WORTH_BYTES = 20_000
"""Below this size the general reader is as quick."""

_LIST = re.compile(rb'"predictions"\s*:\s*\[')
_QUOTE = ord('"')
_MAX_FRAME = 256
_MAX_CLOCK = 16
_MAX_LABEL = 24
_MAX_LABELS = 256
_HASH_BITS = 14
_HASH_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_QUOTES = np.uint64(0x2222222222222222)
_ONES = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)


def scan_predictions(data: bytes) -> tuple[dict[str, Any], EventColumns] | None:
    """The document without its events, and its events; None where the general reader is needed."""
    found = _LIST.search(data) if len(data) >= WORTH_BYTES else None
    if found is None or b"\\" in data:
        return None
    close = data.rfind(b"]")
    document = _rest(data[: found.end()] + data[close:])
    columns = _rows(data, found.end(), close) if document is not None else None
    return None if document is None or columns is None else (document, columns)


def _rest(text: bytes) -> dict[str, Any] | None:
    """The document around its list of predictions."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and document.get("predictions") == [] else None


def _rows(data: bytes, first: int, close: int) -> EventColumns | None:
    """The events between ``first`` and ``close``, once every row is known to be framed alike."""
    starts = _positions(data, ord("{"), close)
    starts = starts[np.searchsorted(starts, first) :]
    texts = _first_row(data, first, starts[:2].tolist()) if len(starts) > 1 else None
    last_quote = data.rfind(b'"', 0, close)
    if texts is None or data[last_quote + 1 : close].strip() != b"}":
        return None
    frames, clock = texts
    label_start = _label_starts(data, starts, frames, clock)
    labels = _labels(data, label_start, frames[2]) if label_start is not None else None
    if labels is None:
        return None
    names, label, cursor = labels
    numbers = _positions_and_halves(data, cursor, frames)
    if numbers is None:
        return None
    position, half, cursor = numbers
    ends = np.append(starts[1:] - len(frames[-1]), last_quote)
    if not bool((ends > cursor).all()):
        return None
    try:
        confidence = parse_fractions(data, cursor, ends)
    except ValueError:
        return None
    return EventColumns(names, label, half, position, confidence, np.ones(len(half), np.bool_))


def _positions(data: bytes, byte: int, end: int) -> IntArray:
    """Where a byte stands before ``end``; of several within eight bytes only the first, a row being longer."""
    whole = end // 8 * 8
    hits = (np.frombuffer(data, np.uint8, count=whole) == byte).view("<u8")
    index = np.flatnonzero(hits != 0)
    hit = hits[index]
    inner = np.bitwise_count((hit - np.uint64(1)) & ~hit) >> 3
    tail = [i for i in range(whole, end) if data[i] == byte]
    return np.append(index * 8 + inner, np.array(tail, np.int64))


def _first_row(data: bytes, first: int, starts: list[int]) -> tuple[list[bytes], bytes] | None:
    """The texts around the five values of a row, up to the start of the next one, and the first value.

    None if rows are not the usual.
    """
    two_rows = data[first : data.find(b"}", starts[1]) + 1]
    try:
        pair = orjson.loads(b"[" + two_rows + b"]")
    except orjson.JSONDecodeError:
        return None
    if len(pair) != 2 or not all(isinstance(row, dict) and tuple(row) == KEYS for row in pair):
        return None
    row = data[starts[0] : starts[1]]
    quotes = [i for i, byte in enumerate(row) if byte == _QUOTE]
    if len(quotes) != 4 * len(KEYS) or not all(isinstance(value, str) for value in pair[0].values()):
        return None
    edges = [0, *(i + (at % 4 == 2) for at, i in enumerate(quotes) if at % 4 >= 2), len(row)]
    frames = [row[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return (frames, row[edges[1] : edges[2]]) if max(map(len, frames)) <= _MAX_FRAME else None


def _label_starts(data: bytes, starts: IntArray, frames: list[bytes], clock: bytes) -> IntArray | None:
    """Where each row's label begins; the clock before it only has to be a text.

    The first row is the model of all others. Clocks mostly differ in their digits only, so that one comparison does.
    """
    lead = frames[-1] + frames[0]
    before = starts[1:] - len(frames[-1])
    if _stands(data, before, lead + clock + frames[1], digits=range(len(lead), len(lead) + len(clock))):
        return starts + len(frames[0] + clock + frames[1])
    cursor = starts + len(frames[0])
    if not _stands(data, before, lead) or int(cursor[-1]) + _MAX_CLOCK > len(data):
        return None
    cursor += _until_quote(words_at(data, cursor, size=_MAX_CLOCK))
    return cursor + len(frames[1]) if _stands(data, cursor, frames[1]) else None


def _stands(data: bytes, start: IntArray, text: bytes, *, digits: range = range(0)) -> bool:
    """Whether ``text`` stands at every start; where it has digits in the range ``digits``, any will do."""
    size = _whole_words(len(text))
    if int(start[-1]) + size > len(data):
        return False
    kept = bytes(0xF0 if i in digits and 48 <= byte <= 57 else 0xFF for i, byte in enumerate(text))
    difference = words_at(data, start, size=size)
    difference ^= _as_words(text, size, times=len(start))
    difference &= _as_words(kept, size, times=len(start))
    return _all_zero(difference)


def _whole_words(size: int) -> int:
    """The size rounded up to words."""
    return (size + 7) // 8 * 8


def _as_words(text: bytes, size: int, *, times: int) -> Words:
    """(times, size // 8): the text as words, zeros after it; NumPy combines whole arrays quicker than rows."""
    return np.frombuffer(text.ljust(size, b"\0") * times, "<u8").reshape(times, size // 8)


def _all_zero(words: Words) -> bool:
    """Whether no bit is set."""
    return not np.bitwise_or.reduce(words, axis=None)


def _until_quote(words: Words) -> IntArray:
    """(n,): bytes before the first quote in each row of words; all of them where there is none."""
    other = words ^ _QUOTES
    found = other - _ONES
    found &= ~other
    found &= _HIGH_BITS
    counts = np.bitwise_count((found - np.uint64(1)) & ~found).T >> 3
    total, unfound = counts[0].copy(), counts[0] == 8
    for count in counts[1:]:
        total += count * unfound
        unfound &= count == 8
    return total.astype(np.int64)


def _labels(data: bytes, start: IntArray, frame: bytes) -> tuple[tuple[str, ...], IntArray, IntArray] | None:
    """The distinct labels, the index of each row's, and where the frame behind it ends; None where that is not so.

    Label and frame fill the two words hashed here, so rows of one label share a bucket. One row of each bucket is read
    and all others are compared with it.
    """
    size = _whole_words(_MAX_LABEL + len(frame))
    if int(start[-1]) + size > len(data):
        return None
    words = words_at(data, start, size=size)
    hashed = words[:, 0] * _HASH_FACTORS[0] + words[:, 1] * _HASH_FACTORS[1]
    bucket = (hashed >> np.uint64(64 - _HASH_BITS)).astype(np.int64)
    example = np.full(1 << _HASH_BITS, -1, np.int64)
    example[bucket] = np.arange(len(bucket))
    used = np.flatnonzero(example >= 0)
    texts = [_label_at(data, at) for at in start[example[used]].tolist()] if len(used) <= _MAX_LABELS else []
    names = _decode(texts)
    if names is None:
        return None
    number = np.zeros(len(example), np.int64)
    number[used] = np.arange(len(used))
    label = number.take(bucket)
    sizes = np.array([len(text) + len(frame) for text in texts], np.int64)
    wanted = b"".join((text + frame).ljust(size, b"\0") for text in texts)
    words ^= np.frombuffer(wanted, "<u8").reshape(len(texts), -1).take(label, axis=0)
    words &= byte_masks(size, last=False).take(sizes, axis=0).take(label, axis=0)
    return (names, label, start + sizes.take(label)) if _all_zero(words) else None


def _label_at(data: bytes, start: int) -> bytes:
    """The text up to the next quote, as far as a label may be long."""
    return data[start : start + _MAX_LABEL].partition(b'"')[0]


def _decode(texts: list[bytes]) -> tuple[str, ...] | None:
    """The texts, if they are distinct and at least one."""
    try:
        return tuple(text.decode() for text in texts) if texts and len(set(texts)) == len(texts) else None
    except UnicodeDecodeError:
        return None


def _positions_and_halves(
    data: bytes, start: IntArray, frames: list[bytes]
) -> tuple[IntArray, IntArray, IntArray] | None:
    """Positions that start where given, the halves after them, and where the next text starts."""
    if int(start[-1]) + 8 > len(data):
        return None
    words = words_at(data, start, size=8)
    count = _until_quote(words)
    cursor = start + count
    before, after = frames[3:5]
    if int(count.min()) < 1 or not _stands(
        data, cursor, before + b"0" + after, digits=range(len(before), len(before) + 1)
    ):
        return None
    position, good = parse_digits(words[:, 0], count)
    half = np.frombuffer(data, np.uint8)[cursor + len(before)].astype(np.int64) - ord("0")
    if not good or int(half.max()) > 9:
        return None
    return position, half, cursor + len(before + after) + 1
