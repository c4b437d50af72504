"""Labelled clips for training and evaluation, with the groupings that a train/test split must respect.

A clip is a video file, a folder of images, or a sequence of joints. Clips of one *family* show the same moment: copies,
flips and rotations of one original. Clips of one *group* come from the same match, game or person. Neither a family nor
a group may be split between training and testing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ClipItem:
    """One labelled clip.

    Attributes:
        id: unique in the set, e.g. ``"shooting/003"`` or ``"0006103_flipped"``.
        label: class of the clip, one of the set's labels.
        path: a video file or a folder of images; None where only labels are known.
        family: id of the original that the clip was copied from; its own id for an original.
        group: match, game or person; None if unknown.
        split: ``"train"``, ``"val"`` or ``"test"`` as the data set defines it; None if it does not.
        joints: file with the clip's joints, or None.

    """

    id: str
    label: str
    path: Path | None = None
    family: str = ""
    group: str | None = None
    split: str | None = None
    joints: Path | None = None

    def __post_init__(self) -> None:
        if not self.id or not self.label:
            raise ValueError(f"id={self.id!r} and label={self.label!r} must not be empty")
        if not self.family:
            object.__setattr__(self, "family", self.id)

    @property
    def original(self) -> bool:
        """Whether the clip is an original rather than a copy of another clip."""
        return self.family == self.id

    @property
    def kept_together(self) -> str:
        """Key of the clips that must stay in one split: the group if known, otherwise the family."""
        return self.family if self.group is None else self.group


@dataclass(frozen=True, slots=True)
class ClipSet:
    """A set of labelled clips.

    Attributes:
        items: clips in a fixed order.
        labels: class names in the order of a model's outputs; a class may have no clips.
        unreadable: files that were skipped, each with the reason.

    """

    items: tuple[ClipItem, ...]
    labels: tuple[str, ...]
    unreadable: tuple[tuple[Path, str], ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels={self.labels} must be distinct")
        twice = [clip_id for clip_id, count in Counter(item.id for item in self.items).items() if count > 1]
        if twice:
            raise ValueError(f"items share the ids {sorted(twice)[:5]}; ids must be unique in a set")
        unknown = sorted({item.label for item in self.items} - set(self.labels))
        if unknown:
            raise ValueError(f"clips have the labels {unknown}, which are not in labels={self.labels}")

    def __iter__(self) -> Iterator[ClipItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def counts(self) -> dict[str, int]:
        """Return the number of clips per class, in the order of the labels."""
        found = Counter(item.label for item in self.items)
        return {label: found[label] for label in self.labels}
