"""The ground truth: labelled keypoints of real frames, and the exact cameras of simulated matches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from touchline.core.geometry.pitch import Pitch, keypoints_m
from touchline.tracking.camera_motion import CameraMotion, Motion
from touchline.tracking.pitch.view_algebra import project

SHARED = Path(__file__).parents[2] / "shared" / "data"
SIMULATED_PITCH = Pitch(110.0, 72.0)
"""The simulated ground: positions of its lines, back-projected through the exact cameras."""
WIDTH, HEIGHT = 640, 360
FPS = 12.5
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """A real frame: ``keypoints`` float64 (32, 3), pixels and visibility 0 or 1; ``prefix`` names its match."""

    path: Path
    prefix: str
    keypoints: npt.NDArray[np.float64]


def labelled_frames(folder: Path = SHARED / "pitch") -> list[LabelledFrame]:
    """Return all labelled frames, sorted by name."""
    frames = []
    for path in sorted(folder.glob("*.txt")):
        numbers = np.array(path.read_text().split(), dtype=np.float64)
        points = numbers[5:].reshape(32, 3)
        points = np.c_[points[:, 0] * WIDTH, points[:, 1] * HEIGHT, points[:, 2] > 0]
        frames.append(LabelledFrame(path.with_suffix(".jpg"), path.stem[:3], points))
    return frames


@dataclass(frozen=True, eq=False)
class SimulatedMatch:
    """A simulated match: ``views`` float64 (frames, 3, 3) metres to pixels, and the MOT rows of its players."""

    name: str
    folder: Path
    views: npt.NDArray[np.float64]
    rows: npt.NDArray[np.float64]

    def boxes_xyxy(self, frame: int) -> npt.NDArray[np.float32]:
        """Return the true boxes in a frame, counted from 0."""
        rows = self.rows[slice(*np.searchsorted(self.rows[:, 0], (frame + 1, frame + 2)))]
        return np.c_[rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]].astype(np.float32)

    def feet_px(self, frame: int) -> npt.NDArray[np.float64]:
        """Return the foot points (n, 2) in pixels of the players within the picture."""
        boxes = self.boxes_xyxy(frame).astype(np.float64)
        feet = np.c_[(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]]
        return feet[((feet > 0) & (feet < (WIDTH, HEIGHT))).all(axis=1)]

    def metres(self, frame: int, points_px: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the exact ground positions in metres of points in a frame."""
        return project(np.linalg.inv(self.views[frame]), points_px)[0]

    def keypoints(self, frame: int) -> npt.NDArray[np.float64]:
        """Return the exact keypoints (32, 3) of a frame; confidence 1 where the point lies in the picture."""
        points, depth = project(self.views[frame], keypoints_m(SIMULATED_PITCH))
        shown = (depth > 0) & (points >= 0).all(axis=1) & (points < (WIDTH, HEIGHT)).all(axis=1)
        return np.c_[points, shown]

    def pictures(self, *, seconds: float) -> Iterator[npt.NDArray[np.uint8]]:
        """Yield the video's frames, uint8 (H, W, 3), up to a time."""
        with av.open(str(self.folder / "video.mp4")) as container:
            for index, frame in enumerate(container.decode(video=0)):
                if index >= seconds * FPS:
                    return
                yield frame.to_ndarray(format="rgb24")

    def motions(self, *, seconds: float) -> list[Motion]:
        """Return the camera's motion as the tracker measures it in the video; people are masked by their true boxes."""
        camera = CameraMotion()
        return [
            camera.update((picture @ LUMA).astype(np.uint8), boxes_xyxy=self.boxes_xyxy(index))
            for index, picture in enumerate(self.pictures(seconds=seconds))
        ]


def simulated_match(name: str, *, folder: Path = SHARED / "simulated") -> SimulatedMatch:
    """Read a match by its number, e.g. ``"013"``."""
    place = folder / f"match_{name}"
    views = np.load(place / "camera.npz")["P"].astype(np.float64)[:, :, [0, 1, 3]]
    rows = np.loadtxt(place / "tracks.txt", delimiter=",")
    return SimulatedMatch(name, place, views, rows[np.argsort(rows[:, 0], kind="stable")])


@cache
def simulated_shot(name: str, *, seconds: float) -> tuple[SimulatedMatch, list[Motion]]:
    """Return a match and the camera's motion as measured in its video."""
    match = simulated_match(name)
    return match, match.motions(seconds=seconds)
