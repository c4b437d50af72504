"""Label sets by name and from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.core.errors import InputError, UsageError
from touchline.core.labels import BALL_12
from touchline.review.labels import label_set, label_sets, starting_labels


def test_the_products_sets_have_names() -> None:
    assert [known.name for known in label_sets()][:3] == ["soccernet-v2", "ball-2", "ball-12"]
    assert [label.name for label in label_set("ball-12").labels] == list(BALL_12)


@pytest.mark.parametrize(
    "text",
    [
        'name: academy\nlabels:\n  - {name: Press, colour: "#D0021B", key: p, lead: 5, lag: 4.5}\n  - Turnover\n',
        '{"name": "academy", "labels": ['
        '{"name": "Press", "colour": "#d0021b", "key": "p", "lead": 5, "lag": 4.5}, "Turnover"]}',
    ],
)
def test_a_set_from_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    found = label_set(str(path))
    press, turnover = found.labels
    assert found.name == "academy"
    assert (press.colour, press.key, press.lead_us, press.lag_us) == ("#d0021b", "p", 5_000_000, 4_500_000)
    assert (turnover.name, turnover.colour, turnover.key, turnover.lead_us) == ("Turnover", None, None, None)


@pytest.mark.parametrize("text", ["- Press\n- Turnover\n", "Press\nTurnover\n"])
def test_names_alone_are_enough(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plain.txt"
    path.write_text(text)
    found = label_set(str(path))
    assert (found.name, [label.name for label in found.labels]) == ("plain", ["Press", "Turnover"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labels: [{name: A, color: red}]", r"labels\.0\.color"),
        ("labels: [{name: A, colour: red}]", r"labels\.0\.colour"),
        ("labels: [{name: A, key: ab}]", r"labels\.0\.key"),
        ("labels: [{name: A, lead: -1}]", r"labels\.0\.lead"),
        ("labels: [A, A]", "two labels have the name 'A'"),
        ("labels: [{name: A, key: a}, {name: B, key: a}]", "two labels have the key 'a'"),
        ("labels: []", "labels"),
        ("labels: [", "not YAML"),
        ("a: &x [*x]", "cannot be read|labels|Extra"),
        ("", "labels"),
    ],
)
def test_files_that_hold_no_labels_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        label_set(str(path))


def test_a_misspelt_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'ball-12'"):
        label_set("ball12")


def test_labels_to_start_from() -> None:
    names = [label.name for label in starting_labels(["X"], chosen=label_set("ball-2"), analysed=True)]
    assert names == ["PASS", "DRIVE", "X"]
    assert [label.name for label in starting_labels(["X"], chosen=None, analysed=True)] == ["X"]
    assert [label.name for label in starting_labels([], chosen=None, analysed=False)] == list(BALL_12)
