"""Frames with a known view of the pitch: labelled real frames, and frames of simulated matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.core.geometry.pitch import STANDARD, Pitch, keypoints_m
from touchline.formats.files.npz import read_arrays
from touchline.formats.files.text_lines import read_text
from touchline.media.stills import read_still

SIMULATED_PITCH = Pitch(110.0, 72.0)
"""The pitch of the simulated matches."""
FRAME_WIDTH, FRAME_HEIGHT = 640, 360
"""Width and height of all training frames, pixels."""
KEYPOINTS = 32
_SUFFIXES = (".jpg", ".webp", ".png")
_LABELLED = 2
_VALUES = 5 + 3 * KEYPOINTS

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class PitchFrame:
    """One frame and its truth.

    Attributes:
        name: of the file, or of the match and frame.
        rgb: uint8 (360, 640, 3).
        keypoints_px: float32 (32, 2); arbitrary where the point is not in the frame.
        visible: bool (32,), whether the point lies in the frame, occluded or not.
        to_pixels: float64 (3, 3), metres on the grass to pixels; third coordinate positive in front of the camera.
        half_m: half length and width of the pitch.

    """

    name: str
    rgb: Pixels
    keypoints_px: npt.NDArray[np.float32]
    visible: npt.NDArray[np.bool_]
    to_pixels: npt.NDArray[np.float64]
    half_m: tuple[float, float]

    @property
    def source(self) -> str:
        """The match that it comes from: the name up to the first underscore."""
        return self.name.split("_")[0]


def read_frames(folder: Path) -> list[PitchFrame]:
    """Read the labelled frames of a folder: images with a YOLO-pose text file of the same name, sorted by name.

    Raises:
        InputError: no label files, an unreadable label file, or a missing image.

    """
    labels = sorted(folder.glob("*.txt"))
    if not labels:
        raise InputError(f"{folder}: no label files (*.txt) here")
    return [_read_frame(path) for path in labels]


def _read_frame(label: Path) -> PitchFrame:
    picture = next((label.with_suffix(s) for s in _SUFFIXES if label.with_suffix(s).exists()), None)
    if picture is None:
        raise InputError(f"{label}: no image of that name beside it ({', '.join(_SUFFIXES)})")
    rgb = _read_rgb(picture)
    rows = read_text(label).split()
    if len(rows) != _VALUES:
        raise InputError(f"{label}: {len(rows)} values; expected the {_VALUES} of one pitch")
    try:
        table = np.array(rows[5:], np.float64).reshape(KEYPOINTS, 3)
    except ValueError as error:
        raise InputError(f"{label}: {error}") from error
    visible = table[:, 2] == _LABELLED
    points = table[:, :2] * (FRAME_WIDTH, FRAME_HEIGHT)
    try:
        to_pixels = fit_homography(keypoints_m(STANDARD)[visible], points[visible])
    except ValueError as error:
        raise InputError(f"{label}: {error}") from error
    half = (STANDARD.length_m / 2, STANDARD.width_m / 2)
    return PitchFrame(label.stem, rgb, points.astype(np.float32), visible, to_pixels, half)


def _read_rgb(path: Path) -> Pixels:
    rgb = read_still(path)
    if rgb.shape[:2] != (FRAME_HEIGHT, FRAME_WIDTH):
        rgb = np.asarray(cv2.resize(rgb, (FRAME_WIDTH, FRAME_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    return rgb


def fit_homography(metres: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Fit a homography (3, 3) from metres to pixels to labelled points, without outliers; positive in view."""
    if len(metres) < 4:
        raise ValueError(f"metres has {len(metres)} labelled points; a homography needs at least 4")
    matrix, _ = cv2.findHomography(metres, pixels, cv2.RANSAC, 4.0)
    if matrix is None:
        raise ValueError(f"the {len(metres)} labelled points fit no view of a pitch")
    depth = np.c_[metres, np.ones(len(metres))] @ matrix[2]
    return np.asarray(matrix * np.sign(np.median(depth)), np.float64)


def read_simulated(folder: Path, *, every: int) -> list[PitchFrame]:
    """Read every ``every``-th frame of a simulated match that has its cameras, ``camera.npz``.

    Raises:
        InputError: the video or its cameras cannot be read, or their lengths differ.

    """
    cameras = folder / "camera.npz"
    if not cameras.exists():
        raise InputError(f"{cameras}: not found; it holds the cameras of video.mp4")
    projections = read_arrays(cameras, "P", what="cameras", remedy="simulate the match again")[0].astype(np.float64)
    video = cv2.VideoCapture(str(folder / "video.mp4"))
    frames = []
    for index, projection in enumerate(projections):
        if not video.grab():
            break
        if index % every == 0:
            _, bgr = video.retrieve()
            frames.append(_simulated_frame(f"{folder.name}_{index}", bgr, projection))
    video.release()
    if not frames:
        raise InputError(f"{folder / 'video.mp4'}: no frame can be read")
    return frames


def _simulated_frame(name: str, bgr: Pixels, projection: npt.NDArray[np.float64]) -> PitchFrame:
    to_pixels = np.diag([FRAME_WIDTH / bgr.shape[1], FRAME_HEIGHT / bgr.shape[0], 1.0]) @ projection[:, (0, 1, 3)]
    if bgr.shape[:2] != (FRAME_HEIGHT, FRAME_WIDTH):
        bgr = cv2.resize(bgr, (FRAME_WIDTH, FRAME_HEIGHT), interpolation=cv2.INTER_AREA)
    points, visible = project_keypoints(to_pixels, SIMULATED_PITCH)
    half = (SIMULATED_PITCH.length_m / 2, SIMULATED_PITCH.width_m / 2)
    return PitchFrame(name, np.ascontiguousarray(bgr[..., ::-1]), points, visible, to_pixels, half)


def project_keypoints(
    to_pixels: npt.NDArray[np.float64], pitch: Pitch
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Project the keypoints of a pitch: pixels (32, 2), and which of them lie in the frame (32,)."""
    spread = np.c_[keypoints_m(pitch), np.ones(KEYPOINTS)] @ to_pixels.T
    front = spread[:, 2] > 1e-6
    pixels = spread[:, :2] / np.where(front, spread[:, 2], 1.0)[:, None]
    inside = ((pixels >= 0) & (pixels < (FRAME_WIDTH, FRAME_HEIGHT))).all(1)
    return pixels.astype(np.float32), front & inside


def split_frames(frames: Sequence[PitchFrame], *, held_out: Sequence[str]) -> tuple[list[PitchFrame], list[PitchFrame]]:
    """Split frames into training frames and those of the held-out sources."""
    learn = [frame for frame in frames if frame.source not in held_out]
    return learn, [frame for frame in frames if frame.source in held_out]
