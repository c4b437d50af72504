"""Inputs that failed elsewhere, of data files: each scores or is read as its README says."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.analysis import evaluate
from touchline.formats.keeper.shots import read_shot_file


def percents(result: evaluate.TrackingEvaluation) -> tuple[str, str]:
    record = result.record()
    return f"{100 * record['HOTA']:.2f}", f"{100 * record['MOTA']:.2f}"


@pytest.mark.robustness("data-files")
def test_distractors(cases: Path) -> None:
    folder = cases / "public/06-mot-distractors"
    files = folder / "gt.txt", folder / "pred.txt"
    assert percents(evaluate.tracking(*files, preprocess="mot17")) == ("92.41", "100.00")
    without = evaluate.tracking(*files, classes=(1,))
    assert percents(without) == ("65.54", "0.00")
    assert "distractor classes 7" in without.warnings[0]


@pytest.mark.robustness("data-files")
@pytest.mark.parametrize(
    ("truth", "found"),
    [
        ("gt9", "pr"),
        ("gt_space", "pr"),
        ("gt_trail", "pr"),
        ("gt_11", "pr"),
        ("gt9", "pr_nan"),
    ],
)
def test_separators(cases: Path, truth: str, found: str) -> None:
    folder = cases / "public/10-mot-separators"
    result = evaluate.tracking(folder / f"{truth}.txt", folder / f"{found}.txt")
    assert (percents(result), result.warnings) == (("61.36", "96.67"), ())


@pytest.mark.robustness("data-files")
def test_fractional_truth_confidence(cases: Path) -> None:
    folder = cases / "public/10-mot-separators"
    result = evaluate.tracking(folder / "gt_conf.txt", folder / "pr.txt")
    assert percents(result) == ("61.36", "96.67")
    assert "fractional confidence such as 0.93, scored here" in result.warnings[0]


@pytest.mark.robustness("data-files")
@pytest.mark.parametrize("name", ["de.csv", "sep.csv"])
def test_spreadsheets(cases: Path, name: str) -> None:
    found = read_shot_file(cases / "public/13-excel-csv" / name)
    assert [(shot.x_yd, shot.y_yd, shot.keeper) for shot in found.shots] == [
        (108.5, 40.2, "Müller"),
        (100, 30, "Núñez"),
        (112.5, 44.1, "Müller"),
    ]
    assert (found.problems, found.remarks) == ((), ())


@pytest.mark.robustness("data-files")
def test_halves_of_extra_time(cases: Path) -> None:
    folder = cases / "public/11-extra-time-halves"
    result = evaluate.spotting(folder / "truth", folder / "pred")
    assert (int(result.report.truths[0].sum()), f"{100 * result.average_map:.2f}") == (2, "11.76")
    for word in ("predictions", "true events"):
        assert any(line.startswith(f"2 {word} outside halves 1 and 2 left out") for line in result.warnings)
    strict = evaluate.spotting(folder / "truth", folder / "pred", strict=True)
    assert (int(strict.report.truths[0].sum()), f"{100 * strict.average_map:.2f}") == (4, "100.00")
    assert strict.warnings == ()
