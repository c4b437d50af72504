"""Detection of the keeper in a picture of any size, as input for pose estimation."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from touchline.core.arrays import Rgb
from touchline.core.errors import InputError
from touchline.core.tracks import BALL, GOALKEEPER, Detections
from touchline.goalkeeping.found_keeper import FoundKeeper
from touchline.tracking.detections import PeopleDetector
from touchline.tracking.detector import pair_iou

CUT_OUT_PX = 400
"""Longer side in pixels up to which a picture is assumed to be a crop of the keeper."""
SIDES_PX = (160, 320, 640)
"""Longer sides to which a picture is also scaled down: the detector was trained on people as small as in wide shots."""

SURE = 0.4
_SAME_IOU = 0.4
_CANVAS_WIDTH, _CANVAS_HEIGHT = 1280, 736
_CROWD = 4


def find_keeper(rgb: Rgb, detector: PeopleDetector) -> FoundKeeper:
    """Find the keeper in a picture: the person classified as a keeper, otherwise the largest person.

    Args:
        rgb: uint8 (h, w, 3).
        detector: the people detector.

    Raises:
        InputError: there are more than four people and none is classified as a keeper.

    """
    longest_px = max(rgb.shape[:2])
    if longest_px <= CUT_OUT_PX:
        return FoundKeeper(None)
    sides = [side for side in SIDES_PX if side < longest_px]
    people = _joined([_people(rgb, detector, side_px=side) for side in (*sides, None)])
    if len(people):
        return _choose(people)
    return FoundKeeper(None, "nobody was detected: the whole picture is treated as the keeper")


def _joined(looks: Sequence[Detections]) -> Detections:
    """Merge detections from several scales without duplicates, the most confident first."""
    boxes = np.concatenate([look.boxes_xyxy for look in looks])
    confidence = np.concatenate([look.confidence for look in looks])
    classes = np.concatenate([look.classes for look in looks])
    order = np.argsort(-confidence, kind="stable")
    overlap = pair_iou(boxes[order], boxes[order])
    kept: list[int] = []
    for row in range(len(order)):
        if not (overlap[row, kept] > _SAME_IOU).any():
            kept.append(row)
    chosen = order[kept]
    return Detections(boxes[chosen], confidence[chosen], classes[chosen])


def _people(rgb: Rgb, detector: PeopleDetector, *, side_px: int | None) -> Detections:
    """Detect people with high confidence, boxes in the picture's pixels; ``side_px`` scales its longer side first."""
    height, width = rgb.shape[:2]
    if side_px is None:
        found, scale = detector.detect([rgb])[0], 1.0
    else:
        scale = side_px / max(height, width)
        small = cv2.resize(
            rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
        )
        canvas = np.zeros((_CANVAS_HEIGHT, _CANVAS_WIDTH, 3), np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        found = detector.detect([canvas])[0]
    sure = found.take((found.confidence >= SURE) & (found.classes != BALL))
    return Detections((sure.boxes_xyxy / scale).astype(np.float32), sure.confidence, sure.classes)


def _choose(people: Detections) -> FoundKeeper:
    keepers = people.take(people.classes == GOALKEEPER)
    if not len(keepers) and len(people) > _CROWD:
        raise InputError(f"{len(people)} people and none looks like a keeper: mark the keeper with --boxes")
    among = keepers if len(keepers) else people
    best = int(np.argmax((among.boxes_xyxy[:, 3] - among.boxes_xyxy[:, 1]) * among.confidence))
    x0, y0, x1, y1 = (float(value) for value in among.boxes_xyxy[best])
    if len(people) == 1:
        return FoundKeeper((x0, y0, x1, y1))
    which = "the one who looks like a keeper" if len(keepers) else "the largest"
    return FoundKeeper((x0, y0, x1, y1), f"{len(people)} people: {which} was chosen; use --boxes to choose another")
