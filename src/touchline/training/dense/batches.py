"""Batches of clips for dense spotters: clips around events of one or more label sets, augmented and mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.training.dense.augment import AugmentSettings, change_pictures
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.targets import TEAMS, FrameTargets


@dataclass(frozen=True, slots=True, eq=False)
class ClipTargets:
    """Targets of n clips of T frames.

    Attributes:
        heads: number of the label set of each clip; only that head learns from it.
        classes: by head, shares of background and classes (clips of that head, T, classes + 1).
        displacement: (n, T), frames.
        team: (n, T, 2), shares of left and right; 0 where unknown.

    """

    heads: tuple[int, ...]
    classes: dict[int, Tensor]
    displacement: Tensor
    team: Tensor

    def rows(self, head: int) -> list[int]:
        """Return the clips of a head."""
        return [row for row, one in enumerate(self.heads) if one == head]


@dataclass(frozen=True, slots=True, eq=False)
class ClipBatch:
    """Pictures of clips, float32 (n, T, 3, h, w) in 0 to 1, and their targets."""

    pictures: Tensor
    targets: ClipTargets


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """The clips of a batch.

    Attributes:
        frames: frames of a clip.
        batch: clips of a batch.
        event_share: share of clips that contain an event for certain; the rest begins anywhere.
        mixup: parameter of the Beta distribution of the mixture of two clips; 0 for none.

    """

    frames: int
    batch: int
    event_share: float
    mixup: float


class ClipPlaces:
    """Draws where clips begin: around events, or anywhere; a clip may reach beyond the ends of its video."""

    def __init__(self, videos: Sequence[DenseVideo], *, frames: int, event_share: float) -> None:
        self._videos, self._frames, self._event_share = videos, frames, event_share
        lengths = np.array([len(video) for video in videos], np.float64)
        self._shares = lengths / lengths.sum() if len(lengths) else lengths
        self._events = [
            (number, event.frame) for number, v in enumerate(videos) for event in v.events if event.frame < len(v)
        ]

    def draw(self, random: np.random.Generator) -> tuple[DenseVideo, int]:
        """Draw the video and the first frame of a clip."""
        length = self._frames
        if self._events and random.random() < self._event_share:
            number, frame = self._events[int(random.integers(len(self._events)))]
            return self._videos[number], frame - int(random.integers(length))
        video = self._videos[int(random.choice(len(self._videos), p=self._shares))]
        return video, int(random.integers(-(length // 4), max(1, len(video) - 3 * length // 4)))


class ClipSampler:
    """Draws batches of clips; bounded memory, since pictures stay in memory-mapped files.

    Args:
        videos: videos of all label sets.
        settings: sizes and shares.
        augment: changes of the pictures.
        class_counts: classes of each label set.
        shares: share of clips of each label set.
        seed: of all draws.
        device: of the batches.

    """

    def __init__(
        self,
        videos: Sequence[DenseVideo],
        settings: ClipSettings,
        augment: AugmentSettings,
        *,
        class_counts: Sequence[int],
        shares: Sequence[float],
        seed: int,
        device: str = "cpu",
    ) -> None:
        self.settings, self._augment, self._device = settings, augment, device
        self._class_counts = tuple(class_counts)
        self._random = np.random.default_rng(seed)
        self._noise = torch.Generator().manual_seed(seed)
        self._sets = [[v for v in videos if v.head == head] for head in range(len(class_counts))]
        self._shares = np.asarray(shares, np.float64) / np.sum(shares)
        self._places = [
            ClipPlaces(some, frames=settings.frames, event_share=settings.event_share) for some in self._sets
        ]

    @property
    def generators(self) -> tuple[np.random.Generator, torch.Generator]:
        """The generators that decide which clips come next."""
        return self._random, self._noise

    def draw(self) -> ClipBatch:
        """Draw the next batch."""
        heads = tuple(
            int(head) for head in self._random.choice(len(self._sets), size=self.settings.batch, p=self._shares)
        )
        pictures, targets = self._clips(heads)
        if not self.settings.mixup:
            plain = [[(1.0, one)] for one in targets]
            return ClipBatch(pictures, mixed_targets(heads, plain, self._class_counts, device=self._device))
        others, other_targets = self._clips(heads)
        share = self._random.beta(self.settings.mixup, self.settings.mixup, len(heads))
        mix = torch.from_numpy(share.astype(np.float32)).to(self._device)[:, None, None, None, None]
        pairs = [
            [(float(part), one), (1 - float(part), other)]
            for part, one, other in zip(share, targets, other_targets, strict=True)
        ]
        mixed = mixed_targets(heads, pairs, self._class_counts, device=self._device)
        return ClipBatch(torch.lerp(others, pictures, mix), mixed)

    def _clips(self, heads: Sequence[int]) -> tuple[Tensor, list[FrameTargets]]:
        """Draw one augmented clip for each head: pictures (n, T, 3, h, w) and targets."""
        drawn = [self._places[head].draw(self._random) for head in heads]
        length = self.settings.frames
        raw = np.stack([video.clip(start, start + length) for video, start in drawn])
        if all(video.pictures.shape[-1] == 1 for video, _ in drawn):  # changed in one channel, a third of the work
            raw = np.ascontiguousarray(raw[..., :1])
        pictures = torch.from_numpy(raw).to(self._device).permute(0, 1, 4, 2, 3).float() / 255.0
        pictures, flipped = change_pictures(pictures, self._augment, generator=self._noise)
        targets = [video.targets.cut(start, start + length) for video, start in drawn]
        return pictures.expand(-1, -1, 3, -1, -1), [
            one.mirrored() if mirror else one for one, mirror in zip(targets, flipped.tolist(), strict=True)
        ]


def mixed_targets(
    heads: tuple[int, ...],
    mixtures: Sequence[Sequence[tuple[float, FrameTargets]]],
    class_counts: Sequence[int],
    *,
    device: str,
) -> ClipTargets:
    """Assemble the targets of a batch from mixtures of targets, each a list of (share, targets)."""
    by_head = {head: [m for one, m in zip(heads, mixtures, strict=True) if one == head] for head in sorted(set(heads))}
    classes = {
        head: torch.stack([_classes(mixture, class_counts[head]) for mixture in some]).to(device)
        for head, some in by_head.items()
    }
    displacement = np.stack([sum(share * one.displacement for share, one in mixture) for mixture in mixtures])
    team = torch.stack([_team(mixture) for mixture in mixtures]).to(device)
    return ClipTargets(heads, classes, torch.from_numpy(displacement.astype(np.float32)).to(device), team)


def _classes(mixture: Sequence[tuple[float, FrameTargets]], class_count: int) -> Tensor:
    """Return the shares of background and classes (T, classes + 1) of a mixture."""
    parts = [share * F.one_hot(torch.from_numpy(one.classes), class_count + 1).float() for share, one in mixture]
    return torch.stack(parts).sum(0)


def _team(mixture: Sequence[tuple[float, FrameTargets]]) -> Tensor:
    """Return the shares of the teams (T, 2) of a mixture."""
    parts: list[npt.NDArray[np.float32]] = [
        (share * (one.team[:, None] == np.arange(len(TEAMS)))).astype(np.float32) for share, one in mixture
    ]
    return torch.from_numpy(np.sum(parts, axis=0).astype(np.float32))
