"""YOLO text files: the boxes of one picture, one ``class centre_x centre_y width height [confidence]`` per line.

Coordinates are fractions of the picture's width and height; the class is an index into a list of labels.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from touchline.core.errors import InputError
from touchline.core.tracks import DETECTION_LABELS, Detections
from touchline.formats.files.text_lines import parse_number, read_text

_NUMBERS = ("centre_x", "centre_y", "width", "height", "confidence")
_FARTHEST = 1.5
"""Coordinates beyond this are assumed to be pixels."""


def read_yolo(path: Path | str, *, width: float, height: float, class_count: int = len(DETECTION_LABELS)) -> Detections:
    """Read the boxes of one picture; an empty file has none.

    Args:
        path: the text file.
        width: width of the picture, pixels; 1 leaves the boxes as fractions.
        height: height of the picture, pixels; 1 leaves the boxes as fractions.
        class_count: number of classes; indices are 0 to ``class_count`` - 1.

    Raises:
        InputError: the file is unreadable, or a line is not a box; the message gives its number.

    """
    path = Path(path)
    rows = [
        _row(line, where=f"{path}: line {number}", class_count=class_count)
        for number, line in enumerate(read_text(path).split("\n"), 1)
        if line.strip()
    ]
    values = np.array(rows, np.float64).reshape(len(rows), 6)
    centre, half = values[:, 1:3], values[:, 3:5] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1) * [width, height, width, height]
    return Detections(boxes.astype(np.float32), values[:, 5].astype(np.float32), values[:, 0].astype(np.int64))


def _row(line: str, *, where: str, class_count: int) -> list[float]:
    """Return the class, centre, size and confidence of one line; the confidence defaults to 1."""
    parts = line.split()
    if len(parts) not in (5, 6):
        more = "; commas? YOLO has spaces between columns and decimal points" if "," in line else ""
        more = "; only boxes are supported, not outlines or keypoints" if len(parts) > 6 else more
        raise InputError(f"{where}: {len(parts)} columns, not 5 or 6 (class x y width height [confidence]){more}")
    if not (parts[0].isascii() and parts[0].isdigit() and int(parts[0]) < class_count):
        raise InputError(f"{where}: class {parts[0][:40]!r} is not a whole number from 0 to {class_count - 1}")
    numbers = [_number(part, name, where=where) for part, name in zip(parts[1:], _NUMBERS, strict=False)]
    for name, value in zip(_NUMBERS, numbers, strict=False):
        low = -_FARTHEST if name.startswith("centre") else 0.0
        if value < low:
            raise InputError(f"{where}: {name} {value:g} is less than {low:g}")
        if value > (1.0 if name == "confidence" else _FARTHEST):
            raise InputError(f"{where}: {name} {value:g} is too large; YOLO uses fractions of the picture, not pixels")
    return [float(parts[0]), *numbers] if len(numbers) == 5 else [float(parts[0]), *numbers, 1.0]


def _number(text: str, name: str, *, where: str) -> float:
    """Parse a finite number."""
    value = parse_number(text)
    if not math.isfinite(value):
        hint = "; use decimal points, not commas" if "," in text else ""
        raise InputError(f"{where}: {name} {text[:40]!r} is not a finite number{hint}")
    return value
