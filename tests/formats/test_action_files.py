"""``actions.json`` and predictions of clips: written and read back, and refused when they are something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.actions import Action, Actions, WindowScores
from touchline.core.errors import InputError
from touchline.formats.actions import actions_document, read_actions, write_actions
from touchline.formats.clips.predictions import read_clip_predictions, write_clip_predictions


def actions() -> Actions:
    windows = WindowScores(
        3,
        np.array([0, 640_000]),
        np.array([1_280_000, 1_920_000]),
        np.array([[0.25, 0.75], [0.5, 0.5]], np.float32),
        np.array([False, True]),
    )
    spans = (Action(3, "kick", 0, 640_000, 0.75, "m"), Action(2, "walking", 5, 10, 0.5, "movement"))
    return Actions(spans, (windows,), ("run", "kick"), "m", ("a note",))


def test_actions_come_back_as_they_were(tmp_path: Path) -> None:
    write_actions(tmp_path / "actions.json", actions())
    again = read_actions(tmp_path / "actions.json")
    assert again.actions == actions().actions and [a.track_id for a in again.actions] == [2, 3]
    assert (again.labels, again.recogniser, again.notes) == (("run", "kick"), "m", ("a note",))
    np.testing.assert_array_equal(again.windows[0].values, actions().windows[0].values)
    assert again.windows[0].padded.tolist() == [False, True]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"schema": "x"}, "'x'"),
        ({"actions": [{"track_id": 0}]}, "not valid actions"),
        ({"labels": ["one"]}, "not valid actions"),
        ({"windows": [{"track_id": 1}]}, "not valid actions"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    path = tmp_path / "actions.json"
    path.write_text(json.dumps({**actions_document(actions()), **change}))
    with pytest.raises(InputError, match=words):
        read_actions(path)
    path.write_text("[")
    with pytest.raises(InputError, match="not readable"):
        read_actions(path)


def test_predictions_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    write_clip_predictions(path, ids=["a", "b,c"], classes=["run", "kick"], values=np.array([[0.25, 0.75], [1, 0]]))
    again = read_clip_predictions(path)
    assert again.ids == ("a", "b,c") and again.labels == ("kick", "run") and again.classes == ("run", "kick")
    np.testing.assert_allclose(again.values, [[0.25, 0.75], [1, 0]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,said\na,run\n", "`id` and `label`"),
        ("id,label\na,run\na,run\n", "listed twice"),
        ("id,label,p:run\na,run,1.5\n", "line 2: '1.5'"),
        ("id,label,p:run\na,run,\n", "line 2"),
    ],
)
def test_wrong_predictions_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_clip_predictions(tmp_path / "p.csv")
