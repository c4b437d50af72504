"""Videos for dense spotters: pictures at training size, decoded once into a memory-mapped file, with their targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from touchline.core.events import Timeline
from touchline.formats.bundle import video_fingerprint
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader
from touchline.models.networks.dense.places import TO_LUMA
from touchline.models.runtime.fitting import fit
from touchline.models.specs.dense_spec import DenseFrameSpec
from touchline.training.dense.targets import FrameEvent, FrameTargets
from touchline.training.pixel_cache import write_pixels

Pixels = npt.NDArray[np.uint8]
Colour = Literal["rgb", "grey"]


@dataclass(frozen=True, slots=True, eq=False)
class DenseVideo:
    """One video of one label set.

    Attributes:
        name: unique in its recipe.
        head: number of its label set.
        pictures: uint8 (n, h, w, channels) with 3 channels or 1 of grey; may be memory-mapped.
        events: its events on the frame grid.
        targets: what the network learns of each frame.
        fps: pictures a second.
        truth: its events as labelled, for measuring.

    """

    name: str
    head: int
    pictures: Pixels
    events: tuple[FrameEvent, ...]
    targets: FrameTargets
    fps: float
    truth: Timeline = field(default_factory=Timeline)

    def __len__(self) -> int:
        return len(self.pictures)

    def clip(self, start: int, stop: int) -> Pixels:
        """Return frames ``start`` to ``stop`` (exclusive) in RGB (n, h, w, 3); those outside the video are black."""
        clip = np.zeros((stop - start, *self.pictures.shape[1:3], 3), np.uint8)
        first, last = max(start, 0), min(stop, len(self))
        if first < last:
            clip[first - start : last - start] = self.pictures[first:last]
        return clip


def open_pictures(
    video: Path, spec: DenseFrameSpec, *, colour: Colour, cache: Path, every_frame: bool = False
) -> Pixels:
    """Open the pictures of a video at training size, decoding it first if that has not been done.

    Args:
        video: the file.
        spec: size, frame rate and fit.
        colour: ``rgb``, or ``grey`` for a third of the space.
        cache: folder of decoded pictures.
        every_frame: take every frame of the video, whatever its rate, instead of ``spec.fps`` a second.

    Returns:
        Memory-mapped uint8 (n, h, w, channels).

    Raises:
        InputError: no frame can be decoded.
        ResourceError: the disk is full.

    """
    rate = "every" if every_frame else f"{spec.fps:g}"
    key = f"{video_fingerprint(video)[:24]}_{spec.width}x{spec.height}_{rate}_{spec.fit}.{colour}"
    path = cache / key
    if not path.exists():
        pictures = decoded_pictures(video, spec, every_frame=every_frame)
        if colour == "grey":
            pictures = map(grey, pictures)
        write_pixels(path, pictures, video=video, advice="choose smaller frames")
    return np.memmap(path, np.uint8, "r").reshape(-1, spec.height, spec.width, 3 if colour == "rgb" else 1)


def decoded_pictures(video: Path, spec: DenseFrameSpec, *, every_frame: bool) -> Iterator[Pixels]:
    """Yield the pictures of a video, on the time grid or every frame, each uint8 (height, width, 3)."""
    with VideoReader(video) as reader:
        frames = reader.frames()
        kept = frames if every_frame else (frame for _, frame in sample_regular(frames, fps=spec.fps))
        for frame in kept:
            yield fit(frame.to_rgb(), width=spec.width, height=spec.height, how=spec.fit)


def grey(picture: Pixels) -> Pixels:
    """Return the luma of an RGB picture, uint8 (h, w, 1), full range."""
    luma: Pixels = np.rint(picture @ np.array(TO_LUMA, np.float32)).astype(np.uint8)
    return luma[..., None]
