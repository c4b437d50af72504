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
from touchline.formats.decimal_scan import byte_masks, parse_digits, parse_fractions, words_at

KEYS = frozenset({"gameTime", "label", "position", "half", "confidence"})
WORTH_BYTES = 20_000
"""Below this size the general reader is as quick."""

_LIST = re.compile(rb'"predictions"\s*:\s*\[')
_QUOTES = 4 * len(KEYS)
_MAX_FRAME = 256
_LABEL_BYTES = 32
_LABEL_MASKS = byte_masks(_LABEL_BYTES, last=False)
_HASH_BITS = 14
_HASH_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)

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


def _spans(data: bytes, first: int, close: int) -> dict[str, Span] | None:
    """Where each key's texts lie, once every row is known to be framed alike."""
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8, count=close) == ord('"'))
    quotes = quotes[np.searchsorted(quotes, first) :]
    if len(quotes) % _QUOTES or len(quotes) < 2 * _QUOTES:
        return None
    rows = quotes.reshape(-1, _QUOTES)
    keys = _first_keys(data[first : int(rows[1, -1]) + 1])
    if keys is None or data[int(rows[-1, -1]) + 1 : close].strip() != b"}":
        return None
    opens, closes = rows[:, 2::4], rows[:, 3::4]
    frames = [(closes[:, i], opens[:, i + 1]) for i in range(len(keys) - 1)]
    frames.append((closes[:-1, -1], opens[1:, 0]))
    if not all(_same_text(data, start, end) for start, end in frames):
        return None
    return {key: (opens[:, i] + 1, closes[:, i]) for i, key in enumerate(keys)}


def _first_keys(two_rows: bytes) -> list[str] | None:
    """The keys, in order, of the first two rows, given from the list's start to the last quote of the second."""
    try:
        pair = orjson.loads(b"[" + two_rows + b"}]")
    except orjson.JSONDecodeError:
        return None
    if not all(isinstance(row, dict) and row.keys() == KEYS for row in pair) or len(pair) != 2:
        return None
    texts = all(isinstance(value, str) for row in pair for value in row.values())
    return list(pair[0]) if texts and list(pair[0]) == list(pair[1]) else None


def _same_text(data: bytes, start: IntArray, end: IntArray) -> bool:
    """Whether ``data[start:end]`` is the same text everywhere."""
    size = int(end[0] - start[0])
    if size > _MAX_FRAME or not bool((end - start == size).all()):
        return False
    view = np.ndarray((len(data) - size + 1,), f"V{size}", data, strides=(1,))
    return bytes(view[start]) == data[int(start[0]) : int(end[0])] * len(start)


def _columns(data: bytes, spans: dict[str, Span]) -> EventColumns | None:
    """The columns, or None where a text is not of the usual kind."""
    half_start, half_end = spans["half"]
    start, end = spans["position"]
    size = end - start
    if bool((half_end - half_start != 1).any()) or int(size.max()) > 8 or int(size.min()) < 1:
        return None
    half = np.frombuffer(data, np.uint8)[half_start].astype(np.int64) - ord("0")
    position, position_good = parse_digits(data, end, size)
    labels = _labels(data, *spans["label"])
    if labels is None or not bool(((half >= 0) & (half <= 9) & position_good).all()):
        return None
    try:
        confidence = parse_fractions(data, *spans["confidence"])
    except ValueError:
        return None
    return EventColumns(*labels, half, position, confidence, np.ones(len(half), np.bool_))


def _labels(data: bytes, start: IntArray, end: IntArray) -> tuple[tuple[str, ...], IntArray] | None:
    """The distinct texts and the index of each row's; None where two of them hash alike or one is long."""
    size = end - start
    if int(size.max()) > _LABEL_BYTES or int(start[-1]) + _LABEL_BYTES > len(data):
        return None
    words = words_at(data, start, size=_LABEL_BYTES) & _LABEL_MASKS.take(size, axis=0)
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
