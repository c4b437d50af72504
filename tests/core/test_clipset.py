"""Sets of labelled clips, and what they refuse."""

from __future__ import annotations

import pytest

from touchline.core.clips import ClipItem, ClipSet


def test_a_copy_stays_with_its_original_and_a_group_together() -> None:
    original = ClipItem("0006103", "block")
    copy = ClipItem("0006103_flipped", "block", family="0006103")
    assert original.original and not copy.original
    assert original.kept_together == copy.kept_together == "0006103"
    assert ClipItem("a", "pass", group="match 3").kept_together == "match 3"


def test_classes_without_a_clip_are_counted_too() -> None:
    clips = ClipSet((ClipItem("a", "pass"), ClipItem("b", "pass")), labels=("block", "pass"))
    assert clips.counts() == {"block": 0, "pass": 2}


@pytest.mark.parametrize(
    ("items", "labels", "words"),
    [
        ((ClipItem("a", "pass"), ClipItem("a", "pass")), ("pass",), "share the ids"),
        ((ClipItem("a", "pass"),), ("block",), "which are not in labels"),
        ((), ("block", "block"), "must be distinct"),
    ],
)
def test_a_set_refuses_what_contradicts_itself(
    items: tuple[ClipItem, ...], labels: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        ClipSet(items, labels=labels)
