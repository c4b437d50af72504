"""A recogniser of joint sequences from end to end: matches held out one by one, then the model that ships.

Run it with ``touchline train recipes/skeletons.yaml``. Each match is scored by networks that saw none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field

from touchline.core.errors import InputError
from touchline.formats.clips.predictions import write_clip_predictions
from touchline.formats.clips.skeleton_sets import SkeletonSet, read_skeleton_set
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.metrics.recognition import accuracy_interval, confusion_matrix, report
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.specs.spec import SkeletonConfig, SkeletonSpec
from touchline.models.store import save_model
from touchline.training.checkpoint import load_checkpoint, save_checkpoint
from touchline.training.finite import LossGuard
from touchline.training.recognition.distillation_losses import blend
from touchline.training.recognition.skeleton_augment import SkeletonAugment, augment_places
from touchline.training.recognition.temperature import measure_temperature
from touchline.training.schedule import WarmupCosine, set_learning_rate

Floats = npt.NDArray[np.float64]
_LEAST = 1e-6


class SkeletonOptimizer(BaseModel):
    """How long and how fast each member learns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=1500, ge=1)
    batch: int = Field(default=64, ge=2)
    base_lr: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup: float = Field(default=0.5, ge=0)
    balance: float = Field(default=0.5, ge=0, le=1)
    seed: int = 0


class SkeletonRecipe(BaseModel):
    """A recipe of ``task: skeleton``.

    Attributes:
        name: of the model file that comes out.
        data_root: folder of the data.
        file: the labelled sequences in it.
        labels: the classes in the order of the outputs.
        mirror: partner of every joint on the other side of the body.
        network: arguments of :class:`~touchline.models.networks.skeleton_net.SkeletonNet` besides classes and joints.
        augment: how sequences are changed.
        optimizer: how members learn; ``balance`` 0 draws sequences alike, 1 classes alike; ``mixup`` is the parameter
            of the Beta distribution, 0 for none.
        fps: moments a second; None where nobody knows.

    """

    model_config = ConfigDict(extra="forbid")

    task: str = "skeleton"
    name: str = "skeletons"
    data_root: Path
    file: str
    labels: list[str] = Field(min_length=2)
    mirror: list[int]
    network: dict[str, Any]
    augment: SkeletonAugment = SkeletonAugment()
    optimizer: SkeletonOptimizer = SkeletonOptimizer()
    fps: float | None = None
    licence: str = "Apache-2.0"
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Teaching:
    """What a teacher asks of a network that learns.

    Attributes:
        probabilities: float32 (n, classes), what it says of every sequence; of two mixed ones it says their mixture.
        loss: of the network's logits and the teacher's.
        kd_weight, ce_weight: of the teacher's part and the labels'.

    """

    probabilities: torch.Tensor
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    kd_weight: float
    ce_weight: float


def train(recipe: Mapping[str, Any], *, out: Path, device: str = "cpu") -> Path:
    """Hold out every group in turn, then train the model that ships; finished networks are not trained again.

    Args:
        recipe: the content of the recipe file.
        out: folder for checkpoints, ``held_out.csv``, ``measured.json`` and the model.
        device: where to train; these networks are as fast on a CPU.

    Returns:
        The model file.

    Raises:
        InputError: the data cannot be used, or hold a label that the recipe does not name.

    """
    del device
    settings = SkeletonRecipe.model_validate(dict(recipe))
    data = read_skeleton_set(settings.data_root / settings.file)
    truth = class_numbers(data, settings)
    values = np.zeros((len(data), len(settings.labels)))
    for group in sorted(set(data.groups.tolist())):
        held = data.groups == group
        network = train_one(data, truth, np.flatnonzero(~held), settings=settings, out=out / f"without_{group}")
        values[held] = predict(network, data.sequences[held])
    ids = [f"{group}/{number}" for number, group in enumerate(data.groups)]
    write_clip_predictions(out / "held_out.csv", ids=ids, classes=settings.labels, values=values)
    measured = measure(truth, values, groups=data.groups.tolist(), labels=settings.labels)
    write_json_atomic(out / "measured.json", measured)
    shipped = train_one(data, truth, np.arange(len(data)), settings=settings, out=out / "all")
    return save_skeletons(shipped, settings, data, measured=measured, out=out)


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
        licence=settings.licence,
        description=settings.description,
        measured={"held_out": dict(measured)},
    )
    return save_model(out / settings.name, network, config, half=True)


def measure(
    truth: npt.NDArray[np.int64], values: Floats, *, groups: Sequence[str], labels: Sequence[str]
) -> dict[str, Any]:
    """What held-out probabilities are worth: by group, their mean, and over all sequences with an interval."""
    predicted = values.argmax(axis=1)
    names = np.array(groups)
    by_group = {name: float((predicted == truth)[names == name].mean()) for name in sorted(set(groups))}
    whole = report(confusion_matrix(truth, predicted, classes=len(labels)))
    interval = accuracy_interval(truth, predicted, groups=groups)
    temperature, calibrated = measure_temperature(truth, values, groups=groups)
    return {
        "accuracy_by_group": by_group,
        "mean_over_groups": float(np.mean(list(by_group.values()))),
        "accuracy": interval.value,
        "accuracy_interval": [interval.low, interval.high],
        "macro_f1": whole.macro_f1,
        "balanced_accuracy": whole.balanced_accuracy,
        "recall": {label: entry.recall for label, entry in zip(labels, whole.classes, strict=True)},
        "confusion": whole.confusion.tolist(),
        "temperature": temperature,
        **calibrated,
    }


def train_one(
    data: SkeletonSet,
    truth: npt.NDArray[np.int64],
    learn: npt.NDArray[np.int64],
    *,
    settings: SkeletonRecipe,
    out: Path,
    teaching: Teaching | None = None,
) -> SkeletonNet:
    """Train every member on some of the sequences, or read those that an earlier run finished.

    Args:
        data: all sequences.
        truth: their classes.
        learn: rows to learn from.
        settings: of the network.
        out: folder of its checkpoints.
        teaching: what a teacher asks beside the labels; the labels alone count without it.

    """
    make_folder(out)
    torch.manual_seed(settings.optimizer.seed)
    network = SkeletonNet(len(settings.labels), joints=len(data.joints), **settings.network)
    with torch.no_grad():
        places = network.normalise(torch.from_numpy(data.sequences))
    for member in range(len(network.views)):
        checkpoint = out / f"member_{member}.pt"
        if checkpoint.exists():
            network.members[member].load_state_dict(load_checkpoint(checkpoint, device="cpu")["member"])
            continue
        truths = torch.from_numpy(truth)
        _train_member(network, member, places, truths, learn, settings=settings, teaching=teaching, out=out)
        save_checkpoint(checkpoint, member=network.members[member].state_dict())
    return network.eval()


def _train_member(
    network: SkeletonNet,
    member: int,
    places: torch.Tensor,
    truth: torch.Tensor,
    learn: npt.NDArray[np.int64],
    *,
    settings: SkeletonRecipe,
    teaching: Teaching | None,
    out: Path,
) -> None:
    optimizer = settings.optimizer
    random = torch.Generator().manual_seed(1000 * optimizer.seed + member)
    torch.manual_seed(1000 * optimizer.seed + member)
    targets = torch.nn.functional.one_hot(truth, network.num_classes).float()
    targets = targets * (1 - optimizer.label_smoothing) + optimizer.label_smoothing / network.num_classes
    if teaching is not None:
        targets = torch.cat([targets, teaching.probabilities], dim=1)
    rows = torch.from_numpy(learn)
    chances = torch.bincount(truth[rows], minlength=network.num_classes).float()[truth[rows]] ** -optimizer.balance
    one = network.members[member].train()
    adam = torch.optim.AdamW(one.parameters(), lr=optimizer.base_lr, weight_decay=optimizer.weight_decay)
    warmup = min(100, max(1, optimizer.steps // 10))
    schedule = WarmupCosine(
        base_lr=optimizer.base_lr, min_lr=0.0, warmup_steps=warmup, cosine_steps=max(1, optimizer.steps - warmup)
    )
    guard = LossGuard(one, run=out, lower="optimizer.base_lr", checkpoint=None)
    for step in range(optimizer.steps):
        set_learning_rate(adam, schedule.at(step))
        drawn = rows[torch.multinomial(chances, optimizer.batch, replacement=True, generator=random)]
        mirror = tuple(settings.mirror)
        seen = augment_places(places[drawn], settings=settings.augment, hips=network.hips, mirror=mirror, random=random)
        channels, wanted = network.channels(seen, view=network.views[member]), targets[drawn]
        if optimizer.mixup:
            channels, wanted = _mixed(channels, wanted, alpha=optimizer.mixup, random=random)
        loss = _loss(one(channels), wanted, teaching)
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        guard.add(loss)
    guard.require_finite(optimizer.steps)


def _loss(logits: torch.Tensor, wanted: torch.Tensor, teaching: Teaching | None) -> torch.Tensor:
    """Of logits (n, classes) and what the labels want, beside it what the teacher says."""
    classes = logits.shape[1]
    classified = -(wanted[:, :classes] * logits.log_softmax(dim=1)).sum(dim=1).mean()
    if teaching is None:
        return classified
    said = wanted[:, classes:].clamp_min(_LEAST).log()
    return blend(teaching.loss(logits, said), classified, kd_weight=teaching.kd_weight, ce_weight=teaching.ce_weight)


def _mixed(
    channels: torch.Tensor, wanted: torch.Tensor, *, alpha: float, random: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each sequence mixed with another of the batch (mixup, Zhang et al., ICLR 2018)."""
    seed = int(torch.randint(2**31, (1,), generator=random))
    share = torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, len(channels)).astype(np.float32))
    other = torch.randperm(len(channels), generator=random)
    mixed = channels * share[:, None, None] + channels[other] * (1 - share[:, None, None])
    return mixed, wanted * share[:, None] + wanted[other] * (1 - share[:, None])


@torch.inference_mode()
def predict(network: SkeletonNet, sequences: npt.NDArray[np.float32]) -> Floats:
    """Probabilities (n, classes) of sequences (n, t, joints, 3)."""
    return np.asarray(network(torch.from_numpy(sequences)).softmax(dim=1).numpy(), np.float64)


def class_numbers(data: SkeletonSet, settings: SkeletonRecipe) -> npt.NDArray[np.int64]:
    """The class of every sequence, int64 (n,).

    Raises:
        InputError: the data hold a label that the recipe does not name, or other joints.

    """
    unknown = sorted(set(data.labels.tolist()) - set(settings.labels))
    if unknown:
        raise InputError(f"{settings.data_root / settings.file}: labels {unknown} are none of {settings.labels}")
    if len(settings.mirror) != len(data.joints):
        raise InputError(f"mirror has {len(settings.mirror)} entries for the {len(data.joints)} joints {data.joints}")
    return np.array([settings.labels.index(label) for label in data.labels.tolist()], np.int64)
