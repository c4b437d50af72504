"""Players' actions: the right player, class and time; one prediction per action; macro-F1 over eight classes."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.metrics.player_actions import PROTOCOL, PlayerActionReport, score_player_actions


def score(truth: list[list[int]], said: list[list[float]], **options: float) -> PlayerActionReport:
    rows = np.array([row[:4] for row in said], np.int64).reshape(-1, 4)
    confidence = np.array([row[4] for row in said], np.float64)
    return score_player_actions(
        [np.array(truth, np.int64).reshape(-1, 4)],
        [(rows, confidence)],
        classes=8,
        **options,  # type: ignore[arg-type]
    )


def test_class_team_shirt_and_time_must_all_be_right() -> None:
    truth = [[100, 0, 7, 2]]
    assert score(truth, [[112, 0, 7, 2, 0.9]]).micro_f1 == 1.0
    for wrong in ([113, 0, 7, 2], [100, 1, 7, 2], [100, 0, 8, 2], [100, 0, 7, 1]):
        report = score(truth, [[*wrong, 0.9]])
        assert report.micro_f1 == 0.0 and report.found.sum() == 0 and report.wrong.sum() == 1


def test_an_action_is_taken_once_by_the_surest_prediction() -> None:
    report = score([[100, 0, 7, 2], [110, 0, 7, 2]], [[104, 0, 7, 2, 0.5], [103, 0, 7, 2, 0.9], [105, 0, 7, 2, 0.4]])
    # 0.9 takes 100, then 0.5 takes 110, and nothing is left for 0.4.
    assert report.found[1] == 2 and report.wrong[1] == 1
    assert report.precision[1] == pytest.approx(2 / 3) and report.recall[1] == 1.0


def test_the_earlier_of_two_equally_near_actions_is_taken() -> None:
    # 102 takes 96, so that 108 stays free for 120.
    report = score([[96, 0, 7, 2], [108, 0, 7, 2]], [[102, 0, 7, 2, 0.9], [120, 0, 7, 2, 0.8]])
    assert report.found[1] == 2


def test_predictions_below_the_threshold_are_left_out() -> None:
    assert score([[1, 0, 1, 1]], [[1, 0, 1, 1, 0.15]]).found[0] == 1
    report = score([[1, 0, 1, 1]], [[1, 0, 1, 1, 0.149]])
    assert report.found[0] == 0 and report.wrong[0] == 0


def test_macro_f1_is_the_mean_of_all_eight_classes() -> None:
    report = score([[1, 0, 1, 1], [50, 0, 1, 2], [90, 0, 1, 2]], [[1, 0, 1, 1, 1.0], [50, 0, 1, 2, 1.0]])
    assert report.f1.tolist() == pytest.approx([1.0, 2 / 3, 0, 0, 0, 0, 0, 0])
    assert report.macro_f1 == pytest.approx((1 + 2 / 3) / 8) and report.micro_f1 == pytest.approx(4 / 5)
    assert not PROTOCOL.verified


def test_nothing_at_all_is_zero() -> None:
    report = score([], [])
    assert report.macro_f1 == 0.0 and report.micro_f1 == 0.0
