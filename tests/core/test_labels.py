"""Label sets: each a checked value, known by name, by file and by the labels seen."""

from __future__ import annotations

import pytest

from touchline.core.labels import BALL_2, LABEL_SETS, LabelSet, guess_label_set, label_files, labels_named, sets_of_file


def test_files_in_the_order_in_which_they_are_preferred() -> None:
    assert label_files()[:3] == ("Labels-v2.json", "Labels-ball.json", "Labels.json")
    assert [known.name for known in sets_of_file("Labels-ball.json")] == ["ball-2", "ball-12", "play"]
    assert not sets_of_file("other.json")


@pytest.mark.parametrize(
    ("labels", "file_name", "expected"),
    [
        (["PASS"], "Labels-ball.json", "ball-2"),
        (["PASS", "SHOT"], "x.json", "ball-12"),
        (["PASS", "CORNER", "TACKLE"], "x.json", "play"),
        (["Goal"], "x.json", "soccernet-v2"),
        (["Goal", "new"], "Labels-v2.json", "soccernet-v2"),
        (["Goal", "new"], "x.json", None),
        (["new"], "Labels-v2.json", None),
        (["PASS", "new"], "Labels-ball.json", None),
        (["y-card"], "Labels.json", "soccernet-v1"),
        ([], "Labels.json", "soccernet-v1"),
        (["y-card"], "x.json", None),
        ([], "Labels-v2.json", None),
    ],
)
def test_the_set_is_guessed_from_file_and_labels(labels: list[str], file_name: str, expected: str | None) -> None:
    found = guess_label_set(labels, file_name=file_name)
    assert (None if found is None else found.name) == expected


def test_the_first_version_has_two_orders_and_classes() -> None:
    first = LABEL_SETS["soccernet-v1"]
    assert first.labels == ("soccer-ball", "y-card", "subs")
    assert first.outputs == ("y-card", "subs", "soccer-ball")
    assert first.scored == ("card", "subs", "soccer")
    assert (first.spelling_of("Goal"), first.spelling_of("r-card"), first.spelling_of("Corner")) == (
        "soccer-ball",
        "r-card",
        None,
    )
    second = LABEL_SETS["soccernet-v2"]
    assert second.outputs == second.scored == second.labels
    assert (second.class_of("Goal"), second.class_of("soccer-ball")) == ("Goal", None)


def test_recipes_name_a_set_or_list_labels() -> None:
    assert labels_named("ball-2") == list(BALL_2)
    assert labels_named(["a"]) == ["a"]
    with pytest.raises(ValueError, match="unknown label set 'x'; choose from"):
        labels_named("x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ("a", "a")}, "distinct labels"),
        ({"labels": ()}, "distinct labels"),
        ({"fps": 0.0}, "fps=0.0"),
        ({"output_order": ("a",)}, "output_order"),
        ({"aliases": {"x": "c"}}, "not its labels"),
    ],
)
def test_what_cannot_be_a_label_set(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {
        "name": "n",
        "title": "t",
        "labels": ("a", "b"),
        "fps": 2.0,
        "metric": "at1",
        **change,
    }
    with pytest.raises(ValueError, match=message):
        LabelSet(**arguments)  # type: ignore[arg-type]
