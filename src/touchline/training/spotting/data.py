"""Training clips from folders in SoccerNet's layout: one folder per game, with videos and a label file.

Frames lie on the model's time grid, as luma at the model's size. Whole videos are decoded once into a cache of uint8
arrays on disk while there is room; clips of the other videos are decoded on demand, by readers that stay open. A frame
that cannot be decoded is an error, never a black frame.
"""

from __future__ import annotations

import fnmatch
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.core.errors import InputError
from touchline.core.events import Event
from touchline.formats.bundle import video_fingerprint
from touchline.formats.soccernet.labels import read_labels
from touchline.formats.soccernet.source import missing_advice
from touchline.media.quick.grid_clip import read_grid_clip
from touchline.media.sampling import fit_luma, sample_regular
from touchline.media.video import VideoReader, probe
from touchline.training.pixel_cache import write_pixels

_LOGGER = logging.getLogger(__name__)

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class GridSize:
    """Width and height of the frames, and frames per second."""

    width: int
    height: int
    fps: float


@dataclass(frozen=True, slots=True)
class GameVideo:
    """One video of a game (a half or the whole game) and its labelled events."""

    game: str
    half: int
    path: Path
    labels_path: Path
    events: tuple[Event, ...]

    @property
    def name(self) -> str:
        """Game and half, in a form suitable for a file name."""
        return f"{self.game.replace('/', '__')}__{self.half}"


def find_games(root: Path, patterns: Sequence[str], *, labels_file: str, exclude: Sequence[str] = ()) -> list[str]:
    """Find the folders below ``root`` that match, in the order of the patterns; plain names must exist.

    Raises:
        InputError: a name is not a folder, a folder has no labels, or a pattern matches nothing.

    """
    games: list[str] = []
    for pattern in patterns:
        found = [pattern] if not any(sign in pattern for sign in "*?[") else _matching(root, pattern, labels_file)
        if not found:
            advice = missing_advice(labels_file)
            raise InputError(f"{root}: no folder matches {pattern!r} and holds {labels_file}{advice}")
        games += [game for game in found if game not in games]
    kept = [game for game in games if not any(fnmatch.fnmatchcase(game, pattern) for pattern in exclude)]
    for game in kept:
        if not (root / game / labels_file).is_file():
            advice = missing_advice(labels_file)
            raise InputError(f"{root / game}: holds no {labels_file}; is data_root right?{advice}")
    return kept


def _matching(root: Path, pattern: str, labels_file: str) -> list[str]:
    return sorted(path.parent.relative_to(root).as_posix() for path in root.glob(f"{pattern}/{labels_file}"))


def read_game(root: Path, game: str, *, videos: dict[int, str], labels_file: str) -> list[GameVideo]:
    """Read the videos of one game with the events of their halves.

    Raises:
        InputError: a video does not exist, or events belong to a half without a video.

    """
    labels_path = root / game / labels_file
    timeline = read_labels(labels_path)
    strays = sorted({event.half for event in timeline} - set(videos))
    if strays:
        raise InputError(
            f"{labels_path}: has events of halves {strays}, but videos are given for {sorted(videos)} only"
        )
    found = []
    for half, name in videos.items():
        path = root / game / name
        if not path.is_file():
            advice = missing_advice(path.name)
            raise InputError(f"{path}: video not found; the recipe's data.videos names the file of each half{advice}")
        found.append(GameVideo(game, half, path, labels_path, tuple(e for e in timeline if e.half == half)))
    return found


def manifest_sha256(videos: Sequence[GameVideo]) -> str:
    """Return one hash of a data set: names, videos and label files, in order."""
    digest = hashlib.sha256()
    for video in videos:
        labels = hashlib.sha256(video.labels_path.read_bytes()).hexdigest()
        digest.update(f"{video.name} {video_fingerprint(video.path)} {labels}\n".encode())
    return digest.hexdigest()


class FrameStore(Protocol):
    """Random access to the grid frames of one video."""

    frame_count: int

    def read(self, indices: Sequence[int]) -> Pixels:
        """Read frames at nearby grid indices, uint8 (n, height, width)."""
        ...

    def stream(self) -> Iterator[tuple[int, Pixels]]:
        """Yield all frames in order with their grid index, each uint8 (height, width)."""
        ...


class CachedFrames:
    """Frames of a decoded video, in a memory-mapped file of raw uint8 pixels."""

    def __init__(self, path: Path, size: GridSize) -> None:
        self._frames = np.memmap(path, np.uint8, "r").reshape(-1, size.height, size.width)
        self.frame_count = len(self._frames)

    def read(self, indices: Sequence[int]) -> Pixels:
        """Read frames at grid indices, uint8 (n, height, width)."""
        return np.asarray(self._frames[list(indices)])

    def stream(self) -> Iterator[tuple[int, Pixels]]:
        """Yield all frames in order with their grid index, each uint8 (height, width)."""
        return ((index, np.asarray(frame)) for index, frame in enumerate(self._frames))


class DecodedFrames:
    """Frames decoded on demand; the file is probed once, and each clip is one request to a decoding process."""

    def __init__(self, path: Path, size: GridSize) -> None:
        self._path = path
        self._size = size
        self._facts = VideoReader(path).facts
        info = self._facts.info
        if info.duration_us <= 0 or info.fps <= 0:
            raise InputError(f"{path}: unknown duration; raise loader.cache_gb so that the video is decoded once")
        last_us = info.duration_us - round(US_PER_S / info.fps)
        self.frame_count = int(last_us * size.fps / US_PER_S) + 1

    def read(self, indices: Sequence[int]) -> Pixels:
        """Read frames at grid indices, uint8 (n, height, width).

        Raises:
            InputError: no frame can be decoded there.

        """
        size = self._size
        clip = read_grid_clip(self._facts, indices=indices, fps=size.fps, width=size.width, height=size.height)
        lost = sorted(set(indices) - set(clip.indices))
        if lost:
            at_s = us_from_frame(lost[0], fps=self._size.fps) / US_PER_S
            raise InputError(f"{self._path}: no frame could be decoded at {at_s:.2f} s; run `touchline check` on it")
        return clip.luma if clip.indices == tuple(indices) else clip.luma[np.searchsorted(clip.indices, indices)]

    def stream(self) -> Iterator[tuple[int, Pixels]]:
        """Yield all frames in order with their grid index, each uint8 (height, width)."""
        return grid_pictures(self._path, self._size)


def grid_pictures(path: Path, size: GridSize) -> Iterator[tuple[int, Pixels]]:
    """Yield every grid frame of a video at the model's size, in order; lost spans are logged."""
    with VideoReader(path) as reader:
        for index, frame in sample_regular(reader.frames(), fps=size.fps):
            yield index, fit_luma(frame.luma, width=size.width, height=size.height)
        coverage = reader.coverage()
    if not coverage.complete:
        _LOGGER.warning(
            "%s: %.1f s could not be decoded, and nearby frames are used; %.1f s are doubtful",
            path,
            coverage.lost_us / US_PER_S,
            coverage.doubtful_us / US_PER_S,
        )


def open_frames(video: Path, size: GridSize, *, cache_folder: Path, room_bytes: int) -> tuple[FrameStore, int]:
    """Open the frames of a video, from the cache if present or if there is room; also return the room they take."""
    path = cache_folder / f"{video_fingerprint(video)[:24]}_{size.width}x{size.height}_{size.fps:g}.luma"
    if not path.exists():
        duration_us = probe(video).duration_us
        guess = int(duration_us * size.fps / US_PER_S + 1) * size.width * size.height
        if not duration_us or guess > room_bytes:
            return DecodedFrames(video, size), 0
        decode_to_cache(video, path, size)
    return CachedFrames(path, size), path.stat().st_size


def decode_to_cache(video: Path, target: Path, size: GridSize) -> None:
    """Decode a whole video into raw uint8 pixels (frames, height, width) on disk, atomically.

    Raises:
        InputError: no frame could be decoded.
        ResourceError: the disk is full.

    """
    pictures = (picture for _, picture in grid_pictures(video, size))
    write_pixels(target, pictures, video=video, advice="lower loader.cache_gb")
