"""Labelled clips to learn from or to be measured on: what each shows, and which of them must stay together.

A clip is a video file, a folder of pictures, or a sequence of joints. Two clips of one *family* show the same moment:
copies, flips, turns of one original. Two clips of one *group* come from the same match, game or person. Neither may be
split between training and testing.
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
        id: unique in its set, e.g. ``"shooting/003"`` or ``"0006103_flipped"``.
        label: what happens in it, one of the set's labels.
        path: a video file or a folder of pictures; None where only labels are known.
        family: id of the original that this is a copy of; its own id where it is an original.
        group: match, game or person; None where nobody knows.
        split: ``"train"``, ``"val"`` or ``"test"`` where the data set itself says so.
        joints: a file of joints that belongs to it, or None.

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
            raise ValueError(f"id={self.id!r}, label={self.label!r}: a clip needs both")
        if not self.family:
            object.__setattr__(self, "family", self.id)

    @property
    def original(self) -> bool:
        """Whether it is no copy of another clip."""
        return self.family == self.id

    @property
    def kept_together(self) -> str:
        """What must not be split: the group where it is known, otherwise the family."""
        return self.family if self.group is None else self.group


@dataclass(frozen=True, slots=True)
class ClipSet:
    """Labelled clips.

    Attributes:
        items: in a fixed order.
        labels: the classes, in the order of a model's outputs; some may have no clip.
        unreadable: files that were left out, each with the reason.

    """

    items: tuple[ClipItem, ...]
    labels: tuple[str, ...]
    unreadable: tuple[tuple[Path, str], ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels={self.labels} name a class twice")
        twice = [clip_id for clip_id, count in Counter(item.id for item in self.items).items() if count > 1]
        if twice:
            raise ValueError(f"items share ids: {sorted(twice)[:5]}; ids are unique in a set")
        unknown = sorted({item.label for item in self.items} - set(self.labels))
        if unknown:
            raise ValueError(f"labels of clips {unknown} are none of {self.labels}")

    def __iter__(self) -> Iterator[ClipItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def counts(self) -> dict[str, int]:
        """Clips of every class, in the order of the labels."""
        found = Counter(item.label for item in self.items)
        return {label: found[label] for label in self.labels}
