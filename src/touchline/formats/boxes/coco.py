"""COCO's JSON for boxes: a file of truth, and one of results.

Truth is an object with ``images`` (``id``, ``file_name``), ``categories`` (``id``, ``name``) and ``annotations``
(``image_id``, ``category_id``, ``bbox`` as left, top, width, height). Results are a list of objects with ``image_id``,
``category_id``, ``bbox`` and ``score``, their numbers those of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.errors import InputError
from touchline.core.tracks import Detections
from touchline.formats.files.json_files import parse_json
from touchline.formats.files.text_lines import read_data

_LARGEST_PX = 1e7


@dataclass(frozen=True, slots=True)
class CocoTruth:
    """The boxes of a file of truth.

    Attributes:
        images: file name of each image by its number.
        classes: index into the labels asked for, by category number; None for a category that is not among them.
        boxes: the boxes of each image by its number, confidence 1; every image has an entry.

    """

    images: Mapping[int, str]
    classes: Mapping[int, int | None]
    boxes: Mapping[int, Detections]

    @property
    def left_out(self) -> int:
        """How many categories are not scored."""
        return sum(index is None for index in self.classes.values())


def read_coco_truth(path: Path | str, *, labels: Sequence[str]) -> CocoTruth:
    """Return the truth of a COCO file.

    Args:
        path: the file.
        labels: names of the classes wanted; upper and lower case are the same.

    Raises:
        InputError: not readable, not such a file, or an entry that is not a box; the message has its number.

    """
    path = Path(path)
    document = parse_json(read_data(path), source=str(path))
    if not isinstance(document, dict):
        raise InputError(f"{path}: holds a JSON list; truth must be an object with images, categories and annotations")
    images = {_whole(row, "id", where=at): str(row.get("file_name", "")) for at, row in _rows(document, "images", path)}
    index = {label.casefold(): i for i, label in enumerate(labels)}
    classes = {
        _whole(row, "id", where=at): index.get(str(row.get("name")).casefold())
        for at, row in _rows(document, "categories", path)
    }
    if all(found is None for found in classes.values()):
        names = [str(row.get("name")) for _, row in _rows(document, "categories", path)]
        raise InputError(
            f"{path}: none of its categories {names[:9]} is one of {list(labels)}; name them with --labels"
        )
    rows = [(where, {**row, "score": 1}) for where, row in _rows(document, "annotations", path)]
    for where, row in rows:
        if row.get("iscrowd"):
            raise InputError(f"{where}: iscrowd {row['iscrowd']!r} marks a crowd, which is not scored; take it out")
    return CocoTruth(images, classes, _boxes(rows, images, classes))


def read_coco_results(path: Path | str, truth: CocoTruth) -> Mapping[int, Detections]:
    """Return the boxes of a COCO file of results, by image number; every image of the truth has an entry.

    Raises:
        InputError: not readable, not such a file, or an entry that is not a box of the truth's images and categories.

    """
    path = Path(path)
    document = parse_json(read_data(path), source=str(path))
    rows = _rows({"results": document} if isinstance(document, list) else {}, "results", path)
    return _boxes(rows, truth.images, truth.classes)


def _rows(document: Mapping[str, Any], key: str, path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """Where each entry of a list stands, and the entry."""
    rows = document.get(key)
    if not isinstance(rows, list):
        raise InputError(f"{path}: has no list {key!r}; is this a COCO file?")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputError(f"{path}: {key}[{number}]: {str(row)[:40]!r} is no object")
    return [(f"{path}: {key}[{number}]", row) for number, row in enumerate(rows)]


def _boxes(
    rows: Iterable[tuple[str, Mapping[str, Any]]], images: Mapping[int, str], classes: Mapping[int, int | None]
) -> dict[int, Detections]:
    """Return the boxes of each image."""
    found: dict[int, list[tuple[float, ...]]] = {image: [] for image in images}
    for where, row in rows:
        image, category = _whole(row, "image_id", where=where), _whole(row, "category_id", where=where)
        if image not in found:
            raise InputError(f"{where}: image_id {image} is none of the truth's {len(images)} images")
        if category not in classes:
            raise InputError(f"{where}: category_id {category} is none of the truth's {sorted(classes)}")
        index = classes[category]
        box = _box(row, where=where)
        if index is not None:
            found[image].append((index, *box))
    return {image: _detections(values) for image, values in found.items()}


def _box(row: Mapping[str, Any], *, where: str) -> tuple[float, ...]:
    """Score, left, upper, right, lower edge."""
    bbox = row.get("bbox")
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise InputError(f"{where}: bbox {str(bbox)[:40]!r} is no list of left, top, width, height")
    left, top, width, height = (_number(value, "bbox", where=where, limit=_LARGEST_PX) for value in bbox)
    if width < 0 or height < 0:
        raise InputError(f"{where}: bbox {bbox} has a negative size; it must be left, top, width, height")
    score = _number(row.get("score"), "score", where=where, limit=1e30)
    return score, left, top, left + width, top + height


def _detections(values: list[tuple[float, ...]]) -> Detections:
    """Boxes from rows of class, score and edges."""
    rows = np.array(values, np.float64).reshape(len(values), 6)
    boxes = rows[:, 2:].astype(np.float32)
    return Detections(boxes, rows[:, 1].astype(np.float32), rows[:, 0].astype(np.int64))


def _whole(row: Mapping[str, Any], key: str, *, where: str) -> int:
    """Return a whole number."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{where}: {key} {str(value)[:40]!r} is no whole number")
    return value


def _number(value: object, key: str, *, where: str, limit: float) -> float:
    """Return a number of a sensible size."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.fabs(value) <= limit:
        raise InputError(f"{where}: {key} {str(value)[:40]!r} is no number up to {limit:g}")
    return float(value)
