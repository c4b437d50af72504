"""Labelled frames for the detector: real frames with YOLO boxes, and simulated matches with exact truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.core.tracks import BALL, GOALKEEPER, PLAYER, REFEREE, Detections
from touchline.formats.boxes.yolo import read_yolo
from touchline.formats.files.atomic import make_folder
from touchline.formats.files.guard import guarded
from touchline.media.stills import read_still
from touchline.media.video import VideoReader

SIMULATED_KEEPERS = (1, 12)
"""Ids in a simulated match's ``tracks.txt``."""
SIMULATED_BALL_PX = 3.8
"""Side of the box of a simulated ball in its 640x360 frame."""
_STANDARD_WIDTH = 1280.0


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFrames:
    """The frames of one source with their boxes.

    Attributes:
        group: the match; frames of one group are never split.
        pixels: uint8 (n, h, w, 3) RGB, may be memory-mapped.
        truth: one entry per frame.
        labelled: bool (4,), the classes that the source labels; the others are unknown, not absent.

    """

    group: str
    pixels: npt.NDArray[np.uint8]
    truth: tuple[Detections, ...]
    labelled: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        if len(self.pixels) != len(self.truth):
            raise ValueError(f"{self.group}: {len(self.pixels)} pixels and {len(self.truth)} truth; pass one per frame")

    @property
    def scale(self) -> float:
        """Zoom that scales the frames to a width of 1280 pixels."""
        return _STANDARD_WIDTH / self.pixels.shape[2]


def read_real(folder: Path) -> list[LabelledFrames]:
    """Read frames ``GROUP_NUMBER.jpg``, each with a YOLO file beside it, by group.

    Raises:
        InputError: no frames, an unreadable frame, or a frame without labels.

    """
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        raise InputError(f"{folder}: no frames found; put *.jpg files with a YOLO .txt beside each there")
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(path.stem.rpartition("_")[0], []).append(path)
    return [_read_group(name, members) for name, members in sorted(groups.items())]


def _read_group(name: str, paths: Sequence[Path]) -> LabelledFrames:
    pixels, truth = [], []
    for path in paths:
        picture = read_still(path)
        pixels.append(picture)
        height, width = picture.shape[:2]
        truth.append(read_yolo(path.with_suffix(".txt"), width=width, height=height))
    return LabelledFrames(name, np.stack(pixels), tuple(truth), np.ones(4, bool))


def read_simulated(folder: Path, *, every: int, cache: Path) -> LabelledFrames:
    """Read every n-th frame of a simulated match; decoded once into ``cache``.

    Officials are drawn in the frames but have no truth, so referees count as unknown.
    """
    path = cache / f"{folder.name}_rgb_{every}.npy"
    if not path.exists():
        make_folder(cache)
        with VideoReader(folder / "video.mp4") as reader:
            pictures = [frame.to_rgb() for number, frame in enumerate(reader.frames()) if number % every == 0]
        partial = path.with_suffix(".partial.npy")
        np.save(partial, np.stack(pictures))
        partial.replace(path)
    pixels = np.load(path, mmap_mode="r")
    truth = simulated_truth(folder, frames=range(0, len(pixels) * every, every), size=pixels.shape[2:0:-1])
    labelled = np.ones(4, bool)
    labelled[REFEREE] = False
    return LabelledFrames(folder.name, pixels, truth, labelled)


@guarded("a simulated match")
def simulated_truth(folder: Path, *, frames: Iterable[int], size: tuple[int, int]) -> tuple[Detections, ...]:
    """Return players, keepers and the ball in frames (from 0) of a simulated match, clipped to the frame."""
    rows = np.loadtxt(folder / "tracks.txt", delimiter=",", ndmin=2)
    people = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], 1)
    roles = np.where(np.isin(rows[:, 1], SIMULATED_KEEPERS), GOALKEEPER, PLAYER)
    ball = np.genfromtxt(folder / "ball.csv", delimiter=",", names=True)
    centres = np.stack([ball["x_px"], ball["y_px"]], 1)
    balls = np.concatenate([centres - SIMULATED_BALL_PX / 2, centres + SIMULATED_BALL_PX / 2], 1)
    numbers = np.concatenate([rows[:, 0].astype(np.int64) - 1, ball["frame"].astype(np.int64)])
    boxes = np.concatenate([people, balls]).astype(np.float32)
    classes = np.concatenate([roles, np.full(len(balls), BALL)]).astype(np.int64)
    return tuple(_within(boxes[numbers == number], classes[numbers == number], size=size) for number in frames)


def _within(boxes: npt.NDArray[np.float32], classes: npt.NDArray[np.int64], *, size: tuple[int, int]) -> Detections:
    """Clip boxes to the frame; drop those with less than a quarter inside, and those that are NaN."""
    limits = np.array([*size, *size], np.float32)
    inside = np.clip(boxes, 0.0, limits)
    share = _area(inside) / np.maximum(_area(boxes), 1e-6)
    keep = np.isfinite(boxes).all(1) & (share > 0.25)
    return Detections(inside[keep], np.ones(int(keep.sum()), np.float32), classes[keep])


def _area(boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
