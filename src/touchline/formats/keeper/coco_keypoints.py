"""Poses as COCO keypoints, ``.coco.json``: the sixteen joints as a category of their own.

An unseen joint is 0, 0, 0 and every other has visibility 2; the skeleton counts joints from 1, as COCO does. The
confidences and positions in space, for which COCO has no place, are further keys of an annotation, which other readers
pass over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from touchline.core.errors import InputError
from touchline.core.poses import BONES, JOINTS, Pose
from touchline.formats.files.json_files import parse_object
from touchline.formats.keeper.posed_picture import PosedPicture

SUFFIX = ".coco.json"

_CATEGORY = 1
_SEEN = 2
_NUMBERS = 3 * len(JOINTS)
_LARGEST_PX = 1e7


def coco_document(poses: Sequence[PosedPicture]) -> dict[str, Any]:
    """Return poses as a document; a picture with several poses is one image."""
    names = list(dict.fromkeys(found.file for found in poses))
    number = {name: i for i, name in enumerate(names, 1)}
    return {
        "images": [{"id": number[name], "file_name": name} for name in names],
        "annotations": [_annotation(found, i, number[found.file]) for i, found in enumerate(poses, 1)],
        "categories": [
            {
                "id": _CATEGORY,
                "name": "person",
                "supercategory": "person",
                "keypoints": list(JOINTS),
                "skeleton": [[first + 1, second + 1] for first, second in BONES],
            }
        ],
    }


def _annotation(found: PosedPicture, number: int, image: int) -> dict[str, Any]:
    pose = found.pose
    seen = pose.confidence > 0
    points = [[round(float(x), 2), round(float(y), 2), _SEEN] for x, y in np.where(seen[:, None], pose.joints_px, 0)]
    places = pose.joints_px[seen].astype(np.float64)
    corner, size = (places.min(axis=0), np.ptp(places, axis=0)) if len(places) else (np.zeros(2), np.zeros(2))
    annotation: dict[str, Any] = {
        "id": number,
        "image_id": image,
        "category_id": _CATEGORY,
        "keypoints": [value for ok, point in zip(seen, points, strict=True) for value in (point if ok else (0, 0, 0))],
        "num_keypoints": int(seen.sum()),
        "bbox": [round(float(value), 2) for value in (*corner, *size)],
        "area": round(float(size.prod()), 2),
        "iscrowd": 0,
        "confidence": [round(float(value), 4) for value in pose.confidence],
        "note": found.note,
    }
    if pose.joints_3d is not None:
        annotation["space"] = [[round(float(value), 5) for value in joint] for joint in pose.joints_3d]
    return annotation


def poses_from_coco(data: bytes, *, source: str) -> tuple[PosedPicture, ...]:
    """Return the poses of a document whose category has our joints, in any order.

    Raises:
        InputError: the document is damaged, lacks a joint, or has an impossible value; the message says where.

    """
    document = parse_object(data, source=source)
    files = {row.get("id"): str(row.get("file_name", "")) for row in _rows(document, "images", source)}
    orders = {row.get("id"): _order(row, source) for row in _rows(document, "categories", source)}
    found = []
    for number, row in enumerate(_rows(document, "annotations", source)):
        where = f"{source}: annotations[{number}]"
        if row.get("image_id") not in files or row.get("category_id") not in orders:
            raise InputError(f"{where}: its image_id or category_id is not in the file")
        found.append(_pose(row, orders[row["category_id"]], files[row["image_id"]], where))
    return tuple(found)


def _rows(document: Mapping[str, Any], key: str, source: str) -> list[Mapping[str, Any]]:
    rows = document.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{source}: has no list of {key}; is this a file of COCO keypoints?")
    return [{**row, "id": str(row.get("id")), **_references(row)} for row in rows]


def _references(row: Mapping[str, Any]) -> dict[str, str]:
    """Return ids as text, so that any JSON value can be looked up."""
    return {key: str(row[key]) for key in ("image_id", "category_id") if key in row}


def _order(row: Mapping[str, Any], source: str) -> list[int]:
    """Return where each of our joints stands in a category."""
    names = row.get("keypoints")
    names = [str(name) for name in names] if isinstance(names, list) else []
    missing = [joint for joint in JOINTS if joint not in names]
    if missing:
        raise InputError(f"{source}: category {str(row.get('name'))[:40]!r} has no keypoint {missing[0]!r}")
    return [names.index(joint) for joint in JOINTS]


def _pose(row: Mapping[str, Any], order: Sequence[int], file: str, where: str) -> PosedPicture:
    points = _numbers(row.get("keypoints"), where, "keypoints").reshape(-1, 3)
    if len(points) <= max(order):
        raise InputError(f"{where}: has {len(points)} keypoints, fewer than its category")
    points = points[order]
    given = row.get("confidence")
    confidence = _numbers(given, where, "confidence") if given is not None else (points[:, 2] > 0).astype(np.float32)
    space = row.get("space")
    joints_3d = None if space is None else _numbers(space, where, "space").reshape(-1, 3)
    try:
        pose = Pose(points[:, :2].copy(), np.where(points[:, 2] > 0, confidence, 0).astype(np.float32), joints_3d)
    except ValueError as error:
        raise InputError(f"{where}: not a possible pose ({error})") from error
    return PosedPicture(file, pose, str(row.get("note") or ""))


def _numbers(values: object, where: str, key: str) -> np.ndarray:
    """Return numbers of a list, or a list of lists, flat."""
    try:
        found = np.asarray(values, np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: {key} are not numbers") from error
    if len(found) % (3 if key == "keypoints" else len(JOINTS)):
        raise InputError(f"{where}: {len(found)} {key} do not fit {len(JOINTS)} joints")
    if not bool((np.abs(found) <= _LARGEST_PX).all()):
        raise InputError(f"{where}: {key} are not finite numbers of plausible size")
    return found.astype(np.float32)
