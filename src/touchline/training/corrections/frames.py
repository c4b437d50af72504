"""Frames whose boxes a person corrected, with the boxes of everybody in them.

A frame counts if at least one of its boxes was moved or removed. All boxes of the corrected tracks in it are its truth:
those that nobody marked are the model's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchline.core.arrays import Rgb
from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections, Tracks
from touchline.formats.bundle import CORRECTIONS, SUFFIX, Bundle
from touchline.formats.corrections.journal import read_journal
from touchline.formats.corrections.reviewed import existing_bundle
from touchline.formats.files.atomic import make_folder
from touchline.media.video import VideoReader
from touchline.training.detection.data import LabelledFrames

_JUMP_US = 5 * US_PER_S
"""Between frames further apart than this the video is searched rather than decoded."""


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedFrame:
    """The truth of a frame: its index in the video, its time, and everybody in it."""

    frame: int
    time_us: int
    truth: Detections


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedMatch:
    """The corrected frames of a video.

    Attributes:
        name: name of the bundle, without its ending.
        bundle: the bundle.
        fingerprint: fingerprint of the video's content.
        frames: by time.

    """

    name: str
    bundle: Bundle
    fingerprint: str
    frames: tuple[CorrectedFrame, ...]

    @property
    def sha256(self) -> str:
        """SHA-256 of the video's fingerprint and the truth, for telling whether anything was corrected since."""
        digest = hashlib.sha256(self.fingerprint.encode())
        for one in self.frames:
            digest.update(np.int64(one.frame).tobytes() + one.truth.boxes_xyxy.tobytes() + one.truth.classes.tobytes())
        return digest.hexdigest()


def read_corrected_frames(path: Path) -> CorrectedMatch:
    """Read the frames of a bundle in which boxes were corrected; there may be none.

    Args:
        path: the folder ``NAME.touchline``, or the video beside it.

    Raises:
        InputError: there is no bundle, it has no tracks, or a file of it is broken.

    """
    bundle = existing_bundle(path)
    corrected = bundle.read_corrections().boxes
    times = {
        int(frame): int(time_us)
        for track in bundle.read_tracks()
        for frame, time_us in zip(track.frames, track.times_us, strict=True)
        if (track.track_id, int(frame)) in corrected
    }
    tracks = bundle.read_corrected_tracks()
    return CorrectedMatch(
        name=bundle.path.name.removesuffix(SUFFIX),
        bundle=bundle,
        fingerprint=read_journal(bundle.path / CORRECTIONS).video_fingerprint,
        frames=tuple(CorrectedFrame(frame, times[frame], boxes_in(tracks, frame)) for frame in sorted(times)),
    )


def boxes_in(tracks: Tracks, frame: int) -> Detections:
    """Return the boxes of all tracks in a frame, with their roles as classes."""
    rows = [(track, int(np.searchsorted(track.frames, frame))) for track in tracks]
    seen = [(track, row) for track, row in rows if row < len(track) and track.frames[row] == frame]
    if not seen:
        return Detections.none()
    return Detections(
        np.stack([track.boxes_xyxy[row] for track, row in seen]).astype(np.float32),
        np.ones(len(seen), np.float32),
        np.array([DETECTION_LABELS.index(track.label) for track, _ in seen], np.int64),
    )


def labelled_frames(match: CorrectedMatch, video: Path, *, folder: Path) -> list[LabelledFrames]:
    """Decode the corrected frames; each is a source of its own, because not every frame has the ball labelled.

    Args:
        match: the frames, at least one.
        video: its video.
        folder: where the pixels are kept during the training.

    Raises:
        InputError: the video lacks a frame.

    """
    make_folder(folder)
    path, times = folder / f"{match.fingerprint[:16]}.npy", [one.time_us for one in match.frames]
    pixels, count = None, 0
    for count, picture in enumerate(pictures_at(video, times), start=1):
        if pixels is None:
            pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (len(times), *picture.shape))
        pixels[count - 1] = picture
    if pixels is None or count < len(times):
        raise InputError(f"{video}: has {count} of the {len(times)} corrected frames; track the video again")
    return [
        LabelledFrames(match.name, pixels[row : row + 1], (one.truth,), _labelled(one.truth))
        for row, one in enumerate(match.frames)
    ]


def _labelled(truth: Detections) -> np.ndarray:
    """Return which classes a frame labels: without a box of the ball nobody knows where it is."""
    labelled = np.ones(len(DETECTION_LABELS), bool)
    labelled[BALL] = bool((truth.classes == BALL).any())
    return labelled


def pictures_at(video: Path, times_us: Sequence[int]) -> Iterator[Rgb]:
    """Yield the frames with these sorted times, uint8 (h, w, 3); those that do not exist are left out."""
    edges = np.flatnonzero(np.diff(times_us) > _JUMP_US) + 1
    for part in np.split(np.asarray(times_us, np.int64), edges):
        wanted = set(part.tolist())
        with VideoReader(video) as reader:
            for frame in reader.frames(start_us=int(part[0])):
                if frame.time_us in wanted:
                    yield frame.to_rgb()
                if frame.time_us >= part[-1]:
                    break
