"""The networks of clip recognisers: their initial weights, their trainable weights, and their model files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from touchline.core.errors import InputError
from touchline.models.architectures import ARCHITECTURES
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import find_model, load_model, load_weights, read_config
from touchline.training.family import PlannedRun, count_parameters
from touchline.training.recognition.examples.features import fresh_network
from touchline.training.recognition.recogniser_settings import ClipOptimizer, ClipRecipe, NetworkSettings


def check_weights(*networks: NetworkSettings, clip: ClipSpec) -> None:
    """Check, before anything takes long, that the initial weights exist and fit the colours of ``clip``.

    Raises:
        InputError: they do not exist, are not a recogniser's, or were trained on another colour order or range.

    """
    for settings in networks:
        if settings.weights is None:
            continue
        config = read_config(find_model(settings.weights))
        if not isinstance(config, ClipConfig):
            raise InputError(f"{settings.weights}: a model for {config.task!r}, not for 'recognize'")
        wanted = {name: getattr(config.clip, name) for name in ("color", "max_value", "mean", "std")}
        if any(getattr(clip, name) != value for name, value in wanted.items()):
            needed = " ".join(
                f"--set clip.{name}={list(value) if isinstance(value, tuple) else value}".replace(", ", ",")
                for name, value in wanted.items()
            )
            raise InputError(f"{settings.weights}: was trained on other colours than the recipe's; add {needed}")


def build(settings: NetworkSettings, *, classes: int, seed: int) -> Any:
    """Build a network with its initial weights; on features of pictures, its encoder has those of ImageNet."""
    torch.manual_seed(seed)
    network = ARCHITECTURES[settings.architecture].build(num_classes=classes, **settings.network)
    if isinstance(network, PictureClip) and settings.weights is None:
        network = fresh_network(classes, **settings.network)
    if settings.weights is not None:
        trained = load_model(settings.weights, task="recognize")
        wanted, given, config = network.state_dict(), trained.network.state_dict(), trained.config
        same = {name: given[name] for name in given if name in wanted and wanted[name].shape == given[name].shape}
        head = sorted(set(wanted) - set(same))
        whole = len(config.labels) == classes and not config.untrained
        if whole or any(not name.startswith(("fc", "classes", "blocks.5.proj")) for name in head):
            same = given  # only the head may differ; load_weights reports anything else
        load_weights(network, {**wanted, **same}, source=settings.weights)
    return network


def freeze(network: nn.Module, *, keep: Sequence[str] | None) -> list[nn.Module]:
    """Freeze all parameters whose names contain none of ``keep``.

    Returns:
        The batch norms of the frozen part, which must stay in evaluation mode.

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


def channels_last(network: nn.Module) -> None:
    """Store convolution weights in the memory layout that is fastest."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def clip_optimizer(network: nn.Module, settings: ClipOptimizer) -> torch.optim.Optimizer:
    """Make the optimiser of the trainable weights."""
    parameters = [weight for weight in network.parameters() if weight.requires_grad]
    if settings.kind == "sgd":
        return torch.optim.SGD(parameters, lr=settings.base_lr, momentum=0.9, weight_decay=settings.weight_decay)
    kind = torch.optim.AdamW if settings.kind == "adamw" else torch.optim.Adam
    return kind(parameters, lr=settings.base_lr, weight_decay=settings.weight_decay)


def plan_network(name: str, settings: NetworkSettings) -> PlannedRun:
    """Plan the training of a network, all its members together; counted with two classes."""
    with torch.device("meta"):
        network = ARCHITECTURES[settings.architecture].build(num_classes=2, **settings.network)
    freeze(network, keep=settings.optimizer.train_only)
    total, trained = count_parameters(network)
    return PlannedRun(name, total, trained, settings.optimizer.steps * settings.members)


def config_of(
    recipe: ClipRecipe, settings: NetworkSettings, *, labels: tuple[str, ...], measured: Mapping[str, Any]
) -> ClipConfig:
    """Return the configuration of the model file, with the measurements on held-out clips."""
    one = {"num_classes": len(labels), **settings.network}
    together = {"architecture": settings.architecture, "members": settings.members, "network": one}
    alone = settings.members == 1
    return ClipConfig(
        name=recipe.name,
        architecture=settings.architecture if alone else "clip-ensemble",
        network=one if alone else together,
        labels=labels,
        clip=recipe.clip,
        licence=recipe.licence,
        description=recipe.description,
        measured={"held_out": dict(measured)},
    )
