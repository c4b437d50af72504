"""Training of a clip recogniser from end to end: folds that keep groups together, then the model that ships.

Run it with ``touchline train recipes/basketball.yaml``. A clip's reported scores come from networks that saw nothing of
its group; nothing is tuned on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from touchline.core.arrays import Indices
from touchline.formats.files.atomic import write_json_atomic
from touchline.models.networks.clip_ensemble import ClipEnsemble
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import ClipSpec
from touchline.models.store import save_model
from touchline.training.checkpoint import identity_of
from touchline.training.family import Family, Job, PlannedRun
from touchline.training.loop import Loop
from touchline.training.plan import Data, Progress, data_from
from touchline.training.recognition.clip_networks import (
    build,
    channels_last,
    check_weights,
    clip_optimizer,
    config_of,
    freeze,
    plan_network,
)
from touchline.training.recognition.clip_trial import read_clip_trial
from touchline.training.recognition.held_out import hold_out, write_measured
from touchline.training.recognition.members import cross_entropy, plan_member, smooth_labels
from touchline.training.recognition.recogniser_data import TrainingClips, draw_batch
from touchline.training.recognition.recogniser_settings import ClipOptimizer, NetworkSettings, RecogniserRecipe
from touchline.training.recognition.teacher_cache import TeacherSays
from touchline.training.schedule import StepDecay

StudentLoss = Callable[[Tensor, Tensor, TeacherSays, Tensor], Tensor]
"""From the student's logits and features, the teacher's outputs, and the labels."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipTeaching:
    """The contribution of a teacher to the training of a student.

    Attributes:
        says: its outputs for every clip.
        loss: combines them with the labels.
        asks: settings of teacher and loss, part of the identity of the student's checkpoints.

    """

    says: TeacherSays
    loss: StudentLoss
    asks: object = None


def train(settings: RecogniserRecipe, job: Job) -> Path:
    """Train a network for each fold and the one that ships, or resume an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets decoded clips, checkpoints, ``held_out.csv``, ``held_out.json`` and the model.

    Returns:
        The model file.

    Raises:
        InputError: the data are unusable, or held-out clips leak into the training clips.

    """
    check_weights(settings.model, clip=settings.clip)
    trial, out = read_clip_trial(settings, job), job.out

    def learn(folder: str, rows: Indices) -> Any:
        where, device, progress = out / folder, job.device, job.progress
        return train_members(
            settings.model, trial.clips, rows, spec=settings.clip, out=where, device=device, progress=progress
        )

    values, networks = hold_out(trial, lambda fold, rows: {"held_out": learn(fold, rows)})
    measured = write_measured(trial, values["held_out"], csv=out / "held_out.csv", json=out / "held_out.json")
    if trial.leaks:
        measured = {"leaks": trial.leaks.describe(), **measured}
        write_json_atomic(out / "held_out.json", measured)
    shipped = learn("all", np.arange(len(trial.clips))) if settings.train_on_all else networks[0]["held_out"]
    config = config_of(settings, settings.model, labels=trial.clips.labels, measured=measured)
    return save_model(out / settings.name, shipped, config, half=True)


def plan(settings: RecogniserRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    return [plan_network("each fold, then all", settings.model)]


def train_members(
    settings: NetworkSettings,
    clips: TrainingClips,
    learn: Indices,
    *,
    spec: ClipSpec,
    out: Path,
    device: str,
    teaching: ClipTeaching | None = None,
    progress: Progress | None = None,
) -> Any:
    """Train a network on some clips, or several whose probabilities are averaged; finished ones are loaded.

    Args:
        settings: of the network.
        clips: all of them.
        learn: rows to train on.
        spec: input of the network.
        out: folder of its checkpoints and logs.
        device: where to train.
        teaching: contribution of a teacher; the labels alone if None.
        progress: called after every step.

    """
    networks = []
    for number in range(settings.members):
        seed = settings.optimizer.seed + 1000 * number
        network = build(settings, classes=len(clips.labels), seed=seed).to(device)
        lessons = _Lessons(network, settings, clips, learn, spec=spec, seed=seed, teaching=teaching)
        how = plan_member(
            settings.optimizer,
            out=out,
            number=number,
            warmup_steps=max(1, settings.optimizer.steps // 20),
            identity=lessons.identity,
            schedule=_step_schedule(settings.optimizer, clips=len(learn)),
        )
        optimizer = clip_optimizer(network, settings.optimizer)
        Loop(network, lessons.data, lessons.terms, optimizer, how, progress=progress).run()
        networks.append(network.eval())
    return networks[0] if len(networks) == 1 else ClipEnsemble(networks)


def _step_schedule(settings: ClipOptimizer, *, clips: int) -> StepDecay | None:
    """Return the schedule of steps over a number of training clips; None if the recipe asks for a cosine."""
    if settings.schedule == "cosine":
        return None
    epoch = max(1, clips // settings.batch)
    return StepDecay(settings.base_lr, every_steps=settings.drop_epochs * epoch, factor=settings.drop)


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Rows of clips (n,) and their augmented frames, uint8 (n, frames, height, width, 3)."""

    rows: Indices
    pixels: Tensor


class _Lessons:
    """The training data and the loss of one network: batches of augmented clips, and the loss on them."""

    def __init__(
        self,
        network: Any,
        settings: NetworkSettings,
        clips: TrainingClips,
        learn: Indices,
        *,
        spec: ClipSpec,
        seed: int,
        teaching: ClipTeaching | None,
    ) -> None:
        self.network, self.settings, self.clips, self.learn = network, settings, clips, learn
        self.spec, self.teaching = spec, teaching
        self.random = np.random.default_rng(seed)
        self._device = next(network.parameters()).device
        self._normalise = ClipNormaliser(spec).to(self._device)
        channels_last(network)
        self._frozen = freeze(network, keep=settings.optimizer.train_only)
        counts = np.bincount(clips.truth[learn], minlength=len(clips.labels))
        chances = counts[clips.truth[learn]].astype(float) ** -settings.optimizer.balance
        self._chances = chances / chances.sum()

    @property
    def data(self) -> Data[_Batch]:
        """The source of batches, including the state that a resumed run needs to draw the same ones."""
        return data_from(self._draw, self.random)

    @property
    def identity(self) -> dict[str, str]:
        """The identity of the checkpoint."""
        return identity_of(
            settings=[self.settings.model_dump(mode="json", exclude_defaults=True), self.spec.model_dump(mode="json")],
            data=[[self.clips.items[i].id, self.clips.paths[i].name] for i in self.learn.tolist()],
            teacher=None if self.teaching is None else self.teaching.asks,
        )

    def _draw(self) -> _Batch:
        rows = self.random.choice(self.learn, self.settings.optimizer.batch, p=self._chances)
        pixels = draw_batch(
            self.clips, rows.tolist(), spec=self.spec, settings=self.settings.augment, random=self.random
        )
        return _Batch(rows, pixels)

    def terms(self, batch: _Batch) -> dict[str, Tensor]:
        """Compute the loss on a batch."""
        for module in self._frozen:
            module.eval()
        bf16 = self.settings.optimizer.precision == "bf16"
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=bf16):
            return {"loss": _loss(self, self._normalise(batch.pixels.to(self._device)), batch.rows)}


def _loss(lessons: _Lessons, inputs: Tensor, rows: Indices) -> Tensor:
    """Compute the loss of clips mixed in pairs: that of the labels, or a student's combined one."""
    clips, settings, teaching = lessons.clips, lessons.settings.optimizer, lessons.teaching
    labels = torch.from_numpy(clips.truth[rows]).to(inputs.device)
    inputs, parts = _mixed(inputs, settings, random=lessons.random)
    if teaching is not None:
        logits, features = _logits_and_features(lessons.network, inputs, features=teaching.says.features.shape[1] > 0)
        said = teaching.says.rows(torch.from_numpy(rows))
        return torch.stack(
            [share * teaching.loss(logits, features, said.rows(order), labels[order]) for share, order in parts]
        ).sum()
    targets = smooth_labels(labels, classes=len(clips.labels), smoothing=settings.label_smoothing)
    targets = torch.stack([share * targets[order] for share, order in parts]).sum(dim=0)
    return cross_entropy(lessons.network(inputs).float(), targets)


def _mixed(
    inputs: Tensor, settings: ClipOptimizer, *, random: np.random.Generator
) -> tuple[Tensor, list[tuple[float, Tensor]]]:
    """Mix clips in pairs (mixup, Zhang et al., ICLR 2018); also return the rows and their shares in each clip."""
    alone = torch.arange(len(inputs))
    if not settings.mixup:
        return inputs, [(1.0, alone)]
    share = float(random.beta(settings.mixup, settings.mixup))
    other = torch.from_numpy(random.permutation(len(inputs)))
    return share * inputs + (1 - share) * inputs[other], [(share, alone), (1 - share, other)]


def _logits_and_features(network: Any, inputs: Tensor, *, features: bool) -> tuple[Tensor, Tensor]:
    """Return logits (n, classes) and features (n, D) of clips; D is 0 if features are not requested."""
    if not features:
        return network(inputs).float(), inputs.new_zeros(len(inputs), 0)
    found = network.forward_features(inputs)
    return network.classify(found).float(), found.float()


FAMILY = Family("recogniser", RecogniserRecipe, train, plan)
