"""Frames as planes for batch-wise augmentation: pixels, and who wears what where.

Beside red, green and blue each frame has planes that say how much of a pixel is a person's body, shirt or shorts, and
whose. They are guessed from the boxes and from how a pixel differs from the surroundings of its box; good enough to
repaint kits and to paste people elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from touchline.core.tracks import GOALKEEPER, PLAYER, REFEREE, Detections

if TYPE_CHECKING:
    from touchline.training.detection.data import LabelledFrames

BODY, SHIRT, SHORTS, OWNER = range(3, 7)
PLANES = 7
MOST_IN_FRAME = 48
KIT_GROUPS = 5
"""Two teams, two goalkeepers, the officials."""
_SHIRT_SPAN = (0.10, 0.16, 0.44, 0.50)
_SHORTS_SPAN = (0.46, 0.50, 0.62, 0.68)
_UNLIKE = (14.0, 36.0)
"""Distance in Lab from the surroundings at which a pixel begins to be a person's, and surely is."""


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Frames of one size with their boxes, on one device.

    Attributes:
        whole: uint8 (n, 7, h, w): red, green, blue, body, shirt, shorts, owner (0 for none, else 1 + row of the box).
        half: the same at half the size.
        boxes: (n, m, 4), pixels.
        classes: int64 (n, m), -1 for padding.
        kits: int64 (n, m), index of the kit, 0 to ``KIT_GROUPS`` - 1; -1 for none.
        light: (n, m), mean lightness of each person's kit, 0 to 1.
        labelled: bool (4,), classes that the source labels.
        scale: zoom that scales the frames to a width of 1280 pixels.

    """

    whole: Tensor
    half: Tensor
    boxes: Tensor
    classes: Tensor
    kits: Tensor
    light: Tensor
    labelled: Tensor
    scale: float

    def __len__(self) -> int:
        return len(self.whole)


def planes_of(groups: Sequence[LabelledFrames], *, device: str) -> Planes:
    """Return the planes of frames of one size and source."""
    parts = [_of_frame(pixels, truth) for g in groups for pixels, truth in zip(g.pixels, g.truth, strict=True)]
    whole = torch.from_numpy(np.stack([part[0] for part in parts])).to(device)
    half = torch.from_numpy(np.stack([_halved(part[0]) for part in parts])).to(device)
    boxes, classes, kits, light = (torch.from_numpy(np.stack([p[k] for p in parts])).to(device) for k in range(1, 5))
    labelled = torch.from_numpy(np.asarray(groups[0].labelled)).to(device)
    return Planes(whole, half, boxes, classes, kits, light, labelled, groups[0].scale)


def _halved(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = planes.shape[1] // 2, planes.shape[2] // 2
    halved = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA) for plane in planes[:OWNER]]
    owner = cv2.resize(planes[OWNER], (width, height), interpolation=cv2.INTER_NEAREST)
    return np.stack([*halved, owner]).astype(np.uint8)


def _of_frame(
    pixels: npt.NDArray[np.uint8], truth: Detections
) -> tuple[
    npt.NDArray[np.uint8],
    npt.NDArray[np.float32],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.float32],
]:
    """Return planes (7, h, w), boxes, classes, kits and lightness of one frame."""
    count = min(len(truth), MOST_IN_FRAME)
    boxes, classes = np.zeros((MOST_IN_FRAME, 4), np.float32), np.full(MOST_IN_FRAME, -1, np.int64)
    boxes[:count], classes[:count] = truth.boxes_xyxy[:count], truth.classes[:count]
    height, width = pixels.shape[:2]
    planes = np.zeros((PLANES, height, width), np.uint8)
    planes[:3] = pixels.transpose(2, 0, 1)
    lab = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2LAB).astype(np.float32)
    colours, light = np.full((MOST_IN_FRAME, 3), np.nan, np.float32), np.full(MOST_IN_FRAME, 0.45, np.float32)
    for row in np.argsort(boxes[:count, 3], kind="stable"):
        if classes[row] > 0:
            colours[row], light[row] = _draw_person(planes, lab, boxes[row], int(row) + 1)
    return planes, boxes, classes, kit_groups(classes, colours, boxes), light


def _draw_person(
    planes: npt.NDArray[np.uint8], lab: npt.NDArray[np.float32], box: npt.NDArray[np.float32], owner: int
) -> tuple[npt.NDArray[np.float32], float]:
    """Draw a person's planes; return the median colour in Lab and the mean lightness of the shirt."""
    height, width = lab.shape[:2]
    x0, y0 = (max(int(np.floor(v)), 0) for v in box[:2])
    x1, y1 = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
    if x1 - x0 < 3 or y1 - y0 < 6:
        return np.full(3, np.nan, np.float32), 0.45
    inside = lab[y0:y1, x0:x1]
    margin = max((x1 - x0) // 3, 2)
    sides = [lab[y0:y1, max(x0 - margin, 0) : x0], lab[y0:y1, x1 : x1 + margin]]
    around = np.concatenate([side.reshape(-1, 3) for side in sides])
    grass = np.median(around, axis=0) if len(around) else np.array([120.0, 110.0, 145.0])
    unlike = np.clip((np.linalg.norm(inside - grass, axis=2) - _UNLIKE[0]) / (_UNLIKE[1] - _UNLIKE[0]), 0.0, 1.0)
    down = (np.arange(y0, y1) + 0.5 - box[1]) / max(box[3] - box[1], 1.0)
    across = np.abs((np.arange(x0, x1) + 0.5 - (box[0] + box[2]) / 2) / max(box[2] - box[0], 1.0))
    trunk = np.clip((0.56 - across) / 0.12, 0.0, 1.0)
    body = unlike * trunk
    shirt, shorts = (body * np.interp(down, span, (0, 1, 1, 0))[:, None] for span in (_SHIRT_SPAN, _SHORTS_SPAN))
    for plane, value in ((BODY, body), (SHIRT, shirt), (SHORTS, shorts)):
        planes[plane, y0:y1, x0:x1] = np.round(255 * value).astype(np.uint8)
    planes[OWNER, y0:y1, x0:x1] = owner
    worn = shirt > 0.5
    if worn.sum() < 4:
        return np.full(3, np.nan, np.float32), 0.45
    rgb = planes[:3, y0:y1, x0:x1][:, worn]
    return np.median(inside[worn], axis=0).astype(np.float32), float(np.clip(rgb.mean() / 255.0, 0.08, 1.0))


def kit_groups(
    classes: npt.NDArray[np.int64], colours: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32]
) -> npt.NDArray[np.int64]:
    """Return whose kit each person wears: players are split in two by colour, keepers by their side of the frame.

    Args:
        classes: (m,).
        colours: (m, 3) of the shirts in Lab, NaN if unknown.
        boxes: (m, 4).

    """
    kits = np.full(len(classes), -1, np.int64)
    players = np.flatnonzero(classes == PLAYER)
    kits[players] = 0
    seen = players[np.isfinite(colours[players]).all(1)]
    if len(seen) > 1:
        apart = np.linalg.norm(colours[seen][:, None] - colours[seen], axis=2)
        first, second = np.unravel_index(apart.argmax(), apart.shape)
        centres = colours[seen[[first, second]]]
        for _ in range(8):
            nearest = np.linalg.norm(colours[seen][:, None] - centres, axis=2).argmin(1)
            centres = np.stack(
                [colours[seen[nearest == k]].mean(0) if (nearest == k).any() else centres[k] for k in range(2)]
            )
        kits[seen] = nearest
    keepers = np.flatnonzero(classes == GOALKEEPER)
    kits[keepers[np.argsort(boxes[keepers, 0], kind="stable")]] = 2 + np.minimum(np.arange(len(keepers)), 1)
    kits[classes == REFEREE] = 4
    return kits
