"""COCO's JSON for boxes: a ground truth file and a results file.

The truth is an object with ``images`` (``id``, ``file_name``), ``categories`` (``id``, ``name``) and ``annotations``
(``image_id``, ``category_id``, ``bbox`` as left, top, width, height). Results are a list of objects with ``image_id``,
``category_id``, ``bbox`` and ``score``, whose ids are those of the truth. Ids may be whole numbers, or text of them.
Where an entry has a ``segmentation`` and no ``bbox``, the box is the one around it. ``iscrowd`` marks a region that is
not scored; as in pycocotools, ``ignore`` has no effect, and ``area`` none on the value over boxes of all sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.core.tracks import Detections
from touchline.core.wording import counted
from touchline.formats.boxes.coco_masks import box_around
from touchline.formats.files.json_files import parse_json
from touchline.formats.files.text_lines import read_data

_LARGEST_PX = 1e7
_LONGEST_ID = 19


@dataclass(frozen=True, slots=True)
class CocoTruth:
    """The boxes of a ground truth file.

    Attributes:
        images: file name of each image by its id.
        classes: index into the requested labels, by category id; None for a category that is not among them.
        boxes: boxes of each image by its id, with confidence 1; every image has an entry.
        crowds: the same for regions marked as crowds.
        remarks: what is odd about the file, and what pycocotools makes of it.

    """

    images: Mapping[int, str]
    classes: Mapping[int, int | None]
    boxes: Mapping[int, Detections]
    crowds: Mapping[int, Detections]
    remarks: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        """Number of categories that are not scored."""
        return sum(index is None for index in self.classes.values())


def read_coco_truth(path: Path | str, *, labels: Sequence[str]) -> CocoTruth:
    """Read a COCO ground truth file.

    Args:
        path: the JSON file.
        labels: names of the requested classes, case-insensitive.

    Raises:
        InputError: the file is unreadable or not COCO, or an entry is not a box; the message gives its number.

    """
    path = Path(path)
    document = parse_json(read_data(path), source=str(path))
    if not isinstance(document, dict):
        raise InputError(f"{path}: holds a JSON list; use a truth file, an object with images, categories, annotations")
    image_rows = [(_whole(row, "id", where=at), row) for at, row in _rows(document, "images", path)]
    images = {image: str(row.get("file_name", "")) for image, row in image_rows}
    index = {label.casefold(): i for i, label in enumerate(labels)}
    classes = {
        _whole(row, "id", where=at): index.get(str(row.get("name")).casefold())
        for at, row in _rows(document, "categories", path)
    }
    if all(found is None for found in classes.values()):
        names = [str(row.get("name")) for _, row in _rows(document, "categories", path)]
        raise InputError(f"{path}: its categories {names[:9]} are not among {list(labels)}; name them with --labels")
    rows = [(where, {**row, "score": 1}) for where, row in _rows(document, "annotations", path)]
    crowd = [_is_crowd(row, where=where) for where, row in rows]
    boxes, crowds = (
        _boxes([row for row, is_crowd in zip(rows, crowd, strict=True) if is_crowd == wanted], images, classes)
        for wanted in (False, True)
    )
    repeated = len(image_rows) - len(images)
    remarks = [f"{path}: {counted(repeated, 'image')} with an id that another one has"] if repeated else []
    return CocoTruth(images, classes, boxes, crowds, (*remarks, *_id_remarks([row for _, row in rows], path)))


def read_coco_results(path: Path | str, truth: CocoTruth) -> Mapping[int, Detections]:
    """Read a COCO results file, by image id; every image of the truth has an entry.

    Raises:
        InputError: the file is unreadable or not COCO, or an entry is not a box of a known image and category.

    """
    path = Path(path)
    document = parse_json(read_data(path), source=str(path))
    rows = _rows({"results": document} if isinstance(document, list) else {}, "results", path)
    return _boxes(rows, truth.images, truth.classes)


def _is_crowd(row: Mapping[str, Any], *, where: str) -> bool:
    """Return whether an annotation is a crowd."""
    value = row.get("iscrowd", 0)
    if value not in (0, 1):
        raise InputError(f"{where}: iscrowd {str(value)[:40]!r} is neither 0 nor 1")
    return bool(value)


def _id_remarks(rows: Sequence[Mapping[str, Any]], path: Path) -> list[str]:
    """Return remarks on ids of annotations that mislead pycocotools; ids are not needed here."""
    ids = [str(row["id"]) for row in rows if "id" in row]
    remarks = []
    repeated = len(ids) - len(set(ids))
    if repeated:
        what = counted(repeated, "annotation")
        remarks.append(f"{path}: {what} with an id that another one has; all count here, in pycocotools the last one")
    if "0" in ids:
        remarks.append(
            f"{path}: an annotation has id 0, whose match pycocotools counts as wrong; here it counts as right"
        )
    return remarks


def _rows(document: Mapping[str, Any], key: str, path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the location of each entry of a list, for messages, and the entry."""
    rows = document.get(key)
    if not isinstance(rows, list):
        raise InputError(f"{path}: has no list {key!r}; is this a COCO file?")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputError(f"{path}: {key}[{number}]: {str(row)[:40]!r} is not an object")
    return [(f"{path}: {key}[{number}]", row) for number, row in enumerate(rows)]


def _boxes(
    rows: Iterable[tuple[str, Mapping[str, Any]]], images: Mapping[int, str], classes: Mapping[int, int | None]
) -> dict[int, Detections]:
    """Return the boxes of each image."""
    found: dict[int, list[tuple[float, ...]]] = {image: [] for image in images}
    for where, row in rows:
        image, category = _whole(row, "image_id", where=where), _whole(row, "category_id", where=where)
        if image not in found:
            raise InputError(f"{where}: image_id {image} is not among the truth's {len(images)} images")
        if category not in classes:
            raise InputError(f"{where}: category_id {category} is not among the truth's {sorted(classes)}")
        index = classes[category]
        box = _box(row, where=where)
        if index is not None:
            found[image].append((index, *box))
    return {image: _detections(values) for image, values in found.items()}


def _box(row: Mapping[str, Any], *, where: str) -> tuple[float, ...]:
    """Return the score and the left, upper, right and lower edge."""
    bbox = row.get("bbox")
    if bbox is None and row.get("segmentation") is not None:
        try:
            bbox = box_around(row["segmentation"])
        except ValueError as error:
            raise InputError(f"{where}: has no bbox, and its segmentation {error}") from error
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise InputError(f"{where}: bbox {str(bbox)[:40]!r} is not a list of left, top, width, height")
    left, top, width, height = (_number(value, "bbox", where=where, limit=_LARGEST_PX) for value in bbox)
    if width < 0 or height < 0:
        raise InputError(f"{where}: bbox {bbox} has a negative size; it must be left, top, width, height")
    score = _number(row.get("score"), "score", where=where, limit=1e30)
    return score, left, top, left + width, top + height


def _detections(values: list[tuple[float, ...]]) -> Detections:
    """Return boxes from rows of class, score and edges; float64, so that all scores equal those of pycocotools."""
    rows = np.array(values, np.float64).reshape(len(values), 6)
    boxes, scores = (cast("npt.NDArray[np.float32]", part) for part in (rows[:, 2:], rows[:, 1]))
    return Detections(boxes, scores, rows[:, 0].astype(np.int64))


def _whole(row: Mapping[str, Any], key: str, *, where: str) -> int:
    """Return a value that must be a whole number, or the text of one."""
    value = row.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _LONGEST_ID:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{where}: {key} {str(value)[:40]!r} is not a whole number")
    return value


def _number(value: object, key: str, *, where: str, limit: float) -> float:
    """Return a value that must be a number of plausible size."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.fabs(value) <= limit:
        raise InputError(f"{where}: {key} {str(value)[:40]!r} is not a number up to {limit:g}")
    return float(value)
