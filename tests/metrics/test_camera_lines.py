"""SoccerNet's completeness and JaC: made cases have the numbers that its own code gave for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.geometry.named_lines import seen_from_behind
from touchline.formats.calibration.annotated_lines import in_pixels, lines_from_json
from touchline.formats.calibration.camera_files import camera_from_json
from touchline.metrics.camera_lines import (
    CalibrationReport,
    distances_px,
    score_cameras,
    score_picture,
    visible_lines,
)

CASES = json.loads((Path(__file__).parent / "camera_cases.json").read_bytes())


def scored() -> CalibrationReport:
    truth, cameras = [], []
    for name, lines in CASES["truth"].items():
        truth.append(in_pixels(lines_from_json(json.dumps(lines).encode(), source=name), width=960, height=540))
        found = CASES["cameras"].get(name)
        cameras.append(None if found is None else camera_from_json(json.dumps(found).encode(), source=name))
    return score_cameras(truth, cameras)


def test_made_cases_have_the_official_numbers() -> None:
    report = scored()
    assert (report.pictures, report.cameras) == (14, 12)
    for entry in report.thresholds:
        official = CASES["official"][f"{entry.threshold_px:g}"]
        assert report.completeness == pytest.approx(official["completeness"], abs=1e-6)
        assert entry.jaccard == pytest.approx(official["meanAccuracies"], abs=1e-6)
        assert entry.precision == pytest.approx(official["meanPrecision"], abs=1e-6)
        assert entry.recall == pytest.approx(official["meanRecall"], abs=1e-6)
        for name, counts in entry.points.items():
            values = {"Accuracy": counts.jaccard, "Precision": counts.precision, "Recall": counts.recall}
            for key, value in values.items():
                wanted = official[f"{name}{key}"]
                assert np.isnan(value) if wanted is None else value == pytest.approx(wanted, abs=1e-6), (name, key)
    assert report.final == pytest.approx(report.completeness * report.thresholds[0].jaccard)


def test_a_camera_that_sees_its_own_lines_is_perfect_and_its_turned_one_as_well() -> None:
    camera = camera_from_json(json.dumps(next(iter(CASES["cameras"].values()))).encode(), source="one")
    seen = visible_lines(camera, width=960, height=540)
    score = score_picture(seen, seen, threshold_px=5)
    assert score.lines.jaccard == 1.0 and not score.turned
    behind = {seen_from_behind(name): points for name, points in seen.items()}
    again = score_picture(behind, seen, threshold_px=5)
    assert again.lines.jaccard == 1.0 and again.turned


def test_a_line_counts_only_whole_and_missing_ones_are_counted() -> None:
    line = np.array([[0.0, 0.0], [100.0, 0.0]])
    seen = {"Middle line": line, "Circle left": line}
    truth = {"Middle line": np.array([[0.0, 4.0], [50.0, 6.0]]), "Side line top": line}
    score = score_picture(seen, truth, threshold_px=5)
    assert (score.lines.found, score.lines.wrong, score.lines.missing) == (0, 2, 1)
    assert score.points["Middle line"].found == 1 and score.points["Circle left"].wrong == 9
    assert score_picture(seen, truth, threshold_px=7).lines.found == 1


def test_distances_to_a_polyline_end_at_its_ends() -> None:
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 0.0]])
    np.testing.assert_allclose(distances_px(np.array([[5.0, 3.0], [13.0, 4.0], [-6.0, 8.0]]), line), [3, 5, 10])
    np.testing.assert_allclose(distances_px(np.array([[3.0, 4.0]]), line[:1]), [5])


def test_without_pictures_nothing_is_defined() -> None:
    report = score_cameras([], [])
    assert np.isnan(report.completeness) and np.isnan(report.thresholds[0].jaccard)
