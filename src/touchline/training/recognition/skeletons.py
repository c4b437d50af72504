"""Training of a recogniser of joint sequences from end to end: each match held out, then the model that ships.

Run it with ``touchline train recipes/skeletons.yaml``. Each match is scored by networks that saw none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from touchline.core.arrays import Indices
from touchline.formats.clips.skeleton_sets import SkeletonSet
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.specs.spec import SkeletonConfig, SkeletonSpec
from touchline.models.store import save_model
from touchline.training.checkpoint import identity_of
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.loop import Loop
from touchline.training.plan import Data, Progress, data_from
from touchline.training.recognition.distillation_losses import blend
from touchline.training.recognition.held_out import hold_out, write_measured
from touchline.training.recognition.members import cross_entropy, plan_member, smooth_labels
from touchline.training.recognition.skeleton_augment import augment_places
from touchline.training.recognition.skeleton_hand import train_hand
from touchline.training.recognition.skeleton_settings import SkeletonRecipe
from touchline.training.recognition.skeleton_trial import read_skeleton_trial

_LEAST = 1e-6
_MOST_WARMUP_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Teaching:
    """The contribution of a teacher to the training of a student.

    Attributes:
        probabilities: float32 (n, classes), its outputs for every sequence; for mixed sequences, the mixture of them.
        loss: of the network's logits and the teacher's.
        kd_weight, ce_weight: of the teacher's and the labels' terms.
        asks: settings of teacher and loss, part of the identity of the student's checkpoints.

    """

    probabilities: Tensor
    loss: Callable[[Tensor, Tensor], Tensor]
    kd_weight: float
    ce_weight: float
    asks: object = None


def train(settings: SkeletonRecipe, job: Job) -> Path:
    """Hold out every match in turn, then train the model that ships; resumes an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets checkpoints, ``held_out.csv``, ``measured.json`` and the model.

    Returns:
        The model file.

    Raises:
        InputError: the data are unusable, contain a single match, or have a label that the recipe does not name.

    """
    trial, out = read_skeleton_trial(settings), job.out

    def learn(folder: str, rows: Indices) -> SkeletonNet:
        where, device, progress = out / folder, job.device, job.progress
        return train_one(trial.data, trial.truth, rows, settings=settings, out=where, device=device, progress=progress)

    values, _ = hold_out(trial, lambda folder, rows: {"held_out": learn(folder, rows)})
    measured = write_measured(trial, values["held_out"], csv=out / "held_out.csv", json=out / "measured.json")
    shipped = learn("all", np.arange(len(trial.truth)))
    return save_skeletons(shipped, settings, trial.data, measured=measured, out=out)


def plan(settings: SkeletonRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    return plan_ensemble("each held-out group, then all", settings)


def plan_ensemble(name: str, settings: SkeletonRecipe) -> list[PlannedRun]:
    """Plan the training of a network, all its members together."""
    network = new_network(settings)
    hand_steps = 0 if settings.handed is None else settings.hand.steps
    return plan_runs(network, {name: settings.optimizer.steps * len(network.views) + hand_steps})


def new_network(settings: SkeletonRecipe) -> SkeletonNet:
    """Return a network of a recipe, untrained."""
    mirror = None if settings.handed is None else settings.mirror
    return SkeletonNet(len(settings.labels), joints=len(settings.mirror), mirror=mirror, **settings.network)


def save_skeletons(
    network: SkeletonNet, settings: SkeletonRecipe, data: SkeletonSet, *, measured: Mapping[str, Any], out: Path
) -> Path:
    """Write the model file, and return its path."""
    config = SkeletonConfig(
        name=settings.name,
        architecture="skeleton-net",
        network={key: value for key, value in network.settings.items()},
        labels=tuple(settings.labels),
        skeleton=SkeletonSpec(
            frames=data.sequences.shape[1], fps=settings.fps, joints=data.joints, mirror=tuple(settings.mirror)
        ),
        temperature=float(measured.get("temperature", 1.0)),
        handed=settings.handed,
        licence=settings.licence,
        description=settings.description,
        measured={"held_out": dict(measured)},
    )
    return save_model(out / settings.name, network, config, half=True)


def train_one(
    data: SkeletonSet,
    truth: Indices,
    learn: Indices,
    *,
    settings: SkeletonRecipe,
    out: Path,
    device: str = "cpu",
    teaching: Teaching | None = None,
    progress: Progress | None = None,
) -> SkeletonNet:
    """Train every member on some of the sequences; finished ones are loaded.

    Args:
        data: all sequences.
        truth: their classes.
        learn: rows to train on.
        settings: of the network.
        out: folder of its checkpoints and logs.
        device: where to train.
        teaching: contribution of a teacher; the labels alone if None.
        progress: called after every step.

    """
    optimizer = settings.optimizer
    torch.manual_seed(optimizer.seed)
    network = new_network(settings).to(device)
    for number, member in enumerate(network.members):
        lessons = _Lessons(network, number, data, truth, learn, settings=settings, teaching=teaching)
        how = plan_member(
            optimizer,
            out=out,
            number=number,
            warmup_steps=min(_MOST_WARMUP_STEPS, max(1, optimizer.steps // 10)),
            identity=lessons.identity,
            seed=lessons.seed,
        )
        adam = torch.optim.AdamW(member.parameters(), lr=optimizer.base_lr, weight_decay=optimizer.weight_decay)
        Loop(member, lessons.data, lessons.terms, adam, how, progress=progress).run()
    if settings.handed is not None:
        train_hand(network, data, truth, learn, settings=settings, out=out, progress=progress)
    return network.eval()


class _Lessons:
    """The training data and the loss of one member: batches of augmented sequences, and the loss on them."""

    def __init__(
        self,
        network: SkeletonNet,
        number: int,
        data: SkeletonSet,
        truth: Indices,
        learn: Indices,
        *,
        settings: SkeletonRecipe,
        teaching: Teaching | None,
    ) -> None:
        self.seed = 1000 * settings.optimizer.seed + number
        self.random = torch.Generator().manual_seed(self.seed)
        self._network, self._number, self._settings, self._teaching = network, number, settings, teaching
        self._device = next(network.parameters()).device
        self._groups, self._rows = data.groups[learn].tolist(), torch.from_numpy(learn)
        with torch.no_grad():
            self._places = network.normalise(torch.from_numpy(data.sequences))
        self._targets = _targets(torch.from_numpy(truth), settings, teaching)
        drawn = torch.from_numpy(truth)[self._rows]
        counts = torch.bincount(drawn, minlength=network.num_classes).float()
        self._chances = counts[drawn] ** -settings.optimizer.balance

    @property
    def data(self) -> Data[tuple[Tensor, Tensor]]:
        """The source of batches, including the state that a resumed run needs to draw the same ones."""
        return data_from(self._draw, self.random)

    @property
    def identity(self) -> dict[str, str]:
        """The identity of the checkpoint."""
        unimportant = {"data_root", "fps", "licence", "description", "handed", "hand"}
        return identity_of(
            settings=self._settings.model_dump(mode="json", exclude_defaults=True, exclude=unimportant),
            data=[self._rows.tolist(), self._groups],
            teacher=None if self._teaching is None else self._teaching.asks,
        )

    def _draw(self) -> tuple[Tensor, Tensor]:
        """Draw inputs (batch, channels, t) of augmented sequences, and their targets (batch, classes)."""
        settings, network, optimizer = self._settings, self._network, self._settings.optimizer
        drawn = self._rows[torch.multinomial(self._chances, optimizer.batch, replacement=True, generator=self.random)]
        mirror = tuple(settings.mirror)
        seen = augment_places(
            self._places[drawn], settings=settings.augment, hips=network.hips, mirror=mirror, random=self.random
        )
        channels, wanted = network.channels(seen, view=network.views[self._number]), self._targets[drawn]
        if optimizer.mixup:
            return _mixed(channels, wanted, alpha=optimizer.mixup, random=self.random)
        return channels, wanted

    def terms(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Compute the loss on a batch."""
        channels, wanted = (part.to(self._device) for part in batch)
        return {"loss": _loss(self._network.members[self._number](channels), wanted, self._teaching)}


def _targets(truth: Tensor, settings: SkeletonRecipe, teaching: Teaching | None) -> Tensor:
    """Return the label targets (n, classes) of every sequence, followed by the teacher's outputs (n, classes)."""
    smoothing = settings.optimizer.label_smoothing
    targets = smooth_labels(truth, classes=len(settings.labels), smoothing=smoothing)
    return targets if teaching is None else torch.cat([targets, teaching.probabilities], dim=1)


def _loss(logits: Tensor, wanted: Tensor, teaching: Teaching | None) -> Tensor:
    """Compute the loss of logits (n, classes) against the label targets and, if any, the teacher's outputs."""
    classes = logits.shape[1]
    classified = cross_entropy(logits, wanted[:, :classes])
    if teaching is None:
        return classified
    said = wanted[:, classes:].clamp_min(_LEAST).log()
    return blend(teaching.loss(logits, said), classified, kd_weight=teaching.kd_weight, ce_weight=teaching.ce_weight)


def _mixed(channels: Tensor, wanted: Tensor, *, alpha: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix each sequence with another of the batch (mixup, Zhang et al., ICLR 2018)."""
    seed = int(torch.randint(2**31, (1,), generator=random))
    share = torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, len(channels)).astype(np.float32))
    other = torch.randperm(len(channels), generator=random)
    mixed = channels * share[:, None, None] + channels[other] * (1 - share[:, None, None])
    return mixed, wanted * share[:, None] + wanted[other] * (1 - share[:, None])


FAMILY = Family("skeleton", SkeletonRecipe, train, plan)
