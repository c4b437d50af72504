"""Batches of clips with their targets, in a fixed order, prefetched by threads."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from touchline.core.errors import InputError
from touchline.training.prefetch import made_ahead
from touchline.training.spotting.data import FrameStore, GameVideo, Pixels
from touchline.training.spotting.sampling import ClipSampler, Draw, keep_inside, shake
from touchline.training.spotting.targets import clip_target, dense_targets

Target = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledVideo:
    """A video's frames with its actions: class index by grid frame, and the centre span of a clip that counts."""

    video: GameVideo
    frames: FrameStore
    actions: dict[int, int]
    targets: npt.NDArray[np.float32]
    target_frames: int

    @classmethod
    def make(
        cls, video: GameVideo, frames: FrameStore, actions: dict[int, int], *, classes: int, target_frames: int
    ) -> LabelledVideo:
        """Build it, checking the labels against the video's length.

        Raises:
            InputError: most actions lie past the end, so labels and video do not belong together.

        """
        late = sum(frame >= frames.frame_count for frame in actions)
        if late > len(actions) / 2:
            raise InputError(
                f"{video.labels_path}: {late} of {len(actions)} actions lie after the end of {video.path.name}"
            )
        targets = dense_targets(actions, frame_count=frames.frame_count, class_count=classes)
        return cls(video, frames, actions, targets, target_frames)

    def clip(
        self, centre: int, *, offsets: Sequence[int], shaken: Sequence[int] | None = None
    ) -> tuple[Pixels, Target]:
        """Return frames uint8 (n, h, w) and target float32 (classes,) of a clip, which is shifted inside the video."""
        centre = keep_inside(centre, offsets=offsets, frame_count=self.frames.frame_count)
        indices = [centre + offset for offset in shaken or offsets]
        target = clip_target(self.targets, first=indices[0], last=indices[-1], centre_frames=self.target_frames)
        return self.frames.read(indices), target


class ClipBatches:
    """Training batches; batch ``number`` is the same whenever it is requested.

    Args:
        videos: sources of the clips, in the sampler's order.
        sampler: decides which clips.
        offsets: frames of a clip relative to its centre.
        batch_size: clips per batch.
        shake_probability: of jittered frames.
        workers: number of prefetching threads; 0 reads on demand.

    """

    def __init__(
        self,
        videos: Sequence[LabelledVideo],
        sampler: ClipSampler,
        *,
        offsets: Sequence[int],
        batch_size: int,
        shake_probability: float = 0.25,
        workers: int = 0,
    ) -> None:
        self._videos = videos
        self._sampler = sampler
        self._offsets = tuple(offsets)
        self._batch_size = batch_size
        self._shake = shake_probability
        self._workers = workers

    def batch(self, number: int) -> tuple[Tensor, Tensor]:
        """Return clips uint8 (batch, frames, h, w) and targets float32 (batch, classes) of the batch of a number."""
        first = number * self._batch_size
        clips, targets = zip(
            *(self._clip(self._sampler.draw(first + at)) for at in range(self._batch_size)), strict=True
        )
        return torch.from_numpy(np.stack(clips)), torch.from_numpy(np.stack(targets))

    def _clip(self, draw: Draw) -> tuple[Pixels, Target]:
        shaken = shake(self._offsets, generator=draw.generator(), probability=self._shake)
        return self._videos[draw.video].clip(draw.frame, offsets=self._offsets, shaken=shaken)

    def stream(self, numbers: Iterable[int]) -> Generator[tuple[int, Tensor, Tensor], None, None]:
        """Yield ``(number, clips, targets)`` for the numbers of batches, in order."""
        with contextlib.closing(made_ahead(self.batch, numbers, workers=self._workers)) as made:
            for number, (clips, targets) in made:
                yield number, clips, targets
