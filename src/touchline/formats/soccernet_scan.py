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

from touchline.columns import EventColumns, IntArray
from touchline.formats.decimal_scan import Words, byte_masks, parse_digits, parse_fractions, words_at

KEYS = ("gameTime", "label", "position", "half", "confidence")
WORTH_BYTES = 20_000
"""Below this size the general reader is as quick."""

_LIST = re.compile(rb'"predictions"\s*:\s*\[')
_QUOTE = ord('"')
_MAX_FRAME = 256
_WIDTHS = (16, 24, 8, 1)
"""Longest text of each key but the last that is read here; a half is one digit."""

_LABEL_MASKS = byte_masks(_WIDTHS[1], last=False)
_HASH_BITS = 14
_HASH_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_QUOTES = np.uint64(0x2222222222222222)
_ONES = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)

Span = tuple[IntArray, IntArray]
"""First byte and end of the text of each row."""


def scan_predictions(data: bytes) -> tuple[dict[str, Any], EventColumns] | None:
    """The document without its events, and its events; None where the general reader is needed."""
    found = _LIST.search(data) if len(data) >= WORTH_BYTES else None
    if found is None or b"\\" in data:
        return None
    close = data.rfind(b"]")
    document = _rest(data[: found.end()] + data[close:])
    spans = _spans(data, found.end(), close) if document is not None else None
    columns = _columns(data, spans) if spans is not None else None
    return None if document is None or columns is None else (document, columns)


def _rest(text: bytes) -> dict[str, Any] | None:
    """The document around its list of predictions."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and document.get("predictions") == [] else None


def _spans(data: bytes, first: int, close: int) -> list[Span] | None:
    """Where each key's texts lie, once every row is known to be framed alike."""
    starts = _positions(data, ord("{"), close)
    starts = starts[np.searchsorted(starts, first) :]
    frames = _frames(data, first, starts[:2].tolist()) if len(starts) > 1 else None
    last_quote = data.rfind(b'"', 0, close)
    if frames is None or data[last_quote + 1 : close].strip() != b"}":
        return None
    spans: list[Span] = []
    cursor = starts
    for frame, width in zip(frames[:-1], (*_WIDTHS, 0), strict=True):
        if not _has_text(data, cursor, frame):
            return None
        cursor = cursor + len(frame)
        if int(cursor.max()) + width > len(data):
            return None
        if width:
            end = cursor + (_until_quote(words_at(data, cursor, size=width)) if width > 1 else 1)
            spans.append((cursor, end))
            cursor = end
    ends = np.append(starts[1:] - len(frames[-1]), last_quote)
    spans.append((cursor, ends))
    return spans if bool((ends > cursor).all()) and _has_text(data, ends[:-1], frames[-1]) else None


def _positions(data: bytes, byte: int, end: int) -> IntArray:
    """Where a byte stands before ``end``; of several within eight bytes only the first, a row being longer."""
    whole = end // 8 * 8
    hits = (np.frombuffer(data, np.uint8, count=whole) == byte).view("<u8")
    index = np.flatnonzero(hits != 0)
    hit = hits[index]
    inner = np.bitwise_count((hit - np.uint64(1)) & ~hit) >> 3
    tail = [i for i in range(whole, end) if data[i] == byte]
    return np.append(index * 8 + inner, np.array(tail, np.int64))


def _frames(data: bytes, first: int, starts: list[int]) -> list[bytes] | None:
    """The texts around the five values of a row, up to the start of the next one; None if rows are not the usual."""
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
    return frames if max(map(len, frames)) <= _MAX_FRAME else None


def _has_text(data: bytes, start: IntArray, text: bytes) -> bool:
    """Whether ``text`` stands at every start."""
    size = len(text)
    if int(start.max()) + size > len(data):
        return False
    view = np.ndarray((len(data) - size + 1,), f"V{size}", data, strides=(1,))
    return bytes(view[start]) == text * len(start)


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


def _columns(data: bytes, spans: list[Span]) -> EventColumns | None:
    """The columns, or None where a text is not of the usual kind."""
    _, label_span, (start, end), (half_start, _), confidence_span = spans
    size = end - start
    if int(size.min()) < 1:
        return None
    half = np.frombuffer(data, np.uint8)[half_start].astype(np.int64) - ord("0")
    position, position_good = parse_digits(data, end, size)
    labels = _labels(data, *label_span)
    if labels is None or not bool(((half >= 0) & (half <= 9) & position_good).all()):
        return None
    try:
        confidence = parse_fractions(data, *confidence_span)
    except ValueError:
        return None
    return EventColumns(*labels, half, position, confidence, np.ones(len(half), np.bool_))


def _labels(data: bytes, start: IntArray, end: IntArray) -> tuple[tuple[str, ...], IntArray] | None:
    """The distinct texts and the index of each row's; None where two of them hash alike."""
    words = words_at(data, start, size=_WIDTHS[1])
    words &= _LABEL_MASKS.take(end - start, axis=0)
    bucket = (words @ _HASH_FACTORS >> np.uint64(64 - _HASH_BITS)).astype(np.int64)
    example = np.full(1 << _HASH_BITS, -1, np.int64)
    example[bucket] = np.arange(len(bucket))
    if not np.array_equal(words.take(example[bucket], axis=0), words):
        return None
    used = np.flatnonzero(example >= 0)
    number = np.zeros(len(example), np.int64)
    number[used] = np.arange(len(used))
    try:
        texts = tuple(data[int(start[i]) : int(end[i])].decode() for i in example[used])
    except UnicodeDecodeError:
        return None
    return texts, number[bucket]
