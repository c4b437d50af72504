"""Reading a whole clip into memory, from a short video, a folder of images, or one image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.media.stills import read_still
from touchline.media.video import VideoReader

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts"})
MAX_FRAMES = 4096
"""Largest number of frames in a clip; a longer video would not fit into memory."""

_PICTURES_FPS = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class ClipFrames:
    """All frames of a clip.

    Attributes:
        rgb: uint8 (t, height, width, 3).
        times_us: int64 (t,), microseconds from the first frame.
        fps: frames per second; a guess for image files, which carry no rate.

    """

    rgb: npt.NDArray[np.uint8]
    times_us: npt.NDArray[np.int64]
    fps: float

    def __len__(self) -> int:
        return len(self.rgb)


def read_frames(path: Path | str, *, max_frames: int = MAX_FRAMES) -> ClipFrames:
    """Read all frames of a clip.

    Args:
        path: a video file, an image, or a folder of images, which are ordered by the numbers in their names and scaled
            to the size of the first.
        max_frames: largest number of frames that is read.

    Raises:
        InputError: nothing there, nothing readable, or more than ``max_frames`` frames.

    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path, max_frames=max_frames)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return _from_pictures([_read_picture(path)])
    return _read_video(path, max_frames=max_frames)


def is_clip(path: Path) -> bool:
    """Return whether a path looks like one clip: a video file, or a folder with images in it."""
    if path.is_dir():
        return any(child.suffix.lower() in PICTURE_SUFFIXES for child in path.iterdir())
    return path.suffix.lower() in VIDEO_SUFFIXES


def in_number_order(path: Path) -> tuple[str | int, ...]:
    """Return a sort key that puts ``frame10`` after ``frame9``."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name))


def _read_folder(folder: Path, *, max_frames: int) -> ClipFrames:
    names = sorted((p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES), key=in_number_order)
    if not names:
        raise InputError(f"{folder}: holds no images ({', '.join(sorted(PICTURE_SUFFIXES))})")
    if len(names) > max_frames:
        raise InputError(f"{folder}: {len(names)} images are too many for a clip; the limit is {max_frames}")
    return _from_pictures([_read_picture(name) for name in names])


def _read_picture(path: Path) -> npt.NDArray[np.uint8]:
    return read_still(path)


def _from_pictures(pictures: list[npt.NDArray[np.uint8]]) -> ClipFrames:
    height, width = pictures[0].shape[:2]
    same = [
        picture
        if picture.shape[:2] == (height, width)
        else np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        for picture in pictures
    ]
    times_us = np.round(np.arange(len(same)) * US_PER_S / _PICTURES_FPS).astype(np.int64)
    return ClipFrames(np.stack(same), times_us, _PICTURES_FPS)


def _read_video(path: Path, *, max_frames: int) -> ClipFrames:
    with VideoReader(path) as video:
        pictures: list[npt.NDArray[np.uint8]] = []
        times_us: list[int] = []
        for frame in video.frames():
            if len(pictures) == max_frames:
                raise InputError(
                    f"{path}: longer than {max_frames} frames; cut it into clips, or give its tracks with --tracks"
                )
            pictures.append(frame.to_rgb())
            times_us.append(frame.time_us)
        fps = video.info.fps
    if not pictures:
        raise InputError(f"{path}: no frame could be decoded; run `touchline check` on it")
    return ClipFrames(np.stack(pictures), np.array(times_us, np.int64), fps or _PICTURES_FPS)
