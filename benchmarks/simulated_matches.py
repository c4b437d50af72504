"""The simulated matches for benchmarks: true boxes, the ball, the camera's motion, a detector's output."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.tracks import BALL, Detections
from touchline.media.frame import Frame
from touchline.media.video import VideoReader
from touchline.tracking.camera_motion import CameraMotion, Motion

DATA = Path(__file__).parents[2] / "shared" / "data"
TUNED_ON = ("match_011", "match_012")
REPORTED_ON = ("match_013", "match_014")
WIDTH, HEIGHT, FPS = 640, 360, 12.5
KEEPERS = (1, 12)
LAST_OF_FIRST_TEAM = 11


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """One simulated match; lists have one entry per frame, in pixels of 640x360.

    Attributes:
        name: name of its folder.
        ids: ids of the players in each frame: 1 to 11 one team, 12 to 22 the other, 1 and 12 the keepers.
        boxes_xyxy: boxes of these players.
        ball_px: (frames, 2), position of the ball, also outside the picture.
        start: index of the first frame in the video, from 0.

    """

    name: str
    ids: list[npt.NDArray[np.int64]]
    boxes_xyxy: list[Floats64]
    ball_px: Floats64
    start: int = 0

    def __len__(self) -> int:
        return len(self.ball_px)

    @property
    def times_us(self) -> npt.NDArray[np.int64]:
        """Presentation time of each frame."""
        return (np.arange(len(self)) * (1e6 / FPS)).astype(np.int64)

    @property
    def ball_shown(self) -> npt.NDArray[np.bool_]:
        """Whether the ball lies within the picture, for each frame."""
        return ((self.ball_px >= 0) & (self.ball_px < (WIDTH, HEIGHT))).all(axis=1)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames."""
        with VideoReader(DATA / "simulated" / self.name / "video.mp4") as reader:
            yield from itertools.islice(reader.frames(), self.start, self.start + len(self))

    def part(self, first: int, end: int) -> Match:
        """Return the match restricted to frames [first, end)."""
        cut = slice(first, end)
        start = self.start + first
        return Match(self.name, self.ids[cut], self.boxes_xyxy[cut], self.ball_px[cut], start)

    def motions(self) -> list[Motion]:
        """Return the camera's motion into each frame, measured in the video."""
        camera = CameraMotion()
        seen = zip(self.frames(), self.boxes_xyxy, strict=True)
        return [camera.update(frame.luma, boxes_xyxy=boxes.astype(np.float32)) for frame, boxes in seen]


def read_match(name: str) -> Match:
    """Read the ground truth of a match."""
    folder = DATA / "simulated" / name
    ball = np.genfromtxt(folder / "ball.csv", delimiter=",", names=True)
    rows = np.loadtxt(folder / "tracks.txt", delimiter=",")
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    cuts = np.searchsorted(rows[:, 0], np.arange(2, len(ball) + 1))
    parts = np.split(rows, cuts)
    boxes = [np.concatenate([part[:, 2:4], part[:, 2:4] + part[:, 4:6]], axis=1) for part in parts]
    return Match(
        name, [part[:, 1].astype(np.int64) for part in parts], boxes, np.stack([ball["x_px"], ball["y_px"]], 1)
    )


def read_detections(path: Path, match: Match) -> tuple[Match, list[Detections]]:
    """Read a detector's output (frame from 1, boxes_xyxy, confidence, classes) and the part of the match it covers."""
    with np.load(path) as arrays:
        every: dict[str, Any] = {name: arrays[name] for name in ("frame", "boxes_xyxy", "confidence", "classes")}
    first, end = int(every["frame"].min()) - 1, int(every["frame"].max())
    order = np.argsort(every["frame"], kind="stable")
    cuts = np.searchsorted(every["frame"][order], np.arange(first + 2, end + 1))
    found = [
        Detections(
            every["boxes_xyxy"][rows].astype(np.float32),
            every["confidence"][rows].astype(np.float32),
            every["classes"][rows].astype(np.int64),
        )
        for rows in np.split(order, cuts)
    ]
    return match.part(first, end), found


def invent_ball_detections(match: Match, *, seed: int) -> list[Detections]:
    """Simulate a mediocre detector's balls: dropouts in runs, persistent false balls on people, and clutter."""
    rng = np.random.default_rng(seed)
    lost, feet = 0, (0, 0)
    found = []
    for i, ball in enumerate(match.ball_px):
        lost = lost - 1 if lost > 0 else int(rng.random() < 0.08) * int(rng.integers(1, 12))
        places, sure = [], []
        if match.ball_shown[i] and lost == 0 and rng.random() < 0.8:
            places.append(ball + rng.normal(0, 0.7, 2))
            sure.append(rng.beta(4, 4))
        if feet[0] == 0 and rng.random() < 0.1 and len(match.ids[i]):
            feet = (int(rng.integers(3, 25)), int(rng.choice(match.ids[i])))
        feet = (max(feet[0] - 1, 0), feet[1])
        for box in match.boxes_xyxy[i][match.ids[i] == feet[1]] if feet[0] else []:
            places.append(np.array([(box[0] + box[2]) / 2, box[3]]) + rng.normal(0, 1, 2))
            sure.append(rng.beta(3, 5))
        for _ in range(rng.poisson(1.5)):
            places.append(rng.uniform((0, 0), (WIDTH, HEIGHT)))
            sure.append(rng.beta(2, 9))
        middle = np.array(places).reshape(-1, 2)
        boxes = np.concatenate([middle - 2, middle + 2], axis=1).astype(np.float32)
        found.append(Detections(boxes, np.array(sure, np.float32), np.full(len(boxes), BALL, np.int64)))
    return found
