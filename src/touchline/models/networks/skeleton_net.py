"""Classification of joint sequences by an ensemble of small temporal convolutional networks with two views.

Temporal convolution over joints follows Kim and Reiter, "Interpretable 3D Human Action Analysis with Temporal
Convolutional Networks", CVPR Workshops 2017; here members see positions and movements, or relative positions, movements
and bones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

VIEWS = ("court", "body")
"""``"court"`` includes the person's path, ``"body"`` excludes it and adds bones."""

_SPEED = 4.0
"""Factor on movements from one moment to the next, to scale them like positions."""

_HAND_VIEW = "body"
"""The member that tells the playing hand must not learn on which side of the court a person stands."""

_HAND_WIDTH = 32
_DILATIONS = (1, 2, 4)
_KERNEL = 5
_SMALL = 1e-3


class _Member(nn.Module):
    """A member of the ensemble: a temporal convolutional network."""

    def __init__(self, inputs: int, num_classes: int, *, width: int, dropout: float) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.BatchNorm1d(inputs), nn.Conv1d(inputs, width, 1))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(width),
                nn.ReLU(),
                nn.Conv1d(width, width, _KERNEL, padding=_KERNEL // 2 * dilation, dilation=dilation),
                nn.BatchNorm1d(width),
                nn.ReLU(),
                nn.Dropout(dropout),
                nn.Conv1d(width, width, 1),
            )
            for dilation in _DILATIONS
        )
        self.dropout = nn.Dropout(dropout)
        self.classes = nn.Linear(2 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (n, classes) of channels over time (n, inputs, t)."""
        x = self.enter(x)
        for block in self.blocks:
            x = x + block(x)
        x = F.relu(x)
        return cast(Tensor, self.classes(self.dropout(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))))


class SkeletonNet(nn.Module):
    """A classifier of joint sequences, the mean of its members' probabilities.

    Args:
        num_classes: number of classes, the columns of the logits.
        joints: number of joints.
        shoulders, hips: indices of two joints each, whose distance gives the person's size.
        bones: pairs of joint indices.
        views: view of each member, from ``VIEWS``.
        width: channels of a member.
        dropout: share of channels dropped in training.
        mirror: index of each joint's counterpart on the other side; given, one more member tells with which hand a
            person plays.

    """

    def __init__(
        self,
        num_classes: int,
        *,
        joints: int,
        shoulders: Sequence[int],
        hips: Sequence[int],
        bones: Sequence[Sequence[int]],
        views: Sequence[str] = VIEWS,
        width: int = 96,
        dropout: float = 0.4,
        mirror: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        unknown = sorted(set(views) - set(VIEWS))
        if unknown or not views:
            raise ValueError(f"views={tuple(views)} must be some of {VIEWS}")
        self.settings: dict[str, Any] = {
            "num_classes": num_classes,
            "joints": joints,
            "shoulders": list(shoulders),
            "hips": list(hips),
            "bones": [list(bone) for bone in bones],
            "views": list(views),
            "width": width,
            "dropout": dropout,
        }
        self.num_classes = num_classes
        self.joints, self.shoulders, self.hips = joints, tuple(shoulders), tuple(hips)
        self.bones = tuple((int(a), int(b)) for a, b in bones)
        self.views = tuple(views)
        sizes = {"court": 6 * joints, "body": 4 * joints + 2 * len(self.bones) + 2}
        self.members = nn.ModuleList(
            _Member(sizes[view], num_classes, width=width, dropout=dropout) for view in self.views
        )
        self.mirror = None if mirror is None else tuple(mirror)
        if self.mirror is not None:
            self.settings["mirror"] = list(self.mirror)
            self.hand = _Member(sizes[_HAND_VIEW], 1, width=_HAND_WIDTH, dropout=dropout)

    def normalise(self, sequences: Tensor) -> Tensor:
        """Normalise sequences (n, t, joints, 3) of x, y, visibility to (n, t, joints, 2).

        The mean position of the hips over time becomes the origin, and the median length of the trunk 1; a joint that
        is not visible is placed between the hips.
        """
        places, seen = sequences[..., :2], (sequences[..., 2:] > 0).to(sequences.dtype)
        hips, shoulders = self._middle(places, seen, self.hips), self._middle(places, seen, self.shoulders)
        lengths = torch.linalg.vector_norm(shoulders - hips, dim=-1)
        # The median; exports do not support torch.median.
        trunk = lengths.sort(dim=1).values[:, (lengths.shape[1] - 1) // 2].clamp_min(_SMALL)
        filled = places * seen + hips[:, :, None] * (1 - seen)
        return (filled - hips.mean(dim=1)[:, None, None]) / trunk[:, None, None, None]

    def channels(self, places: Tensor, *, view: str) -> Tensor:
        """Return a member's input (n, channels, t) of normalised places (n, t, joints, 2)."""
        hips = places[:, :, list(self.hips)].mean(dim=2)
        relative = places - hips[:, :, None]
        if view == "court":
            parts = [places, relative, _SPEED * _movement(places)]
        else:
            first, second = (torch.tensor(ends) for ends in zip(*self.bones, strict=True))
            bones = relative[:, :, first] - relative[:, :, second]
            parts = [relative, _SPEED * _movement(relative), bones, _SPEED * _movement(hips[:, :, None])]
        return torch.cat([part.flatten(2) for part in parts], dim=2).transpose(1, 2)

    def member_logits(self, places: Tensor, *, member: int) -> Tensor:
        """Return logits (n, classes) of one member for normalised places."""
        return cast(Tensor, self.members[member](self.channels(places, view=self.views[member])))

    def forward(self, sequences: Tensor) -> Tensor:
        """Return the log of the members' mean probabilities (n, classes) of sequences (n, t, joints, 3)."""
        places = self.normalise(sequences)
        probabilities = [
            torch.softmax(self.member_logits(places, member=member), dim=1) for member in range(len(self.views))
        ]
        return torch.stack(probabilities).mean(dim=0).clamp_min(1e-9).log()

    def right_handed(self, sequences: Tensor) -> Tensor:
        """Return the log odds (n, 1) that a person plays with the right hand, of sequences (n, t, joints, 3).

        A mirrored sequence has the opposite log odds.

        Raises:
            ValueError: the network was made without ``mirror``.

        """
        return self.right_handed_places(self.normalise(sequences))

    def right_handed_places(self, places: Tensor) -> Tensor:
        """Return the log odds (n, 1) of :meth:`right_handed` for normalised places (n, t, joints, 2)."""
        if self.mirror is None:
            raise ValueError("a network made without mirror= cannot tell the playing hand")
        mirrored = places[:, :, list(self.mirror)] * places.new_tensor([-1.0, 1.0])
        both = self.channels(torch.cat([places, mirrored]), view=_HAND_VIEW)
        logits = cast(Tensor, self.hand(both)).reshape(2, -1, 1)
        return logits[0] - logits[1]

    def _middle(self, places: Tensor, seen: Tensor, joints: tuple[int, ...]) -> Tensor:
        """Return the mean position of some joints (n, t, 2); of all visible ones if none of these is visible."""
        some, all_ = list(joints), list(range(self.joints))
        wanted = [(places[:, :, group] * seen[:, :, group]).sum(dim=2) for group in (some, all_)]
        count = [seen[:, :, group].sum(dim=2) for group in (some, all_)]
        means = [total / number.clamp_min(1) for total, number in zip(wanted, count, strict=True)]
        return torch.where(count[0] > 0, means[0], means[1])


def _movement(places: Tensor) -> Tensor:
    """Return the movement from each moment to the next; zero at the first."""
    return torch.cat([torch.zeros_like(places[:, :1]), places[:, 1:] - places[:, :-1]], dim=1)
