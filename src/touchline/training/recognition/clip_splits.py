"""Training and held-out splits of clips that keep related clips together, and a search for leaks between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch

from touchline.core.arrays import Indices
from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.core.extras import need

COPIES_BELOW = 2000
"""Classes with fewer clips, including flips, get four rotated and shifted copies of each (SpaceJam's reference)."""

COPIES_PER_CLIP = 4
_HASH_SIDE = 8
_SAME_BITS = 3
_SHARES = (0.2, 0.1)


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Training and held-out clips, as indices into the set."""

    train: Indices
    test: Indices


@dataclass(frozen=True, slots=True)
class Leaks:
    """The clips, families and groups on both sides of a split.

    Attributes:
        families: ids of originals with copies on both sides.
        groups: matches, games or people on both sides.
        look_alikes: pairs (train id, test id) whose frames are the same, or mirror images.

    """

    families: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    look_alikes: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.families or self.groups or self.look_alikes)

    def describe(self) -> str:
        """Describe the leaks in one line."""
        parts = []
        if self.families:
            parts.append(f"{len(self.families)} originals have copies on both sides, e.g. {self.families[0]!r}")
        if self.groups:
            parts.append(f"{len(self.groups)} groups lie on both sides, e.g. {self.groups[0]!r}")
        if self.look_alikes:
            first, second = self.look_alikes[0]
            parts.append(f"{len(self.look_alikes)} pairs of clips look the same, e.g. {first!r} and {second!r}")
        return "; ".join(parts) or "nothing leaked"


def grouped_folds(clips: ClipSet, *, folds: int, seed: int = 0) -> list[Fold]:
    """Make folds of about equal class shares, none of which splits a group (or a family, if groups are unknown).

    Copies are used for training, never for measurement.

    Raises:
        InputError: fewer groups than folds, or a class with a single clip.

    """
    selection = need("sklearn.model_selection", what="splitting clips", extra="train")
    originals = np.array([i for i, item in enumerate(clips) if item.original], np.int64)
    together = np.array([item.kept_together for item in clips])
    labels = np.array([clips.labels.index(item.label) for item in clips], np.int64)
    names, counts = np.unique(labels[originals], return_counts=True)
    if bool(np.any(counts < 2)):
        lonely = [clips.labels[k] for k in names[counts < 2]]
        raise InputError(f"classes {lonely} have a single clip; it cannot be both trained on and measured on")
    if len(set(together[originals])) < folds:
        raise InputError(f"{len(set(together[originals]))} groups cannot make {folds} folds; ask for fewer")
    splitter = selection.StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    result = []
    for _, test in splitter.split(originals, labels[originals], together[originals]):
        held = originals[test]
        result.append(Fold(np.flatnonzero(~np.isin(together, together[held])), held))
    return result


def own_split(clips: ClipSet) -> Fold:
    """Return the data set's own split: train against test, or against val if there is no test.

    Raises:
        InputError: it has no split.

    """
    splits = np.array([item.split or "" for item in clips])
    measured = "test" if "test" in splits else "val"
    fold = Fold(np.flatnonzero(splits == "train"), np.flatnonzero(splits == measured))
    if not len(fold.train) or not len(fold.test):
        raise InputError("this collection has no split of its own; use folds instead")
    return fold


def last_fifth(clips: ClipSet) -> Fold:
    """Return SoccerKDNet's split: of the n clips of a class, in order, those from number int(0.8 n) on are held out.

    It ignores matches, so clips of one match are on both sides.
    """
    test: list[int] = []
    for label in clips.labels:
        members = [i for i, item in enumerate(clips) if item.label == label]
        test += members[max(0, int(0.8 * len(members)) - 1) :]
    held = np.array(sorted(test), np.int64)
    return Fold(np.setdiff1d(np.arange(len(clips)), held), held)


def legacy_split(count: int, *, seed: int = 1) -> tuple[Indices, Indices, Indices]:
    """Return SpaceJam's historic random split of all clips, including copies, into train, val and test.

    A test clip with nine copies almost surely has one of them in the training set, so scores on it mean little. It is
    kept to reproduce published numbers.
    """
    val, test = (int(share * count) for share in _SHARES)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).numpy()
    train = count - val - test
    return order[:train], order[train : train + val], order[train + val :]


def classes_to_copy(clips: ClipSet) -> tuple[str, ...]:
    """Return the classes whose clips get rotated and shifted copies: those with fewer than ``COPIES_BELOW``."""
    return tuple(label for label, count in clips.counts().items() if 0 < count <= COPIES_BELOW)


def with_copies(clips: ClipSet) -> ClipSet:
    """Return the clips plus the names of their rotated and shifted copies, which are made when they are read."""
    poor = set(classes_to_copy(clips))
    items = list(clips)
    for item in clips:
        if item.label in poor:
            items += [
                ClipItem(f"{item.id}{suffix}", item.label, path=item.path, family=item.family, group=item.group)
                for suffix in ("_rotate_30", "_rotate_330", "_translate_32_0", "_translate_-32_0")
            ]
    return ClipSet(tuple(items), clips.labels, clips.unreadable)


def find_leaks(
    train: Sequence[ClipItem],
    test: Sequence[ClipItem],
    *,
    train_hashes: npt.NDArray[np.uint64] | None = None,
    test_hashes: npt.NDArray[np.uint64] | None = None,
) -> Leaks:
    """Find what both sides of a split have in common.

    Args:
        train: training clips.
        test: held-out clips.
        train_hashes: uint64 (n, 2), :func:`picture_hash` of each clip; if None, frames are not compared.
        test_hashes: the same for the held-out clips.

    """
    families = {item.family for item in train} & {item.family for item in test}
    groups = {item.group for item in train if item.group} & {item.group for item in test if item.group}
    alike: list[tuple[str, str]] = []
    if train_hashes is not None and test_hashes is not None and len(train) and len(test):
        for mirrored in (0, 1):
            bits = np.bitwise_count(train_hashes[:, None, 0] ^ test_hashes[None, :, mirrored])
            alike += [(train[i].id, test[j].id) for i, j in np.argwhere(bits <= _SAME_BITS)]
    return Leaks(tuple(sorted(families)), tuple(sorted(groups)), tuple(sorted(set(alike))))


def picture_hash(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return uint64 (2,): 64-bit hashes of the middle frame of a clip (t, h, w, 3), and of its mirror image.

    Each bit states whether the brightness increases from one of 8 x 9 areas to the next.
    """
    middle = cv2.cvtColor(rgb[len(rgb) // 2], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(middle, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.array([_bits(small), _bits(small[:, ::-1])], np.uint64)


def _bits(small: npt.NDArray[np.int16]) -> np.uint64:
    brighter = np.packbits(small[:, 1:] > small[:, :-1])
    return np.uint64(int.from_bytes(brighter.tobytes(), "big"))


def count_by_side(clips: ClipSet, fold: Fold) -> dict[str, tuple[int, int]]:
    """Count the clips of every class on both sides of a fold."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for side, indices in enumerate((fold.train, fold.test)):
        for i in indices:
            counts[clips.items[i].label][side] += 1
    return {label: (counts[label][0], counts[label][1]) for label in clips.labels}
