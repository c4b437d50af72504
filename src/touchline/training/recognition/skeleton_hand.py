"""Training of the member that tells with which hand a person plays, from sequences and their mirrored copies."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.arrays import Indices
from touchline.formats.clips.skeleton_sets import SkeletonSet
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.training.checkpoint import identity_of
from touchline.training.loop import Loop
from touchline.training.plan import Progress, data_from
from touchline.training.recognition.members import plan_member
from touchline.training.recognition.skeleton_augment import augment_places
from touchline.training.recognition.skeleton_settings import SkeletonRecipe


def train_hand(
    network: SkeletonNet,
    data: SkeletonSet,
    truth: Indices,
    learn: Indices,
    *,
    settings: SkeletonRecipe,
    out: Path,
    progress: Progress | None = None,
) -> None:
    """Train the member of a network that tells the hand; a finished one is loaded.

    Everybody in the data plays with the same hand, ``settings.handed``: a sequence is an example of that hand, and its
    mirrored copy one of the other. The network subtracts its two outputs, so that one loss covers both.

    Args:
        network: its other members are not changed.
        data: all sequences.
        truth: their classes, which are drawn as evenly as for the other members.
        learn: rows to train on.
        settings: of the network.
        out: folder of its checkpoint and log.
        progress: called after every step.

    """
    device, number = next(network.parameters()).device, len(network.members)
    seed = 1000 * settings.optimizer.seed + number
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        places = network.normalise(torch.from_numpy(data.sequences[learn]))
    classes = torch.from_numpy(truth[learn])
    chances = torch.bincount(classes).float()[classes] ** -settings.optimizer.balance
    sign = 1.0 if settings.handed == "right" else -1.0

    def draw() -> Tensor:
        drawn = torch.multinomial(chances, settings.hand.batch, replacement=True, generator=random)
        mirror = tuple(settings.mirror)
        return augment_places(places[drawn], settings=settings.augment, hips=network.hips, mirror=mirror, random=random)

    def terms(batch: Tensor) -> dict[str, Tensor]:
        return {"loss": F.softplus(-sign * network.right_handed_places(batch.to(device))).mean()}

    how = plan_member(
        settings.hand,
        out=out,
        number=number,
        warmup_steps=max(1, settings.hand.steps // 10),
        identity=_identity(settings, learn, data),
        seed=seed,
    )
    adam = torch.optim.AdamW(
        network.hand.parameters(), lr=settings.hand.base_lr, weight_decay=settings.hand.weight_decay
    )
    Loop(network.hand, data_from(draw, random), terms, adam, how, progress=progress).run()


def _identity(settings: SkeletonRecipe, learn: Indices, data: SkeletonSet) -> dict[str, str]:
    wanted = {"file", "labels", "mirror", "augment", "handed", "hand"}
    return identity_of(
        settings=settings.model_dump(mode="json", include=wanted, exclude_defaults=True),
        data=[learn.tolist(), data.groups[learn].tolist()],
    )
