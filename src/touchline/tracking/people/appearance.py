"""Clothing descriptors: a short vector per person that shadow and light hardly change.

Every colour is divided by the colour of the grass beside that person, which cancels shade, floodlights and the
camera's exposure. The same ratio separates a person's pixels from the grass; shirt, shorts and socks are described
separately.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32

DIMENSIONS = 45
"""Length of a descriptor."""

SHIRT = slice(0, 21)
SHORTS = slice(21, 42)
SOCKS = slice(42, 45)
"""Slices of the parts of a descriptor: 3 means and 3 x 6 histogram bins (square roots), the same, 3 means."""

_ROWS = 24
_INSIDE = 10
_BESIDE = 4
_BANDS = ((0.14, 0.48), (0.48, 0.68), (0.72, 0.98))
_BAND_ROWS = tuple(slice(math.ceil(top * _ROWS - 0.5), math.ceil(bottom * _ROWS - 0.5)) for top, bottom in _BANDS)
_FLOOR = 0.15
_BINS = 6
_BIN_RANGE = (-1.25, 1.25)
_GRASS_WIDTH = 0.3
_USUAL_GRASS = np.array([75.0, 105.0, 60.0], np.float32)
_PICTURE_SAMPLES = 4000
_AWAY_FROM_GRASS = 2.5
"""Seen by eye on a real and a simulated wide shot: white, light green, purple and black come out as such."""
_OPPONENT = np.array(
    [[1 / 3, 1 / 2**0.5, 1 / 6**0.5], [1 / 3, -1 / 2**0.5, 1 / 6**0.5], [1 / 3, 0.0, -2 / 6**0.5]], np.float32
)


def describe(rgb: npt.NDArray[np.uint8], boxes_xyxy: npt.NDArray[np.float32]) -> Floats32:
    """Describe the clothing of the people in boxes.

    Args:
        rgb: (H, W, 3), the frame.
        boxes_xyxy: (n, 4), pixels; may extend beyond the frame.

    Returns:
        (n, ``DIMENSIONS``), to be compared by Euclidean distance: logarithms of the ratio of colour to grass colour, in
        lightness, red against green, and yellow against blue. (0, ``DIMENSIONS``) without boxes.

    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"rgb has shape {rgb.shape} and type {rgb.dtype}; expected uint8 (height, width, 3)")
    if boxes_xyxy.ndim != 2 or boxes_xyxy.shape[1] != 4:
        raise ValueError(f"boxes_xyxy has shape {boxes_xyxy.shape}; expected (n, 4)")
    if len(boxes_xyxy) == 0:
        return np.zeros((0, DIMENSIONS), np.float32)
    samples = _sample(rgb, boxes_xyxy)
    inside = samples[:, :, _BESIDE:-_BESIDE] / _grass_beside(rgb, samples)[:, None, None]
    inside += _FLOOR
    ratio = (np.log(inside, out=inside).reshape(-1, 3) @ _OPPONENT).reshape(inside.shape)
    return _summary(ratio, _person_weight(ratio))


def shirt_rgb(descriptor: npt.NDArray[np.floating[Any]]) -> tuple[int, int, int]:
    """Return the approximate colour of a shirt in usual light, for showing, from a descriptor (``DIMENSIONS``,).

    A box of a distant person holds much grass, which pulls the mean towards green; the colour is moved away from it.
    """
    logs = np.asarray(descriptor[:3], np.float64) @ np.linalg.inv(_OPPONENT.astype(np.float64))
    mean = (np.exp(logs) - _FLOOR) * _USUAL_GRASS
    away = _USUAL_GRASS + _AWAY_FROM_GRASS * (mean - _USUAL_GRASS)
    red, green, blue = (int(value) for value in np.rint(away).clip(0, 255))
    return red, green, blue


def _sample(rgb: npt.NDArray[np.uint8], boxes_xyxy: Floats32) -> Floats32:
    """Sample colours (n, rows, columns, 3) on a grid over each box and a strip on either side of it."""
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = boxes_xyxy.T.astype(np.float32)
    down = (np.arange(_ROWS, dtype=np.float32) + 0.5) / _ROWS
    across = (np.arange(-_BESIDE, _INSIDE + _BESIDE, dtype=np.float32) + 0.5) / _INSIDE
    rows = np.clip(y0[:, None] + (y1 - y0)[:, None] * down, 0, height - 1).astype(np.intp)
    columns = np.clip(x0[:, None] + (x1 - x0)[:, None] * across, 0, width - 1).astype(np.intp)
    places = rows[:, :, None] * width + columns[:, None, :]
    return np.ascontiguousarray(rgb).reshape(-1, 3).take(places, axis=0).astype(np.float32)


def _grass_beside(rgb: npt.NDArray[np.uint8], samples: Floats32) -> Floats32:
    """Return the grass colour (n, 3) beside each box; that of the whole frame for a box without grass beside it."""
    everywhere = _grass_of_picture(rgb)
    beside = np.concatenate([samples[:, :, :_BESIDE], samples[:, :, -_BESIDE:]], axis=2)
    beside = beside.reshape(len(samples), -1, 3)
    chroma = np.log((beside + 4) / (everywhere + 4)).reshape(-1, 3) @ _OPPONENT[:, 1:]
    distance = (chroma[:, 0] ** 2 + chroma[:, 1] ** 2).reshape(len(samples), -1)
    like_grass = (distance < _GRASS_WIDTH**2).astype(np.float32)
    found = like_grass.sum(axis=1)
    trust = 0.1 * beside.shape[1]
    total = (beside * like_grass[:, :, None]).sum(axis=1) + trust * everywhere
    return np.maximum(total / (found + trust)[:, None], 1.0)


def _grass_of_picture(rgb: npt.NDArray[np.uint8]) -> Floats32:
    """Return the typical grass colour (3,) of a frame; a standard green if there is hardly any grass."""
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / _PICTURE_SAMPLES) ** 0.5))
    pixels = rgb[step // 2 :: step, step // 2 :: step].reshape(-1, 3)
    red, green, blue = pixels.T.astype(np.float32)
    is_green = (green > 1.05 * red) & (green > 1.1 * blue) & (green > 20)
    if is_green.sum() < 0.05 * len(pixels):
        return _USUAL_GRASS
    return np.array([_median_of_bytes(channel[is_green]) for channel in pixels.T], np.float32)


def _median_of_bytes(values: npt.NDArray[np.uint8]) -> float:
    """Return the median of 8-bit values, at least one, by counting them."""
    below = np.cumsum(np.bincount(values, minlength=256))
    lower, upper = np.searchsorted(below, [(len(values) - 1) // 2, len(values) // 2], side="right")
    return float(lower + upper) / 2


def _person_weight(ratio: Floats32) -> Floats32:
    """Return the weight of each sample (n, rows, columns): unlike grass, and near the middle line of the box."""
    away = ratio - np.float32(np.log(1 + _FLOOR)) * _OPPONENT.sum(axis=0)
    away *= away
    distance = np.float32(0.5) * away[..., 0] + away[..., 1] + away[..., 2]
    unlike = 1 - np.exp(distance * np.float32(-0.5) / np.float32(0.2**2))
    across = (np.arange(_INSIDE, dtype=np.float32) + 0.5) / _INSIDE
    middle = np.exp(-0.5 * ((across - 0.5) / 0.22) ** 2)
    return (unlike + 0.02) * middle


def _summary(ratio: Floats32, weight: Floats32) -> Floats32:
    """Return descriptors (n, DIMENSIONS) from colours (n, rows, columns, 3) and the weight of each sample."""
    parts = []
    for band, inside in enumerate(_BAND_ROWS):
        values = ratio[:, inside].reshape(len(ratio), -1, 3)
        share = weight[:, inside].reshape(len(ratio), -1)
        share = share / share.sum(axis=1, keepdims=True)
        parts.append(np.einsum("ns,nsc->nc", share, values))
        if band < 2:
            parts.append(np.sqrt(_histograms(values, share)).reshape(len(ratio), -1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _histograms(values: Floats32, share: Floats32) -> Floats32:
    """Return histograms (n, 3, bins) of samples (n, s, 3), weights (n, s); a sample is split between adjacent bins."""
    low, high = _BIN_RANGE
    place = ((values - low) / (high - low) * (_BINS - 1)).clip(0, _BINS - 1)
    near = place[..., None] - np.arange(_BINS, dtype=np.float32)
    np.abs(near, out=near)
    np.subtract(1, near, out=near)
    np.maximum(near, 0, out=near)
    count = len(values)
    return np.einsum("ns,nsk->nk", share, near.reshape(count, -1, 3 * _BINS)).reshape(count, 3, _BINS)
