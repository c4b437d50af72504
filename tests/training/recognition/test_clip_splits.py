"""Splits of clips: nothing crosses, the historic ones are as they were, and what leaks is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.formats.clips.spacejam import LABELS, family_of, read_spacejam
from touchline.training.recognition.clip_splits import (
    COPIES_PER_CLIP,
    classes_to_copy,
    count_by_side,
    find_leaks,
    grouped_folds,
    last_fifth,
    legacy_split,
    own_split,
    picture_hash,
    with_copies,
)

SPACEJAM_COUNTS = (996, 1070, 5924, 3490, 426, 2362, 3866, 712, 6490, 11749)
SHARED = Path(__file__).parents[3].parent / "shared" / "data"


def clipset(counts: tuple[int, ...], labels: tuple[str, ...], *, groups: int = 0) -> ClipSet:
    items = tuple(
        ClipItem(f"{label}/{i}", label, group=f"match {i % groups}" if groups else None)
        for label, count in zip(labels, counts, strict=True)
        for i in range(count)
    )
    return ClipSet(items, labels)


def test_soccerkdnet_measured_95_clips() -> None:
    clips = clipset((70, 92, 151, 135), ("a", "b", "c", "d"))
    fold = last_fifth(clips)
    assert {label: sides[1] for label, sides in count_by_side(clips, fold).items()} == {
        "a": 15,
        "b": 20,
        "c": 32,
        "d": 28,
    }
    assert len(fold.test) == 95 and len(fold.train) == 353
    assert not set(fold.train) & set(fold.test)


def test_spacejam_copies_four_classes_and_not_six() -> None:
    clips = clipset(SPACEJAM_COUNTS, LABELS)
    poor = classes_to_copy(clips)
    assert [LABELS.index(label) for label in poor] == [0, 1, 4, 7]
    copied = with_copies(clips)
    assert len(clips) == 37_085 and len(copied) == 49_901
    assert len(copied) - len(clips) == COPIES_PER_CLIP * 3204 == 12_816


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("0006103", "0006103"),
        ("0006103_flipped", "0006103"),
        ("0006103_flipped_rotate_330", "0006103"),
        ("0006103_translate_-32_0", "0006103"),
    ],
)
def test_copies_know_their_original(name: str, original: str) -> None:
    assert family_of(name) == original


def test_no_family_lies_in_two_folds_and_copies_are_never_measured() -> None:
    items = tuple(
        ClipItem(name, label, family=family_of(name))
        for label in ("block", "walk")
        for i in range(25)
        for name in (f"{label}{i}", f"{label}{i}_flipped", f"{label}{i}_rotate_30")
    )
    clips = ClipSet(items, ("block", "walk"))
    seen: list[int] = []
    for fold in grouped_folds(clips, folds=5, seed=3):
        train, test = ([items[i] for i in side] for side in (fold.train, fold.test))
        assert not find_leaks(train, test)
        assert all(item.original for item in test)
        assert len(train) + 3 * len(test) == len(items)
        assert count_by_side(clips, fold)["block"][1] == 5
        seen += list(fold.test)
    assert sorted(seen) == [i for i, item in enumerate(items) if item.original]


def test_no_match_lies_in_two_folds() -> None:
    clips = clipset((40, 40), ("a", "b"), groups=8)
    for fold in grouped_folds(clips, folds=4):
        assert not find_leaks([clips.items[i] for i in fold.train], [clips.items[i] for i in fold.test]).groups


def test_folds_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="2 groups cannot make 3 folds"):
        grouped_folds(clipset((4, 4), ("a", "b"), groups=2), folds=3)
    with pytest.raises(InputError, match=r"\['b'\] have a single clip"):
        grouped_folds(clipset((4, 1), ("a", "b")), folds=2)
    with pytest.raises(InputError, match="no split of its own"):
        own_split(clipset((4,), ("a",)))


def test_the_historic_split_leaks() -> None:
    clips = with_copies(clipset((300, 3000), ("block", "walk")))
    train, _, test = legacy_split(len(clips))
    leaks = find_leaks([clips.items[i] for i in train], [clips.items[i] for i in test])
    assert leaks and "copies on both sides" in leaks.describe()
    assert [len(part) for part in legacy_split(49_901)] == [34_931, 9_980, 4_990]


def test_clips_that_look_the_same_are_found_mirrored_too() -> None:
    random = np.random.default_rng(0)
    pictures = [
        np.repeat(np.repeat(random.integers(0, 255, (1, 8, 9, 3)), 16, 1), 16, 2).astype(np.uint8) for _ in range(3)
    ]
    again = [np.clip(pictures[1].astype(int) + 3, 0, 255).astype(np.uint8), pictures[2][:, :, ::-1]]
    leaks = find_leaks(
        [ClipItem(f"train {i}", "a") for i in range(3)],
        [ClipItem(f"test {i}", "a") for i in range(2)],
        train_hashes=np.stack([picture_hash(clip) for clip in pictures]),
        test_hashes=np.stack([picture_hash(clip) for clip in again]),
    )
    assert leaks.look_alikes == (("train 1", "test 0"), ("train 2", "test 1"))


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "spacejam_labels").is_dir(), reason="SpaceJam's labels are not here")
def test_spacejams_own_labels_are_counted_as_published() -> None:
    clips = read_spacejam(SHARED / "spacejam_labels")
    assert tuple(clips.counts().values()) == SPACEJAM_COUNTS
    assert sum(item.original for item in clips) == 32_557


def test_labels_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "annotation_dict.json").write_text(json.dumps({"0001": 12}))
    with pytest.raises(InputError, match="class 12"):
        read_spacejam(tmp_path)
    (tmp_path / "annotation_dict.json").write_text(json.dumps({"0001": 10, "0002": 3}))
    assert [item.id for item in read_spacejam(tmp_path)] == ["0002"]
