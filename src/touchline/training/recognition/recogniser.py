"""A recogniser of clips from end to end: folds that keep groups together, then the model that ships.

Run it with ``touchline train recipes/basketball.yaml``. A clip's reported scores come from networks that saw nothing of
its group; nothing is chosen on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.core.clips import ClipSet
from touchline.core.errors import InputError
from touchline.formats.clips.predictions import write_clip_predictions
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.metrics.recognition import accuracy_interval, bootstrap, calibration, confusion_matrix, report
from touchline.models.architectures import ARCHITECTURES
from touchline.models.networks.clip_ensemble import ClipEnsemble
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import find_model, load_model, load_weights, read_config, save_model
from touchline.training.checkpoint import load_checkpoint, save_checkpoint
from touchline.training.finite import LossGuard
from touchline.training.logs import MetricLog
from touchline.training.recognition.clip_splits import Leaks, count_by_side
from touchline.training.recognition.recogniser_data import (
    TrainingClips,
    draw_batch,
    folds_of,
    leaks_of,
    plain_batch,
    read_training_clips,
)
from touchline.training.recognition.recogniser_settings import ClipOptimizer, NetworkSettings, RecogniserRecipe
from touchline.training.recognition.teacher_cache import TeacherSays
from touchline.training.schedule import WarmupCosine, set_learning_rate

_LOGGER = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
StudentLoss = Callable[[Tensor, Tensor, TeacherSays, Tensor], Tensor]
"""Of the student's logits and features, what the teacher says, and the labels."""

_BATCH = 16
_LOG_EVERY = 20


def train(recipe: Mapping[str, Any], *, out: Path, device: str = "cpu", recipe_folder: Path = Path()) -> Path:
    """Train a network for each fold and the one that ships; finished ones are not trained again.

    Args:
        recipe: the content of the recipe file.
        out: folder for decoded clips, checkpoints, ``held_out.csv``, ``measured.json`` and the model.
        device: where to train, ``"cpu"`` or ``"cuda"``.
        recipe_folder: where the recipe lies, for files beside it.

    Returns:
        The model file.

    Raises:
        InputError: the data cannot be used, or what is measured on leaks into what is learnt from.

    """
    settings = RecogniserRecipe.model_validate(dict(recipe))
    check_weights(settings.model, clip=settings.clip)
    clips = read_training_clips(
        settings.data, root=settings.data_root, recipe_folder=recipe_folder, cache=out / "clips"
    )
    folds = folds_of(clips, settings.data)
    leaks = check_leaks(clips, settings, out=out)
    values = np.full((len(clips), len(clips.labels)), np.nan)
    networks = []
    for number, fold in enumerate(folds):
        networks.append(
            train_members(
                settings.model, clips, fold.train, spec=settings.clip, out=out / f"fold_{number}", device=device
            )
        )
        values[fold.test] = predict(networks[-1], clips, fold.test, spec=settings.clip, device=device)
    measured = write_measured(clips, values, out=out, name="held_out")
    if leaks:
        measured = {"leaks": leaks.describe(), **measured}
        write_json_atomic(out / "held_out.json", measured)
    everything = np.arange(len(clips))
    shipped = networks[0]
    if settings.train_on_all:
        shipped = train_members(settings.model, clips, everything, spec=settings.clip, out=out / "all", device=device)
    config = config_of(settings.model, shipped, name=settings.name, clips=clips, spec=settings.clip, measured=measured)
    config = config.model_copy(update={"licence": settings.licence, "description": settings.description})
    return save_model(out / settings.name, shipped, config, half=True)


def check_weights(*networks: NetworkSettings, clip: ClipSpec) -> None:
    """Look whether the weights to begin from are there and want such colours, before anything takes long.

    Raises:
        InputError: they are not, are no recogniser's, or want colours of another order or range.

    """
    for settings in networks:
        if settings.weights is None:
            continue
        config = read_config(find_model(settings.weights))
        if not isinstance(config, ClipConfig):
            raise InputError(f"{settings.weights}: a model for {config.task!r}, not for 'recognize'")
        wanted = {name: getattr(config.clip, name) for name in ("color", "max_value", "mean", "std")}
        if any(getattr(clip, name) != value for name, value in wanted.items()):
            told = " ".join(
                f"--set clip.{name}={list(value) if isinstance(value, tuple) else value}".replace(", ", ",")
                for name, value in wanted.items()
            )
            raise InputError(f"{settings.weights}: was trained on other colours than the recipe's; add {told}")


def check_leaks(clips: TrainingClips, settings: Any, *, out: Path) -> Leaks:
    """Look for what lies on both sides of the folds; write ``splits.json``.

    Returns:
        What leaks, where the recipe asks for a split that is known to leak; there is a warning as well.

    Raises:
        InputError: something does, and the recipe does not ask for a split that is known to leak.

    """
    folds = folds_of(clips, settings.data)
    leaks = [leaks_of(clips, fold) for fold in folds]
    whole = ClipSet(clips.items, clips.labels)
    write_json_atomic(
        out / "splits.json",
        [
            {"counts": count_by_side(whole, fold), "leaks": found.describe()}
            for fold, found in zip(folds, leaks, strict=True)
        ],
    )
    bad = next((found for found in leaks if found), Leaks())
    if bad and settings.data.split in ("folds", "own"):
        raise InputError(
            f"what is measured on leaks into what is learnt from: {bad.describe()}. Name their groups with data.groups"
        )
    if bad:
        _LOGGER.warning(
            "data.split=%s leaks, as it always did: %s. Scores on it say little; data.split=folds is honest",
            settings.data.split,
            bad.describe(),
        )
    return bad


def build(settings: NetworkSettings, *, classes: int, seed: int) -> Any:
    """A network with the weights to begin from."""
    torch.manual_seed(seed)
    network = ARCHITECTURES[settings.architecture].build(num_classes=classes, **settings.network)
    if settings.weights is not None:
        trained = load_model(settings.weights, task="recognize")
        wanted, given, config = network.state_dict(), trained.network.state_dict(), trained.config
        same = {name: given[name] for name in given if name in wanted and wanted[name].shape == given[name].shape}
        head = sorted(set(wanted) - set(same))
        whole = len(config.labels) == classes and not config.untrained
        if whole or any(not name.startswith(("fc", "classes", "blocks.5.proj")) for name in head):
            same = given  # nothing but a head may differ; anything else is told as an error
        load_weights(network, {**wanted, **same}, source=settings.weights)
    return network


def train_members(
    settings: NetworkSettings,
    clips: TrainingClips,
    learn: npt.NDArray[np.int64],
    *,
    spec: ClipSpec,
    out: Path,
    device: str,
    says: TeacherSays | None = None,
    student_loss: StudentLoss | None = None,
) -> Any:
    """Train a network on some clips, or several whose probabilities are averaged.

    Args:
        settings: of the network.
        clips: all of them.
        learn: rows to learn from.
        spec: what the network sees.
        out: folder of its checkpoints.
        device: where to train.
        says: what a teacher says of every clip, with
        student_loss: what is made of it; the labels alone count without these.

    """
    make_folder(out)
    networks = []
    for member in range(settings.members):
        seed = settings.optimizer.seed + 1000 * member
        network = build(settings, classes=len(clips.labels), seed=seed).to(device)
        path = out / f"member_{member}.pt"
        if path.exists():
            network.load_state_dict(load_checkpoint(path, device=device)["network"])
        else:
            _fit(network, settings, clips, learn, spec=spec, out=out, seed=seed, says=says, student_loss=student_loss)
            save_checkpoint(path, network=network.state_dict())
        networks.append(network.eval())
    return networks[0] if len(networks) == 1 else ClipEnsemble(networks)


def _fit(
    network: Any,
    settings: NetworkSettings,
    clips: TrainingClips,
    learn: npt.NDArray[np.int64],
    *,
    spec: ClipSpec,
    out: Path,
    seed: int,
    says: TeacherSays | None,
    student_loss: StudentLoss | None,
) -> None:
    """All steps of one network."""
    wanted, random = settings.optimizer, np.random.default_rng(seed)
    device = next(network.parameters()).device
    normalise = ClipNormaliser(spec).to(device)
    _channels_last(network)
    frozen = freeze(network, keep=wanted.train_only)
    optimizer = _optimizer([p for p in network.parameters() if p.requires_grad], wanted)
    warmup = max(1, wanted.steps // 20)
    schedule = WarmupCosine(
        base_lr=wanted.base_lr, min_lr=0.0, warmup_steps=warmup, cosine_steps=max(1, wanted.steps - warmup)
    )
    counts = np.bincount(clips.truth[learn], minlength=len(clips.labels))
    chances = counts[clips.truth[learn]].astype(float) ** -wanted.balance
    guard = LossGuard(network, run=out, lower="optimizer.base_lr", checkpoint=None)
    with MetricLog(out, from_step=0, tensorboard=False) as log:
        for step in range(wanted.steps):
            set_learning_rate(optimizer, schedule.at(step))
            rows = random.choice(learn, wanted.batch, p=chances / chances.sum())
            pixels = draw_batch(clips, rows.tolist(), spec=spec, settings=settings.augment, random=random)
            network.train()
            for module in frozen:
                module.eval()
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted.precision == "bf16"):
                loss = _loss(network, normalise(pixels.to(device)), rows, clips, wanted, random, says, student_loss)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            guard.add(loss)
            if (step + 1) % _LOG_EVERY == 0 or step + 1 == wanted.steps:
                guard.require_finite(step + 1)
                log.log(step + 1, loss=float(loss.detach()))


def _loss(
    network: Any,
    inputs: Tensor,
    rows: npt.NDArray[np.int64],
    clips: TrainingClips,
    settings: ClipOptimizer,
    random: np.random.Generator,
    says: TeacherSays | None,
    student_loss: StudentLoss | None,
) -> Tensor:
    """Of clips mixed in pairs: what the labels ask, or what a student's teacher and they ask together."""
    labels = torch.from_numpy(clips.truth[rows]).to(inputs.device)
    mixed = [(1.0, torch.arange(len(rows)))]
    if settings.mixup:
        share = float(random.beta(settings.mixup, settings.mixup))
        other = torch.from_numpy(random.permutation(len(rows)))
        inputs = share * inputs + (1 - share) * inputs[other]
        mixed = [(share, mixed[0][1]), (1 - share, other)]
    if says is not None and student_loss is not None:
        logits, features = _logits_and_features(network, inputs, features=says.features.shape[1] > 0)
        said = says.rows(torch.from_numpy(rows))
        parts = [share * student_loss(logits, features, said.rows(order), labels[order]) for share, order in mixed]
        return torch.stack(parts).sum()
    classes = len(clips.labels)
    targets = F.one_hot(labels, classes).float()
    targets = targets * (1 - settings.label_smoothing) + settings.label_smoothing / classes
    targets = torch.stack([share * targets[order] for share, order in mixed]).sum(dim=0)
    return -(targets * F.log_softmax(network(inputs).float(), dim=1)).sum(dim=1).mean()


def _logits_and_features(network: Any, inputs: Tensor, *, features: bool) -> tuple[Tensor, Tensor]:
    """Logits (n, classes) and features (n, D) of clips; D is 0 where no features are wanted."""
    if not features:
        return network(inputs).float(), inputs.new_zeros(len(inputs), 0)
    found = network.forward_features(inputs)
    return network.classify(found).float(), found.float()


def freeze(network: nn.Module, *, keep: Sequence[str] | None) -> list[nn.Module]:
    """Let only parameters learn whose names hold one of ``keep``.

    Returns:
        The batch norms of the rest, which must stand still.

    """
    if keep is None:
        return []
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(any(part in name for part in keep))
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return [
        module
        for name, module in network.named_modules()
        if isinstance(module, norms) and not any(part in name for part in keep)
    ]


def _channels_last(network: nn.Module) -> None:
    """Lay out convolutions' weights as they are computed fastest."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _optimizer(parameters: list[nn.Parameter], settings: ClipOptimizer) -> torch.optim.Optimizer:
    if settings.kind == "sgd":
        return torch.optim.SGD(parameters, lr=settings.base_lr, momentum=0.9, weight_decay=settings.weight_decay)
    kind = torch.optim.AdamW if settings.kind == "adamw" else torch.optim.Adam
    return kind(parameters, lr=settings.base_lr, weight_decay=settings.weight_decay)


@torch.inference_mode()
def predict(network: Any, clips: TrainingClips, rows: npt.NDArray[np.int64], *, spec: ClipSpec, device: str) -> Floats:
    """Probabilities (n, classes) of some clips, as the finished model gives them."""
    normalise = ClipNormaliser(spec).to(device)
    found = []
    for first in range(0, len(rows), _BATCH):
        pixels = plain_batch(clips, rows[first : first + _BATCH].tolist(), spec=spec)
        found.append(network(normalise(pixels.to(device))).softmax(dim=1).double().cpu().numpy())
    return np.concatenate(found)


def write_measured(clips: TrainingClips, values: Floats, *, out: Path, name: str) -> dict[str, Any]:
    """Write held-out probabilities as CSV, and what they are worth as JSON; return the latter."""
    measured_rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    ids = [clips.items[i].id for i in measured_rows]
    write_clip_predictions(out / f"{name}.csv", ids=ids, classes=clips.labels, values=values[measured_rows])
    truth, said = clips.truth[measured_rows], values[measured_rows].argmax(axis=1)
    groups = [clips.items[i].kept_together for i in measured_rows]
    whole = report(confusion_matrix(truth, said, classes=len(clips.labels)))
    interval = accuracy_interval(truth, said, groups=groups)
    macro = bootstrap(
        lambda drawn: report(confusion_matrix(truth[drawn], said[drawn], classes=len(clips.labels))).macro_f1, groups
    )
    measured = {
        "clips": len(measured_rows),
        "groups": len(set(groups)),
        "accuracy": interval.value,
        "accuracy_interval": [interval.low, interval.high],
        "macro_f1": macro.value,
        "macro_f1_interval": [macro.low, macro.high],
        "balanced_accuracy": whole.balanced_accuracy,
        "recall": {label: entry.recall for label, entry in zip(clips.labels, whole.classes, strict=True)},
        "confusion": whole.confusion.tolist(),
        "calibration_error": calibration(truth, values[measured_rows]).expected_error,
        "unreadable": len(clips.unreadable),
    }
    write_json_atomic(out / f"{name}.json", measured)
    return measured


def config_of(
    settings: NetworkSettings,
    network: Any,
    *,
    name: str,
    clips: TrainingClips,
    spec: ClipSpec,
    measured: Mapping[str, Any],
) -> ClipConfig:
    """What the model file says of itself."""
    one = {"num_classes": len(clips.labels), **settings.network}
    together = {"architecture": settings.architecture, "members": settings.members, "network": one}
    alone = settings.members == 1
    return ClipConfig(
        name=name,
        architecture=settings.architecture if alone else "clip-ensemble",
        network=one if alone else together,
        labels=clips.labels,
        clip=spec,
        measured={"held_out": dict(measured)},
    )
