"""SoccerNet's files that contradict themselves: what counts, and that it is said where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from touchline.analysis import evaluate
from touchline.cli.main import app
from touchline.core.errors import InputError
from touchline.formats.events.registry import find_events
from touchline.training.spotting.data import read_game

pytestmark = pytest.mark.robustness("data-files")


def entry(clock: str = "1 - 10:05", position: Any = "605000", **more: Any) -> dict[str, Any]:
    return {"gameTime": clock, "label": "Goal", "position": position, "visibility": "visible", **more}


def prediction(**more: Any) -> dict[str, Any]:
    return {"gameTime": "1 - 10:05", "label": "Goal", "position": "605000", "half": "1", "confidence": "0.9", **more}


def write(folder: Path, entries: list[Any], key: str = "annotations") -> Path:
    name = "Labels-v2.json" if key == "annotations" else "results_spotting.json"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"UrlLocal": "g", key: entries}))
    return folder / name


def warnings(folder: Path, truth: list[Any], found: list[Any], **options: Any) -> list[str]:
    files = write(folder, truth), write(folder, found, "predictions")
    return list(evaluate.spotting(*files, **options).warnings)


@pytest.mark.parametrize(
    ("clock", "position", "contradicts"),
    [
        ("1 - 10:05", "605000", False),
        ("1 - 10:05", "605999", False),
        ("1 - 10:05", 606_400, False),
        ("1 - 10:05", "604100", False),
        ("1 - 40:2", "2402000", False),
        ("1 - 10:05", "180000", True),
        ("1 - 10:05", "607100", True),
        ("1 - 10:05", "603000", True),
    ],
)
def test_a_clock_that_contradicts_the_position(tmp_path: Path, clock: str, position: Any, contradicts: bool) -> None:
    found = find_events(write(tmp_path, [entry(), entry(clock, position)]).read_bytes(), source="Labels-v2.json")
    assert sorted(event.start_us for event in found.timeline) == sorted([605_000_000, int(position) * 1000])
    if contradicts:
        assert "1 entry: gameTime contradicts position, which counts; the first is annotations[1]" in found.notes[0]
        assert repr(clock) in found.notes[0] and str(position) in found.notes[0]
    else:
        assert found.notes == ()
    said = warnings(tmp_path, [entry(), entry(clock, position)], [prediction()])
    assert any("true events: 1 entry: gameTime contradicts position" in line for line in said) is contradicts


def test_the_half_of_a_prediction_counts(tmp_path: Path) -> None:
    said = warnings(tmp_path, [entry()], [prediction(gameTime="2 - 10:05")])
    assert len(said) == 1 and "predictions: 1 entry: gameTime names another half than half, which counts" in said[0]
    assert "'2 - 10:05' and half 1" in said[0]


def test_convert_says_it(tmp_path: Path) -> None:
    path = write(tmp_path, [entry(position="180000")])
    done = CliRunner().invoke(app, ["convert", str(path), str(tmp_path / "a.csv")])
    assert done.exit_code == 0 and "gameTime contradicts position" in done.stderr
    assert ",180.000000," not in done.stderr and "180.000000" in (tmp_path / "a.csv").read_text()


def test_dropped_halves_are_counted_unless_strict(tmp_path: Path) -> None:
    truth = [entry(), entry("3 - 05:00", "300000"), entry("4 - 01:00", "60000"), entry("5 - 00:30", "30000")]
    found = [prediction(), prediction(gameTime="3 - 05:00", half="3", position="300000"), prediction(half="7")]
    said = " ".join(warnings(tmp_path, truth, found))
    assert "3 true events outside halves 1 and 2 left out" in said and "1 of half 3, 1 of half 4, 1 of half 5" in said
    assert "2 predictions outside halves 1 and 2 left out" in said and "1 of half 7" in said
    assert not any("outside halves" in line for line in warnings(tmp_path, truth, found, strict=True))


def test_events_after_two_hours_are_said(tmp_path: Path) -> None:
    said = warnings(tmp_path, [entry(), entry("1 - 120:00", "7200000")], [prediction()])
    assert len(said) == 1 and said[0].startswith("1 true event later than 2 hours")


def test_labels_in_another_spelling_are_named(tmp_path: Path) -> None:
    found = [prediction(label=label) for label in ("Goal", "goal", "GOAL ", "goal", "Handball")]
    (said,) = warnings(tmp_path, [entry()], found)
    assert "4 predictions with a label that is not scored" in said
    assert "'goal' (2, spelled 'Goal' in the set)" in said and "'GOAL ' (1, spelled 'Goal'" in said
    assert "Handball (1)" in said


def test_unknown_visibility_is_said(tmp_path: Path) -> None:
    truth = [entry(visibility=text) for text in ("visible", "not shown", "Not shown", "hidden")]
    (said,) = warnings(tmp_path, truth, [prediction()])
    assert "2 entries: a visibility other than" in said and "annotations[2] has 'Not shown'" in said


@pytest.mark.parametrize("missing", ["gameTime", "label"])
def test_missing_keys_are_named_with_place(tmp_path: Path, missing: str) -> None:
    rows = [entry(), {key: value for key, value in entry().items() if key != missing}]
    with pytest.raises(InputError, match=rf"annotations\[1\] has no '{missing}'"):
        warnings(tmp_path, rows, [prediction()])


@pytest.mark.parametrize("missing", ["half", "position", "confidence", "label"])
def test_missing_keys_of_predictions_are_named_with_place(tmp_path: Path, missing: str) -> None:
    rows = [prediction(), {key: value for key, value in prediction().items() if key != missing}]
    with pytest.raises(InputError, match=rf"predictions\[1\] has no '{missing}'"):
        warnings(tmp_path, [entry()], rows)


def test_training_names_halves_without_a_video(tmp_path: Path) -> None:
    write(tmp_path / "g", [entry(), entry("3 - 05:00", "300000")])
    with pytest.raises(InputError, match=r"has events of halves \[3\], but videos are given for \[1, 2\] only"):
        read_game(tmp_path, "g", videos={1: "1.mkv", 2: "2.mkv"}, labels_file="Labels-v2.json")


def test_times_as_numbers_or_text_are_the_same(tmp_path: Path) -> None:
    texts = find_events(write(tmp_path, [entry()]).read_bytes(), source="Labels-v2.json").timeline
    assert (
        find_events(write(tmp_path, [entry(position=605_000)]).read_bytes(), source="Labels-v2.json").timeline == texts
    )
    for bad in ("-5", -5, "ten", None, [1]):
        with pytest.raises(InputError, match=r"annotations\[0\]"):
            find_events(write(tmp_path, [entry(position=bad)]).read_bytes(), source="Labels-v2.json")
