"""Reviewed bundles as truth: only their reviewed spans are scored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reviewing import S, write_review
from touchline.analysis import evaluate
from touchline.cli.main import app
from touchline.core.errors import InputError
from touchline.core.events import Event


def write_match(folder: Path, *, spans: list[tuple[int, int]]) -> Path:
    """Ten passes, of which the model finds every one and a wrong one between any two; a person rejected the wrong."""
    found = [Event("PASS", second * S, confidence=0.9 if second % 4 == 0 else 0.5) for second in range(2, 40, 2)]
    decisions = {n: {} if event.confidence > 0.6 else {"state": "rejected"} for n, event in enumerate(found)}
    write_review(folder, found=found, decisions=decisions, added=[Event("DRIVE", 9 * S)], spans=spans)
    return folder


def test_only_reviewed_spans_are_scored(tmp_path: Path) -> None:
    bundle = write_match(tmp_path / "m.touchline", spans=[(0, 10 * S), (20 * S, 30 * S)])
    result = evaluate.spotting(bundle, bundle / "results_spotting.json")
    assert result.report.labels == ("PASS", "DRIVE")
    assert result.report.truths[0].tolist() == [5, 1]  # passes at 4, 8, 20, 24 and 28 s
    assert result.report.predicted.tolist() == [9, 0]
    assert result.report.per_class().tolist() == pytest.approx([1.0, 0.0])
    record = result.record()
    assert record["reviewed_minutes"] == pytest.approx(20 / 60, abs=1e-3)
    assert record["ignored_predictions"] == 10


def test_a_folder_of_reviewed_bundles_is_paired_by_folder(tmp_path: Path) -> None:
    truth, found = tmp_path / "truth", tmp_path / "found"
    for name in ("a", "b"):
        write_match(truth / f"{name}.touchline", spans=[(0, 40 * S)])
        write_match(found / f"{name}.touchline", spans=[])
    result = evaluate.spotting(truth, found)
    assert (result.games, result.missing, result.report.truths[0].tolist()) == (2, (), [18, 2])


def test_a_bundle_without_reviewed_spans_is_refused(tmp_path: Path) -> None:
    bundle = write_match(tmp_path / "m.touchline", spans=[])
    with pytest.raises(InputError, match="no part of it is marked as reviewed"):
        evaluate.spotting(bundle, bundle / "results_spotting.json")


def test_the_command_says_what_it_leaves_out(tmp_path: Path) -> None:
    bundle = write_match(tmp_path / "m.touchline", spans=[(0, 30 * S)])
    arguments = ["evaluate", "spotting", "--truth", str(bundle), "--predictions", str(bundle / "results_spotting.json")]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert "scored inside 0.5 reviewed minutes only; 5 predictions elsewhere left out" in shown.stdout
    record = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert record["ignored_predictions"] == 5
