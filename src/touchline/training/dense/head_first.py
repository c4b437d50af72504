"""First stage of a dense spotter's training: what follows the encoder learns from features that are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from touchline.core.arrays import Floats32
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.models.networks.dense import DenseSpotter
from touchline.models.networks.dense.places import PlaceEncoder
from touchline.training.checkpoint import CheckpointFile, identity_of
from touchline.training.dense.batches import ClipPlaces, ClipTargets, mixed_targets
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.losses import loss_terms
from touchline.training.dense.measuring import measure_videos, video_features
from touchline.training.dense.settings import DenseRecipe
from touchline.training.distributed.group import current_group
from touchline.training.family import Job
from touchline.training.loop import Loop
from touchline.training.plan import LAST_RATE, LoopPlan, data_from
from touchline.training.schedule import WarmupCosine


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBatch:
    """Features of clips (n, T, width) and their targets."""

    features: Tensor
    targets: ClipTargets


class FeatureSampler:
    """Draws clips of features, of a video or of its mirror image."""

    def __init__(
        self,
        videos: Sequence[DenseVideo],
        features: dict[str, tuple[Floats32, Floats32]],
        recipe: DenseRecipe,
        *,
        device: str,
    ) -> None:
        self._features, self._recipe, self._device = features, recipe, device
        self.random = np.random.default_rng(recipe.optimizer.seed)
        self._counts = [len(one.labels) for one in recipe.sets.values()]
        self._shares = np.array([one.share for one in recipe.sets.values()])
        self._places = [
            ClipPlaces([v for v in videos if v.head == head], frames=recipe.clip_frames, event_share=recipe.event_share)
            for head in range(len(self._counts))
        ]

    def draw(self) -> FeatureBatch:
        """Draw the next batch."""
        settings, length = self._recipe.head_first, self._recipe.clip_frames
        shares = self._shares / self._shares.sum()
        heads = tuple(int(head) for head in self.random.choice(len(shares), size=settings.batch, p=shares))
        clips, mixtures = [], []
        for head in heads:
            video, start = self._places[head].draw(self.random)
            start = min(max(start, 0), max(0, len(video) - length))
            mirrored = self.random.random() < self._recipe.augment.flip
            clips.append(_cut(self._features[video.name][int(mirrored)], start, length))
            targets = video.targets.cut(start, start + length)
            mixtures.append([(1.0, targets.mirrored() if mirrored else targets)])
        features = np.stack(clips)
        features += self.random.normal(0, settings.noise, features.shape).astype(np.float32)
        targets_of = mixed_targets(heads, mixtures, self._counts, device=self._device)
        return FeatureBatch(torch.from_numpy(features).to(self._device), targets_of)


def _cut(features: Floats32, start: int, length: int) -> Floats32:
    """Return ``length`` rows; the last one repeats beyond the end."""
    return np.array(features[np.minimum(np.arange(start, start + length), len(features) - 1)], np.float32)


def train_head_first(
    network: DenseSpotter,
    videos: Sequence[DenseVideo],
    choose: Sequence[DenseVideo],
    recipe: DenseRecipe,
    *,
    job: Job,
) -> dict[str, Any]:
    """Train what follows the encoder in place, and return its measurement on ``choose`` videos."""
    network.to(job.device)
    folder = job.cache("features")
    with current_group().first_before_others():
        features = {video.name: _both(network, video, recipe, folder=folder, device=job.device) for video in videos}
    sampler = FeatureSampler(videos, features, recipe, device=job.device)
    settings = recipe.head_first
    weights = [weight for name, weight in network.named_parameters() if not name.startswith("encoder.")]
    optimizer = torch.optim.AdamW(weights, lr=settings.base_lr, weight_decay=recipe.optimizer.weight_decay)
    plan = LoopPlan(
        name=f"{recipe.name}-head",
        steps=settings.steps,
        schedule=WarmupCosine.over(settings.steps, base_lr=settings.base_lr, least=LAST_RATE),
        lower="head_first.base_lr",
        seed=recipe.optimizer.seed,
        ema_decay=0.99,
        clip_norm=5.0,
        folder=job.out / "head",
        checkpoints=CheckpointFile(job.out / "head" / "checkpoint.pt"),
        identity=identity_of(
            settings=settings.model_dump(mode="json"),
            data=[(video.name, len(video), len(video.events)) for video in videos],
        ),
        save_every_s=recipe.optimizer.save_every_s,
    )
    data = data_from(sampler.draw, sampler.random)
    loop = Loop(network, data, partial(_terms, network, recipe=recipe), optimizer, plan, progress=job.progress)
    loop.run(resume=job.resume)
    network.load_state_dict(loop.weights())
    if not choose:
        return {}
    return {"head_first": measure_videos(network, choose, recipe, device=job.device)}


def _both(
    network: DenseSpotter, video: DenseVideo, recipe: DenseRecipe, *, folder: Path, device: str
) -> tuple[Floats32, Floats32]:
    """Return the features of a video and of its mirror image; an encoder of places needs to see only the first."""
    plain = encoded(network, video, recipe, mirrored=False, folder=folder, device=device)
    if isinstance(network.encoder, PlaceEncoder):
        return plain, network.encoder.mirrored(torch.from_numpy(np.array(plain))).numpy()
    return plain, encoded(network, video, recipe, mirrored=True, folder=folder, device=device)


def _terms(network: DenseSpotter, batch: FeatureBatch, *, recipe: DenseRecipe) -> dict[str, Tensor]:
    return loss_terms(network.decide(batch.features), batch.targets, recipe.loss)


@torch.inference_mode()
def encoded(
    network: DenseSpotter, video: DenseVideo, recipe: DenseRecipe, *, mirrored: bool, folder: Path, device: str
) -> Floats32:
    """Return the features (frames, width) of a video or its mirror image, computed once; memory-mapped."""
    path = folder / f"{video.name.replace('/', '__')}{'-mirrored' if mirrored else ''}.f32"
    if not path.exists():
        make_folder(path.parent)
        write_bytes_atomic(path, video_features(network, video, recipe, mirrored=mirrored, device=device).tobytes())
    return np.memmap(path, np.float32, "r").reshape(len(video), -1)
