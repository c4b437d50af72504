"""Augmentation of joint sequences, so that a network learns the action and not the camera or the person."""

from __future__ import annotations

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor


class SkeletonAugment(BaseModel):
    """Strength of the random changes to sequences; lengths are relative to the trunk's length.

    Attributes:
        turn_rad: largest rotation in the image plane.
        stretch: largest change of width and of height, as shares.
        shift: standard deviation of a common shift.
        tremble: standard deviation of the noise of each joint at each time.
        bend: standard deviation of the offset of each joint, constant over the sequence.
        speed: largest change of speed, as a share.
        late: largest shift of a sequence in time, in samples.
        lost: share of joints that are dropped.
        mirror: share of sequences that are mirrored, with left and right joints swapped.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    turn_rad: float = Field(default=0.25, ge=0)
    stretch: tuple[float, float] = (0.3, 0.2)
    shift: float = Field(default=0.2, ge=0)
    tremble: float = Field(default=0.04, ge=0)
    bend: float = Field(default=0.04, ge=0)
    speed: float = Field(default=0.4, ge=0, lt=1)
    late: float = Field(default=4.0, ge=0)
    lost: float = Field(default=0.1, ge=0, le=1)
    mirror: float = Field(default=0.0, ge=0, le=1)


def augment_places(
    places: Tensor,
    *,
    settings: SkeletonAugment,
    hips: tuple[int, ...],
    mirror: tuple[int, ...],
    random: torch.Generator,
) -> Tensor:
    """Return augmented copies of normalised places (n, t, joints, 2)."""
    places = _mirrored(places, share=settings.mirror, mirror=mirror, random=random)
    places = _turned(places, settings=settings, random=random)
    places = _respaced(places, settings=settings, random=random)
    n, _, joints, _ = places.shape
    places = places + settings.shift * torch.randn(n, 1, 1, 2, generator=random)
    places = places + settings.bend * torch.randn(n, 1, joints, 2, generator=random)
    places = places + settings.tremble * torch.randn(places.shape, generator=random)
    lost = torch.rand(n, 1, joints, 1, generator=random) < settings.lost
    return torch.where(lost, places[:, :, list(hips)].mean(dim=2, keepdim=True), places)


def _mirrored(places: Tensor, *, share: float, mirror: tuple[int, ...], random: torch.Generator) -> Tensor:
    if not share:
        return places
    chosen = torch.rand(len(places), 1, 1, 1, generator=random) < share
    return torch.where(chosen, places[:, :, list(mirror)] * torch.tensor([-1.0, 1.0]), places)


def _turned(places: Tensor, *, settings: SkeletonAugment, random: torch.Generator) -> Tensor:
    """Stretch and rotate about the origin."""
    n = len(places)
    stretch = 1 + torch.tensor(settings.stretch) * (2 * torch.rand(n, 1, 1, 2, generator=random) - 1)
    angle = settings.turn_rad * (2 * torch.rand(n, 1, 1, generator=random) - 1)
    x, y = (places * stretch).unbind(-1)
    return torch.stack([angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y], dim=-1)


def _respaced(places: Tensor, *, settings: SkeletonAugment, random: torch.Generator) -> Tensor:
    """Change the speed about the middle, and shift in time; missing samples repeat the first or the last one."""
    n, length = places.shape[:2]
    rate = 1 + settings.speed * (2 * torch.rand(n, 1, generator=random) - 1)
    late = settings.late * (2 * torch.rand(n, 1, generator=random) - 1)
    middle = (length - 1) / 2
    moments = ((torch.arange(length) - middle) * rate + middle + late).clamp(0, length - 1)
    before = moments.floor().long()
    after = (before + 1).clamp_max(length - 1)
    share = (moments - before)[..., None, None]
    rows = torch.arange(n)[:, None]
    return places[rows, before] * (1 - share) + places[rows, after] * share
