"""A match of coloured rectangles on a green field, and a detector and a pitch finder that see just these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from makevideo import write_frames
from touchline.core.tracks import BALL, GOALKEEPER, PLAYER, REFEREE, Detections

WIDTH, HEIGHT = 320, 208
LANE_PX = 24
PERSON_PX = (10, 22)
BALL_PX = (8, 8)
COLOURS = {
    "red": (200, 40, 40),
    "blue": (40, 60, 200),
    "yellow": (220, 210, 40),
    "black": (25, 25, 25),
    "white": (250, 250, 250),
}
CLASSES = {"red": PLAYER, "blue": PLAYER, "yellow": GOALKEEPER, "black": REFEREE, "white": BALL}
PEOPLE = (
    ("red", 30, 1.0),
    ("red", 80, 0.8),
    ("red", 150, -0.5),
    ("blue", 270, -1.0),
    ("blue", 230, -0.6),
    ("blue", 200, 0.4),
    ("yellow", 8, 0.1),
    ("black", 120, 0.7),
)
"""Colour, left pixel, and pixels a frame to the right, of everyone in :func:`match_picture`, each in a lane."""


def grass(seed: int = 0, *, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A green field (height, width, 3) with a pattern of its own, so that a camera's motion shows."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-28, 28, (height // 8, width // 8, 1)).astype(np.float32)
    pattern = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[:, :, None]
    return np.clip(np.array([70, 120, 60], np.float32) + pattern, 0, 255).astype(np.uint8)


def place(index: int, number: int) -> tuple[int, int]:
    """Left and top pixel of person ``number`` in frame ``index``; they turn back at the picture's edges."""
    _, left, right_px = PEOPLE[number]
    return _bounce(left + right_px * index, WIDTH - PERSON_PX[0]), 1 + LANE_PX * number


def ball_place(index: int) -> tuple[int, int]:
    """Left and top pixel of the ball in frame ``index``."""
    return _bounce(40 + 2.0 * index, WIDTH - BALL_PX[0]), 2 + LANE_PX * len(PEOPLE)


def _bounce(value: float, limit: int) -> int:
    value = value % (2 * limit)
    return round(value if value <= limit else 2 * limit - value)


def match_picture(index: int, *, field: np.ndarray, people: int = len(PEOPLE), ball: bool = True) -> np.ndarray:
    """Frame ``index`` of the match, RGB."""
    picture = field.copy()
    for number in range(people):
        x, y = place(index, number)
        picture[y : y + PERSON_PX[1], x : x + PERSON_PX[0]] = COLOURS[PEOPLE[number][0]]
    if ball:
        x, y = ball_place(index)
        picture[y : y + BALL_PX[1], x : x + BALL_PX[0]] = COLOURS["white"]
    return picture


def write_match(
    path: Path,
    *,
    frames: int = 100,
    people: int = len(PEOPLE),
    ball: bool = True,
    cut_every: int = 0,
    zoom: int = 1,
    **kwargs: object,
) -> Path:
    """A video of the match; ``cut_every`` frames the ground is another one; ``zoom`` enlarges it."""
    fields = [grass(seed) for seed in range(4)]
    lights = [0, 20, -20, 10]

    def picture(index: int) -> np.ndarray:
        scene = index // cut_every % 4 if cut_every else 0
        field = np.clip(fields[scene].astype(int) + lights[scene], 0, 255).astype(np.uint8)
        small = match_picture(index, field=field, people=people, ball=ball)
        return small if zoom == 1 else small.repeat(zoom, axis=0).repeat(zoom, axis=1)

    return write_frames(path, map(picture, range(frames)), **kwargs)  # type: ignore[arg-type]


class FakeDetector:
    """Sees the coloured rectangles of :func:`match_picture`.

    Attributes:
        seen: how many pictures it has looked at.

    """

    name = "fake-detector"
    sha256 = "d" * 64
    device_reason = "cpu: a fake"

    def __init__(self, *, batch: int = 1, on_detect: Callable[[int], None] | None = None) -> None:
        self.batch = batch
        self.seen = 0
        self._on_detect = on_detect

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        self.seen += len(pictures)
        if self._on_detect is not None:
            self._on_detect(self.seen)
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture: np.ndarray) -> Detections:
        zoom = max(1, picture.shape[1] // WIDTH)
        picture = np.ascontiguousarray(picture[::zoom, ::zoom])
        boxes, classes = [], []
        for colour, rgb in COLOURS.items():
            near = cv2.inRange(picture, np.array(rgb) - 59, np.array(rgb) + 59)
            _, _, stats, _ = cv2.connectedComponentsWithStats(near)
            wanted = BALL_PX if colour == "white" else PERSON_PX
            for x, y, width, height, area in stats[1:]:
                if area > 0.5 * wanted[0] * wanted[1] and width < 3 * wanted[0] and height < 3 * wanted[1]:
                    boxes.append((x, y, x + width, y + height))
                    classes.append(CLASSES[colour])
        count = len(boxes)
        return Detections(
            zoom * np.array(boxes, np.float32).reshape(count, 4),
            np.full(count, 0.9, np.float32),
            np.array(classes, np.int64),
        )


class FakePitchFinder:
    """Sees the points of a pitch from a camera that stands still, or none.

    Args:
        to_pixels: from metres (n, 2) to pixels (n, 2); None sees no pitch.

    """

    name = "fake-pitch-finder"
    sha256 = "e" * 64
    device_reason = "cpu: a fake"

    def __init__(self, to_pixels: Callable[[np.ndarray], np.ndarray] | None = None) -> None:
        self._to_pixels = to_pixels

    def find(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        from touchline.core.geometry.pitch import keypoints_m

        points = np.zeros((32, 3), np.float32)
        if self._to_pixels is not None:
            points[:, :2] = self._to_pixels(keypoints_m())
            inside = ((points[:, :2] >= 0) & (points[:, :2] < (WIDTH, HEIGHT))).all(axis=1)
            points[:, 2] = np.where(inside, 0.95, 0.0)
        return [points.copy() for _ in pictures]


def broadcast_camera(points_m: np.ndarray) -> np.ndarray:
    """Pixels of points on the grass, seen from a stand behind the near side line: 40 m wide at the middle."""
    x, y = np.asarray(points_m, float).T
    depth = (y + 34.0 + 40.0) / 74.0  # 1 at the centre, smaller nearer
    return np.stack([WIDTH / 2 + x * 4.0 / depth, 20 + 90.0 / depth], axis=1)
