"""``touchline.evaluate`` gives what the command line prints, from files and from values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from touchline import Event, Timeline, Track, Tracks, evaluate
from touchline.cli.evaluate.commands import app
from touchline.core import ClipItem, ClipSet, Detections
from touchline.core.errors import UsageError
from touchline.formats.boxes import write_mot
from touchline.formats.clips import ClipPredictions, write_clip_predictions
from touchline.formats.soccernet import write_labels, write_results

TRUTH = Timeline(tuple(Event(label, at * 1_000_000) for at, label in enumerate(["PASS", "DRIVE", "PASS"], 10)))
FOUND = Timeline(
    tuple(Event(label, at * 1_000_000, confidence=0.9 - at / 100) for at, label in enumerate(["PASS", "PASS"], 10))
)


def printed(kind: str, truth: Path, found: Path) -> dict[str, Any]:
    """What the command prints as JSON."""
    arguments = [kind, "--truth", str(truth), "--predictions", str(found), "--json"]
    return dict(json.loads(CliRunner().invoke(app, arguments).stdout))


def people(shift: float = 0.0) -> Tracks:
    """Two people who walk through ten pictures."""
    steps = np.arange(10)
    tracks = []
    for number in (1, 2):
        left = (50 * number + 3 * steps + shift).astype(np.float32)
        boxes = np.stack([left, left * 0 + 20, left + 15, left * 0 + 60], axis=1)
        tracks.append(
            Track(number, "player", steps * 40_000, steps, boxes, np.ones(10, np.float32), np.ones(10, np.bool_))
        )
    return Tracks(tuple(tracks), (), 200, 100)


def test_spotting_is_what_the_command_prints(tmp_path: Path) -> None:
    write_labels(TRUTH, tmp_path / "Labels-ball.json", game="a")
    write_results(FOUND, tmp_path / "results_spotting.json", game="a")
    files = (tmp_path / "Labels-ball.json", tmp_path / "results_spotting.json")
    of_files, of_values = evaluate.spotting(*files), evaluate.spotting(TRUTH, FOUND)
    assert of_files.record() == of_values.record() == printed("spotting", *files)
    assert of_files.average_map == of_files.record()["a_mAP"] > 0
    assert (of_values.label_set, of_values.games, of_values.missing) == ("ball-2", 1, ())


def test_spotting_takes_many_games_and_refuses_what_it_cannot_pair() -> None:
    both = evaluate.spotting([TRUTH, TRUTH], [FOUND, TRUTH], metric="at2", labels=["PASS"])
    assert (both.games, both.report.labels, both.report.metric) == (2, ("PASS",), "at2")
    assert "2 true events with a label that is not scored: DRIVE (2)" in both.warnings
    with pytest.raises(ValueError, match="2 games of truth and 1 of predictions"):
        evaluate.spotting([TRUTH, TRUTH], FOUND)
    with pytest.raises(UsageError, match="'ball-3' is not a label set"):
        evaluate.spotting(TRUTH, FOUND, labels="ball-3")
    with pytest.raises(UsageError, match="fps 0"):
        evaluate.spotting(TRUTH, FOUND, fps=0)


def test_detection_is_what_the_command_prints(tmp_path: Path) -> None:
    for name, rows in {
        "truth": "2 0.5 0.5 0.2 0.4\n",
        "found": "2 0.5 0.5 0.2 0.4 0.8\n2 0.1 0.1 0.1 0.1 0.3\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(rows)
    of_files = evaluate.detection(tmp_path / "truth", tmp_path / "found")
    assert of_files.record() == printed("detection", tmp_path / "truth", tmp_path / "found")
    box = np.array([[40, 30, 60, 70]], np.float32)
    picture = Detections(box, np.full(1, 0.8, np.float32), np.full(1, 2))
    assert evaluate.detection([picture], [picture]).report["player"].mean == pytest.approx(1)
    with pytest.raises(ValueError, match="both be files or both be detections"):
        evaluate.detection([picture], tmp_path / "found")


def test_tracking_is_what_the_command_prints(tmp_path: Path) -> None:
    write_mot(people(), tmp_path / "truth.txt")
    write_mot(people(4.0), tmp_path / "found.txt")
    of_files = evaluate.tracking(tmp_path / "truth.txt", tmp_path / "found.txt")
    assert of_files.record() == printed("tracking", tmp_path / "truth.txt", tmp_path / "found.txt")
    of_values = evaluate.tracking(people(), people(4.0))
    assert of_values.total.results() == of_files.total.results()
    assert evaluate.tracking(people(), tmp_path / "truth.txt").total.results()["HOTA"] == 1


def test_recognition_is_what_the_command_prints(tmp_path: Path) -> None:
    clips = ClipSet((ClipItem("a", "kick"), ClipItem("b", "run"), ClipItem("c", "run")), ("kick", "run"))
    rows = "".join(f"{item.id},{item.label},\n" for item in clips)
    (tmp_path / "truth.csv").write_text(f"id,label,group\n{rows}")
    values = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    write_clip_predictions(tmp_path / "found.csv", ids=["a", "b", "c"], classes=["kick", "run"], values=values)
    of_files = evaluate.recognition(tmp_path / "truth.csv", tmp_path / "found.csv")
    assert of_files.record() == printed("recognition", tmp_path / "truth.csv", tmp_path / "found.csv")
    found = ClipPredictions(("a", "b", "c"), ("kick", "run", "kick"), ("kick", "run"), values)
    of_values = evaluate.recognition(clips, found)
    assert of_values.record() == of_files.record()
    assert of_values.report.accuracy == pytest.approx(2 / 3)
    assert [error.id for error in of_values.worst_errors] == ["c"]
