"""Pose metrics: known answers."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.poses import JOINTS, PELVIS
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.poses import agreement, correct_joints, scaled_errors, torso_lengths

NECK = JOINTS.index("neck")


def _known(count: int = 3) -> np.ndarray:
    joints = np.random.default_rng(0).normal(0, 1, (count, 16, 3))
    joints[:, NECK] = joints[:, PELVIS] + [0, -2.0, 0]
    return joints


def test_a_joint_is_correct_within_a_fifth_of_the_torso() -> None:
    known = _known(1)[..., :2]
    found = known.copy()
    found[0, 0, 0] += 0.39
    found[0, 1, 0] += 0.41
    assert torso_lengths(known) == pytest.approx([2.0])
    assert correct_joints(found, known)[0].tolist() == [True, False] + [True] * 14


def test_errors_in_space_know_no_scale_and_no_place() -> None:
    known = _known()
    assert scaled_errors(known * 3 + 7, known) == pytest.approx(np.zeros(3), abs=1e-9)
    off = np.zeros_like(known)
    assert scaled_errors(off, known) == pytest.approx(
        np.linalg.norm(known - known[:, PELVIS, None], axis=-1).mean(axis=1) / 2
    )


def test_agreement_takes_chance_away() -> None:
    assert agreement(["a", "b"], ["a", "b"]) == (1.0, 1.0)
    assert agreement(["a", "a", "b", "b"], ["a", "b", "a", "b"]) == (0.5, 0.0)
    assert agreement(["a"], ["a"]) == (1.0, 1.0)


def test_intervals_resample_whole_groups() -> None:
    values = np.repeat([0.0, 1.0], 50)
    whole = over_groups(lambda k: float(values[k].mean()), np.repeat(["x", "y"], 50), rounds=200)
    single = over_groups(lambda k: float(values[k].mean()), np.arange(100), rounds=200)
    assert (whole.value, whole.low, whole.high) == (0.5, 0.0, 1.0)
    assert 0.35 < single.low < 0.5 < single.high < 0.65
