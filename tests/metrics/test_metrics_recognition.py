"""Recognition's metrics: the published table from its own confusion matrix, and known small cases."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from touchline.metrics.bootstrap import over_groups
from touchline.metrics.recognition import (
    accuracy_at_prior,
    accuracy_interval,
    calibration,
    confusion_matrix,
    difference_interval,
    report,
    votes_of_pictures,
)

SPACEJAM = np.array(
    [
        [498, 1, 0, 1, 5, 0, 1, 0, 0, 4],
        [4, 522, 1, 13, 3, 7, 0, 1, 0, 6],
        [2, 0, 480, 6, 0, 4, 9, 1, 0, 93],
        [0, 0, 1, 307, 0, 7, 3, 1, 0, 6],
        [5, 0, 0, 0, 202, 0, 0, 1, 0, 2],
        [3, 8, 5, 10, 3, 160, 1, 1, 5, 12],
        [16, 0, 6, 4, 0, 3, 290, 3, 24, 64],
        [9, 5, 1, 0, 1, 0, 0, 325, 6, 10],
        [8, 5, 1, 1, 1, 4, 22, 3, 474, 135],
        [16, 1, 42, 3, 0, 5, 39, 6, 66, 986],
    ]
)
"""Counts of the published test set, true classes in rows."""
PUBLISHED_F1 = (0.930, 0.950, 0.848, 0.916, 0.951, 0.804, 0.748, 0.930, 0.771, 0.795)
UNFLIPPED = (996 / 2, 1070 / 2, 5924, 3490 / 2, 426 / 2, 2362 / 2, 3866, 712 / 2, 6490, 11749)


def test_the_published_table_comes_out() -> None:
    found = report(SPACEJAM)
    assert SPACEJAM.sum() == 4990 and np.trace(SPACEJAM) == 4244
    assert found.accuracy == pytest.approx(0.850501, abs=1e-6)
    assert found.macro_f1 == pytest.approx(0.864318, abs=1e-6)
    assert found.balanced_accuracy == pytest.approx(0.858564, abs=1e-6)
    np.testing.assert_allclose([entry.f1 for entry in found.classes], PUBLISHED_F1, atol=5e-4)


def test_without_flips_the_published_model_is_right_less_often() -> None:
    assert sum(UNFLIPPED) == 32_557
    assert accuracy_at_prior(SPACEJAM, UNFLIPPED) == pytest.approx(0.806065, abs=1e-6)


def test_equal_to_scikit_learn_on_random_predictions() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        classes = int(random.integers(2, 7))
        truth, predicted = random.integers(0, classes, (2, 60))
        found = report(confusion_matrix(truth, predicted, classes=classes))
        assert found.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
        assert found.macro_f1 == pytest.approx(
            reference.f1_score(truth, predicted, average="macro", labels=np.unique(truth), zero_division=0)
        )
        assert found.balanced_accuracy == pytest.approx(
            reference.recall_score(truth, predicted, average="macro", labels=np.unique(truth), zero_division=0)
        )


def test_a_class_never_said_has_no_precision_and_one_never_there_does_not_count() -> None:
    found = report([[3, 1, 0], [0, 0, 0], [2, 0, 0]])
    assert np.isnan(found.classes[2].precision) and found.classes[2].recall == 0
    assert np.isnan(found.classes[1].recall)
    assert found.balanced_accuracy == pytest.approx((0.75 + 0) / 2)


def test_honest_confidences_have_no_calibration_error() -> None:
    truth = np.array([0] * 8 + [1] * 2)
    found = calibration(truth, np.tile([0.8, 0.2], (10, 1)))
    assert found.expected_error == pytest.approx(0.0)
    assert found.log_loss == pytest.approx(-(0.8 * np.log(0.8) + 0.2 * np.log(0.2)))
    assert found.brier == pytest.approx(0.32)
    assert found.bin_count[8] == 10
    assert calibration(truth, np.tile([1.0, 0.0], (10, 1))).expected_error == pytest.approx(0.2)


def test_intervals_know_that_clips_of_a_match_go_together() -> None:
    truth = np.zeros(100, int)
    predicted = np.repeat([0, 1, 0, 0, 0, 1, 0, 0, 0, 0], 10)
    alone = accuracy_interval(truth, predicted, groups=range(100))
    together = accuracy_interval(truth, predicted, groups=np.repeat(range(10), 10))
    assert alone.value == together.value == pytest.approx(0.8)
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert alone.low < 0.8 < alone.high


def test_a_student_two_clips_better_than_its_teacher_lies_inside_the_noise() -> None:
    truth = np.zeros(95, int)
    teacher = (np.arange(95) >= 57).astype(int)
    student = np.roll(teacher, 7)
    student[np.flatnonzero(student)[:5]] = 0  # 62 of 95 right, 57 of the teacher
    gain = difference_interval(truth, student, teacher, groups=range(95))
    assert gain.value == pytest.approx(5 / 95)
    assert gain.low < 0 < gain.high


def test_bootstraps_repeat_themselves() -> None:
    values = np.random.default_rng(0).normal(size=30)
    first, second = (over_groups(lambda i: float(values[i].mean()), range(30), rounds=50, seed=4) for _ in range(2))
    assert first == second


def test_half_of_the_pictures_make_a_clip_right() -> None:
    right = [[True] * 13 + [False] * 12, [True] * 12 + [False] * 13, [True] * 12 + [False] * 12]
    assert [votes_of_pictures([clip])[0] for clip in right] == [1, 0, 1]
    assert votes_of_pictures(right) == (2, 3)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        confusion_matrix([0, 1], [0], classes=2)
    with pytest.raises(ValueError, match="0 to 1"):
        confusion_matrix([0, 2], [0, 1], classes=2)
    with pytest.raises(ValueError, match="square"):
        report(np.ones((2, 3)))
    with pytest.raises(ValueError, match="no clips"):
        report(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="do not fit"):
        calibration([0], np.ones((2, 2)))
