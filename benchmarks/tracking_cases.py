"""Cases for comparing trackers: true boxes, and detections made from them with noise, dropouts and false positives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.tracks import PLAYER, Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people.motion import move_points

Boxes = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Noise:
    """A level of noise in detections.

    Attributes:
        name: name of the level.
        jitter: standard deviation of each edge, as a share of the box's height.
        missed: share of boxes missed at random, in runs of about three frames.
        hidden: share missed among boxes more than a third covered by somebody nearer to the camera.
        clutter: false positives per frame; half of them stand still for about ten frames.

    """

    name: str
    jitter: float
    missed: float
    hidden: float
    clutter: float


LEVELS = (
    Noise("light", jitter=0.03, missed=0.03, hidden=0.2, clutter=0.3),
    Noise("medium", jitter=0.06, missed=0.10, hidden=0.5, clutter=1.0),
    Noise("heavy", jitter=0.10, missed=0.20, hidden=0.7, clutter=2.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One sequence for trackers.

    Attributes:
        name: name of the row group in the table.
        fps: frames per second.
        truth: ids and boxes_xyxy of each frame.
        detections: detections of each frame.
        motions: camera motion into each frame; None for a fixed camera.
        appearance: appearance descriptors (n, D) of each frame, or None.
        video: the video of the frames, or None.
        first: index of the first frame in the video, from 0.
        high: confidence threshold from which detections are trusted.

    """

    name: str
    fps: float
    truth: list[Boxes]
    detections: list[Detections]
    motions: list[Motion] | None = None
    appearance: list[npt.NDArray] | None = None
    video: Path | None = None
    first: int = 0
    high: float = 0.5

    def part(self, start: int, end: int) -> Case:
        """Return the case restricted to frames [start, end)."""
        cut = slice(start, end)
        motions = self.motions[cut] if self.motions is not None else None
        looks = self.appearance[cut] if self.appearance is not None else None
        return replace(
            self,
            truth=self.truth[cut],
            detections=self.detections[cut],
            motions=motions,
            appearance=looks,
            first=self.first + start,
        )


def read_truth(path: Path, *, smallest_ids: bool = False) -> list[Boxes]:
    """Read the true boxes of each frame from a MOT file.

    Args:
        path: a file with rows of frame (from 1), id, left, top, width, height, ...
        smallest_ids: leave out the id with the smallest boxes: the ball of the top view.

    """
    rows = np.loadtxt(path, delimiter=",")
    if smallest_ids:
        ids = np.unique(rows[:, 1])
        ball = min(ids, key=lambda i: float(np.median(rows[rows[:, 1] == i, 5])))
        rows = rows[rows[:, 1] != ball]
    truth = []
    for frame in range(1, int(rows[:, 0].max()) + 1):
        here = rows[rows[:, 0] == frame]
        boxes = np.concatenate([here[:, 2:4], here[:, 2:4] + here[:, 4:6]], axis=1)
        truth.append((here[:, 1].astype(np.int64), boxes))
    return truth


def thin(truth: list[Boxes], *, step: int) -> list[Boxes]:
    """Return every ``step``-th frame."""
    return truth[::step]


def covered(boxes_xyxy: npt.NDArray) -> npt.NDArray[np.float64]:
    """Return the largest share of each box (n, 4) covered by one other box lower in the picture."""
    if len(boxes_xyxy) < 2:
        return np.zeros(len(boxes_xyxy))
    corner = np.maximum(boxes_xyxy[:, None, :2], boxes_xyxy[None, :, :2])
    side = np.clip(np.minimum(boxes_xyxy[:, None, 2:], boxes_xyxy[None, :, 2:]) - corner, 0, None)
    area = np.maximum((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(axis=1), 1e-9)
    share = side.prod(axis=2) / area[:, None]
    share[boxes_xyxy[None, :, 3] <= boxes_xyxy[:, None, 3]] = 0
    return share.max(axis=1)


def degrade(truth: list[Boxes], *, noise: Noise, seed: int) -> list[Detections]:
    """Simulate the detections of a detector of the given quality; the same for the same seed."""
    rng = np.random.default_rng(seed)
    everywhere = np.concatenate([boxes for _, boxes in truth])
    missing: dict[int, int] = {}
    clutter: list[tuple[npt.NDArray, int]] = []
    found = []
    for ids, boxes in truth:
        hidden = covered(boxes)
        seen = np.array([not _misses(rng, missing, int(i), noise) for i in ids], bool)
        seen &= ~((hidden > 0.35) & (rng.random(len(ids)) < noise.hidden))
        height = (boxes[:, 3] - boxes[:, 1])[:, None]
        jittered = boxes + rng.normal(0, noise.jitter, boxes.shape) * height * (0.5, 1, 0.5, 1)
        sure = np.clip(rng.normal(0.82, 0.1, len(ids)) - 0.4 * hidden, 0.05, 0.99)
        clutter = [(box, left - 1) for box, left in clutter if left > 1]
        clutter += [_clutter(rng, everywhere) for _ in range(rng.poisson(noise.clutter / 5.5))]
        false = np.array([box for box, _ in clutter]).reshape(-1, 4)
        boxes_all = np.concatenate([jittered[seen], false])
        boxes_all[:, 2:] = np.maximum(boxes_all[:, 2:], boxes_all[:, :2] + 1)
        confidence = np.concatenate([sure[seen], rng.beta(2, 3, len(false))])
        order = rng.permutation(len(boxes_all))
        found.append(
            Detections(
                boxes_all[order].astype(np.float32),
                confidence[order].astype(np.float32),
                np.full(len(order), PLAYER, np.int64),
            )
        )
    return found


def _misses(rng: np.random.Generator, missing: dict[int, int], person: int, noise: Noise) -> bool:
    """Return whether somebody is missed now; ``missing`` holds for how many more frames each person will be."""
    left = missing.get(person, 0)
    if left == 0 and rng.random() < noise.missed / 3:
        left = int(rng.geometric(1 / 3))
    missing[person] = max(0, left - 1)
    return left > 0


def _clutter(rng: np.random.Generator, boxes: npt.NDArray) -> tuple[npt.NDArray, int]:
    """Return a false box of the size of a true one near people, and the number of frames it stays."""
    box = boxes[rng.integers(len(boxes))]
    height = box[3] - box[1]
    shift = rng.normal(0, 3, 2) * height
    return box + np.concatenate([shift, shift]), 1 if rng.random() < 0.5 else int(rng.geometric(0.1))


def true_motions(folder: Path) -> list[Motion]:
    """Return the ground's true motion between the frames of a simulated match, from its projections."""
    with np.load(folder / "camera.npz") as file:
        ground = file["P"].astype(np.float64)[:, :, [0, 1, 3]]
    motions = [Motion.unknown()]
    for before, after in pairwise(ground):
        matrix = after @ np.linalg.inv(before)
        motions.append(Motion(matrix / matrix[2, 2], 1.0))
    return motions


def restarts(truth: list[Boxes], motions: list[Motion], *, heights: float = 1.0) -> list[int]:
    """Return the frames at which half the people jumped by more than a body height: the scene was restarted."""
    found = []
    for index in range(1, len(truth)):
        _, before, after = np.intersect1d(truth[index - 1][0], truth[index][0], return_indices=True)
        if len(before) < 3:
            continue
        first, second = truth[index - 1][1][before], truth[index][1][after]
        carried = move_points(motions[index].matrix, _feet(first))
        away = np.linalg.norm(carried - _feet(second), axis=1) / (second[:, 3] - second[:, 1])
        if float(np.median(away)) > heights:
            found.append(index)
    return found


def _feet(boxes: npt.NDArray) -> npt.NDArray[np.float64]:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
