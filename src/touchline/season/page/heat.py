"""Heat maps as small pictures with a transparent ground, so that they fit light and dark pages."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.geometry.pitch import STANDARD
from touchline.season.reading.people import CELL_M, CELLS

_LEVELS = 48
_LOW_RGB, _HIGH_RGB = np.array((250, 178, 40)), np.array((214, 40, 40))
_MOST_OPAQUE = 230
_BLUR = np.array((0.25, 0.5, 0.25))


def heat_grid(x_m: Iterable[float], y_m: Iterable[float], seconds: Iterable[float]) -> Floats64:
    """Return seconds by cell (across, along), the far side first; arguments are columns of the places."""
    grid = np.zeros((CELLS[1], CELLS[0]))
    along = np.floor((np.asarray(list(x_m)) + STANDARD.length_m / 2) / CELL_M[0]).astype(int)
    across = np.floor((np.asarray(list(y_m)) + STANDARD.width_m / 2) / CELL_M[1]).astype(int)
    np.add.at(grid, (CELLS[1] - 1 - across, along), np.asarray(list(seconds), np.float64))
    return grid


def heat_picture(grid: Floats64) -> str:
    """Return a grid as a base64 PNG, one pixel a cell; the warmest cell is the same colour on every picture."""
    smooth = _blurred(grid)
    level = np.sqrt(smooth / max(float(smooth.max()), 1e-9)) * (_LEVELS - 1)
    return base64.b64encode(_png(np.rint(level).astype(np.uint8))).decode("ascii")


def _blurred(grid: Floats64) -> Floats64:
    for axis in (0, 1):
        grid = np.apply_along_axis(lambda line: np.convolve(line, _BLUR, mode="same"), axis, grid)
    return grid


def _png(levels: np.ndarray) -> bytes:
    """Return levels (rows, columns) as a PNG with a palette."""
    share = np.linspace(0, 1, _LEVELS)
    colours = np.rint(_LOW_RGB + share[:, None] * (_HIGH_RGB - _LOW_RGB)).astype(np.uint8)
    opacity = np.rint(_MOST_OPAQUE * share).astype(np.uint8)
    rows, columns = levels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in levels)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", colours.tobytes()),
        (b"tRNS", opacity.tobytes()),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
