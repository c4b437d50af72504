"""Decoded pictures on their way between processes: their planes as bytes, and what the decoder says of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from av import VideoFrame
from av.video.plane import VideoPlane

from touchline.media.isolation import chroma
from touchline.media.isolation.shared import ALIGNED, aligned
from touchline.media.pixel_shape import set_shape, shape_of

Plain = dict[str, Any]
_NUMBERS = ("color_range", "colorspace", "color_trc", "color_primaries")
_MOST_SIDE = 1 << 16


def to_plain(frame: VideoFrame, beside: Callable[[int, Callable[[memoryview], None]], int]) -> Plain:
    """Return what describes a picture; ``beside`` takes the size of its planes, and what writes them."""
    name = frame.format.name
    layout = _layout(frame.width, frame.height, name)
    at = beside(sum(size for size, _ in layout), lambda room: _write(frame.planes, layout, room))
    base, shape = frame.time_base, shape_of(frame)
    place = chroma.place_of(frame, _copied) if chroma.matters(frame) else ""
    return {
        "at": at,
        "size": [frame.width, frame.height],
        "format": name,
        "numbers": [int(getattr(frame, number)) for number in _NUMBERS],
        "place": place,
        "pts": frame.pts,
        "base": None if base is None else [base.numerator, base.denominator],
        "shape": None if shape is None else [shape.numerator, shape.denominator],
    }


def from_plain(plain: Plain, room: memoryview) -> VideoFrame:
    """Return the picture that is described, its planes copied from the room.

    Raises:
        ValueError: it describes no picture, or one beyond the room.

    """
    try:
        at, (width, height), name = plain["at"], plain["size"], plain["format"]
        numbers, pts, base, place = plain["numbers"], plain["pts"], plain["base"], plain["place"]
        shape = plain["shape"]
        whole = [at, width, height, *numbers, *([] if pts is None else [pts]), *(base or []), *(shape or [])]
    except (KeyError, TypeError) as error:
        raise ValueError("not a picture") from error
    if any(ratio is not None and len(ratio) != 2 for ratio in (base, shape)):
        raise ValueError("not a picture")
    if not all(type(value) is int for value in whole) or not isinstance(name, str) or len(numbers) != len(_NUMBERS):
        raise ValueError("not a picture")
    if not (0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE and 0 <= at <= len(room)) or at % ALIGNED:
        raise ValueError(f"a picture of {width}x{height} at {at}")
    if width * height > 8 * len(room):
        raise ValueError(f"a picture of {width}x{height} in {len(room)} bytes")
    if place not in ("", *chroma.PLACES):
        raise ValueError(f"colours at {str(place)[:20]}")
    filled = _filled(VideoFrame(width, height, name), room[at:], numbers=numbers, pts=pts, base=base)
    placed = chroma.placed(filled, place)
    set_shape(placed, Fraction(*shape) if shape and shape[1] > 0 else None)
    return placed


def _filled(
    frame: VideoFrame, room: memoryview, *, numbers: list[int], pts: int | None, base: list[int] | None
) -> VideoFrame:
    """Return a new frame with planes copied from the start of the room."""
    at = 0
    for plane in frame.planes:
        size = plane.buffer_size
        if at + size > len(room):
            raise ValueError(f"a picture of {frame.width}x{frame.height} is larger than its room")
        plane.update(room[at : at + size])
        at = aligned(at + size)
    for name, number in zip(_NUMBERS, numbers, strict=True):
        setattr(frame, name, number)
    frame.pts = pts
    if base is not None and base[1] > 0:
        frame.time_base = Fraction(*base)
    return frame


def _copied(frame: VideoFrame) -> VideoFrame:
    """Return a new frame with the same planes and numbers."""
    layout = _layout(frame.width, frame.height, frame.format.name)
    room = memoryview(bytearray(sum(size for size, _ in layout)))
    _write(frame.planes, layout, room)
    numbers = [int(getattr(frame, number)) for number in _NUMBERS]
    return _filled(VideoFrame(frame.width, frame.height, frame.format.name), room, numbers=numbers, pts=None, base=None)


@lru_cache(maxsize=64)
def _layout(width: int, height: int, name: str) -> tuple[tuple[int, int], ...]:
    """Return the bytes of each plane of a new frame, rounded up, and of each of its lines: where they lie in a slot."""
    return tuple((aligned(plane.buffer_size), plane.line_size) for plane in VideoFrame(width, height, name).planes)


def _write(planes: tuple[VideoPlane, ...], layout: tuple[tuple[int, int], ...], room: memoryview) -> None:
    """Copy planes as they lie in a new frame, whose lines may be shorter or longer."""
    at = 0
    for plane, (size, line) in zip(planes, layout, strict=True):
        source, into = np.frombuffer(memoryview(plane), np.uint8), np.frombuffer(room[at : at + size], np.uint8)
        if line and plane.line_size:
            rows, both = plane.height, min(line, plane.line_size)
            source = source[: rows * plane.line_size].reshape(rows, plane.line_size)
            into[: rows * line].reshape(rows, line)[:, :both] = source[:, :both]
        else:  # a palette
            both = min(len(source), len(into))
            into[:both] = source[:both]
        at += size
