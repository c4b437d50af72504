"""A confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError

_CELL_PX = 72
_LETTER_PX = 11
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_INK = (30, 30, 30)
_FULL_RGB = np.array([24, 84, 148], np.float64)


def draw_confusion(path: Path, confusion: npt.ArrayLike, *, labels: Sequence[str]) -> None:
    """Write a confusion matrix (classes, classes) as PNG: true classes in rows, shades are shares of a row.

    Raises:
        ResourceError: the file cannot be written.

    """
    matrix = np.asarray(confusion, np.int64)
    side = max(60, max(len(label) for label in labels) * _LETTER_PX + 20)
    count = len(labels)
    canvas = np.full((side + count * _CELL_PX + 10, side + count * _CELL_PX + 10, 3), 255, np.uint8)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    for row in range(count):
        for column in range(count):
            _cell(canvas, row, column, side=side, share=float(shares[row, column]), number=int(matrix[row, column]))
    for k, label in enumerate(labels):
        y = side + k * _CELL_PX + _CELL_PX // 2 + 5
        cv2.putText(canvas, label, (8, y), _FONT, 0.5, _INK, 1, cv2.LINE_AA)
    top = np.full((canvas.shape[0], side, 3), 255, np.uint8)  # column names, drawn horizontally and then rotated
    for k, label in enumerate(labels):
        y = side + k * _CELL_PX + _CELL_PX // 2 + 5
        cv2.putText(top, label, (8, y), _FONT, 0.5, _INK, 1, cv2.LINE_AA)
    canvas[:side, side:] = np.rot90(top[side:])
    cv2.putText(canvas, "true / pred.", (8, 20), _FONT, 0.45, _INK, 1, cv2.LINE_AA)
    if not cv2.imwrite(str(path), canvas[:, :, ::-1]):
        raise ResourceError(f"{path}: cannot be written; is it a .png in a folder that exists?")


def _cell(canvas: npt.NDArray[np.uint8], row: int, column: int, *, side: int, share: float, number: int) -> None:
    x, y = side + column * _CELL_PX, side + row * _CELL_PX
    shade = 255 + (_FULL_RGB - 255) * share
    canvas[y : y + _CELL_PX, x : x + _CELL_PX] = np.round(shade)
    cv2.rectangle(canvas, (x, y), (x + _CELL_PX, y + _CELL_PX), (210, 210, 210), 1)
    ink = (255, 255, 255) if share > 0.55 else _INK
    text = str(number)
    width = cv2.getTextSize(text, _FONT, 0.55, 1)[0][0]
    cv2.putText(canvas, text, (x + (_CELL_PX - width) // 2, y + _CELL_PX // 2 + 6), _FONT, 0.55, ink, 1, cv2.LINE_AA)
