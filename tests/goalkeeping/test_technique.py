"""Techniques: what ships, known poses named, several pictures as one, and every reason for "cannot tell"."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from keeper_data import KINDS, made_poses
from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.goalkeeping.technique import (
    BUILTIN,
    PoseMap,
    Techniques,
    as_comparable,
    came_prior,
    confidence_of,
    load_techniques,
    mean_view,
    name_technique,
    probabilities_of,
    techniques_json,
)
from touchline.goalkeeping.views import bone_lengths, comparable, turn

NAMES = tuple(KINDS)


@pytest.fixture(scope="module")
def known() -> Techniques:
    poses = comparable(np.stack(list(KINDS.values())))
    return Techniques(
        names=NAMES,
        centres=poses[..., :2],
        share=np.full(4, 0.25),
        engagement_mean=np.array([0.8, 0.4, 0.6, 0.5]),
        engagement_sd=np.full(4, 0.1),
        temperature=1.0,
        confidence=(0.0, 1.0),
        farthest=20.0,
        bones=bone_lengths(poses).mean(axis=0),
        examples=(),
        map=PoseMap(np.zeros(32), np.eye(32)[:2], np.zeros((1, 2)), np.zeros(1, np.int64), 0.5),
        facts={},
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_technique_is_named_from_any_side_and_size(known: Techniques, name: str) -> None:
    for angle_rad in (-1.2, 0.0, 0.9):
        pose = 2.5 * turn(made_poses([name]), np.array([angle_rad]))[0]
        reading = name_technique(pose, techniques=known)
        assert (reading.name, reading.reason) == (name, "")
        assert reading.confidence > 0.5 and min(reading.distances, key=reading.distances.__getitem__) == name
        assert sum(reading.probabilities.values()) == pytest.approx(1.0)


def test_comparable_with_nothing_hidden_is_what_views_says(known: Techniques) -> None:
    pose = made_poses(["spread"])[0]
    found = as_comparable(pose, np.ones(16, bool), bones=np.ones(14))
    np.testing.assert_allclose(found, comparable(pose[None])[0])


def test_a_hidden_joint_changes_little(known: Techniques) -> None:
    pose, seen = made_poses(["spread"])[0], np.ones(16, bool)
    seen[[JOINTS.index("left_ankle"), JOINTS.index("head_top")]] = False
    whole, part = name_technique(pose, techniques=known), name_technique(pose, visible=seen, techniques=known)
    assert part.name == "spread" and part.joints is not None and np.isnan(part.joints[~seen]).all()
    assert whole.joints is not None
    np.testing.assert_allclose(part.joints[seen], whole.joints[seen], rtol=0.2)
    pose[~seen] = np.nan
    assert name_technique(pose, techniques=known).distances == part.distances


def test_several_pictures_of_a_moment_are_one_observation(known: Techniques) -> None:
    views = made_poses(["aggressive"] * 3, noise=0.03)
    together = name_technique(views, techniques=known)
    assert together.joints is not None and together.name == "aggressive"
    np.testing.assert_allclose(together.joints, comparable(views).mean(axis=0))
    broken = views.copy()
    broken[1, JOINTS.index("right_hip")] = np.nan
    assert name_technique(broken, techniques=known).name == "aggressive"
    gap = np.full((16, 3), np.nan)
    assert np.isnan(mean_view([gap, gap])).all()


def test_engagement_decides_between_alike_poses(known: Techniques) -> None:
    between = (KINDS["passive"] + KINDS["spread"]) / 2
    far, near = (name_technique(between, engagement=value, techniques=known) for value in (0.8, 0.4))
    assert far.probabilities["passive"] > 0.9 > 0.1 > near.probabilities["passive"]
    prior = came_prior(np.array([0.8]), mean=known.engagement_mean, sd=known.engagement_sd)
    assert prior.argmax() == 0 and prior.sum() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        (["right_wrist"], "right wrist not seen"),
        (["right_hip", "left_hip"], "right hip and left hip not seen"),
        (["head_top", "neck", "left_knee", "right_knee", "left_ankle"], "11 of 16 joints seen"),
    ],
)
def test_too_little_seen_cannot_be_told(known: Techniques, hidden: list[str], words: str) -> None:
    seen = np.array([name not in hidden for name in JOINTS])
    reading = name_technique(KINDS["spread"], visible=seen, techniques=known)
    assert reading.name is None and reading.confidence == 0.0 and reading.joints is None
    assert reading.reason.startswith("cannot tell from this picture: ") and words in reading.reason


def test_odd_and_ambiguous_poses_cannot_be_told(known: Techniques) -> None:
    odd = name_technique(np.random.default_rng(0).normal(size=(16, 3)), techniques=replace(known, farthest=5.0))
    assert odd.name is None and "unlike" in odd.reason
    middle = (KINDS["passive"] + KINDS["spread"]) / 2
    ambiguous = name_technique(middle, techniques=replace(known, temperature=50.0))
    assert ambiguous.name is None and "between" in ambiguous.reason and ambiguous.probabilities
    point = name_technique(np.zeros((16, 3)), techniques=known)
    assert point.name is None and "one point" in point.reason
    assert json.dumps(point.to_json())
    with pytest.raises(ValueError, match=r"\(4, 3\)"):
        name_technique(np.zeros((4, 3)), techniques=known)


def test_probabilities_and_confidence() -> None:
    p = probabilities_of(np.array([0.0, 2.0]), temperature=2.0)
    np.testing.assert_allclose(p, [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])
    assert confidence_of(p, calibration=(0.0, 1.0)) == pytest.approx(0.5)  # log odds 1, whose logarithm is 0
    surer = probabilities_of(np.array([0.0, 8.0]), temperature=2.0)
    assert confidence_of(surer, calibration=(0.0, 1.0)) > 0.5


def test_what_ships(tmp_path: Path) -> None:
    known = load_techniques()
    assert known.names == NAMES
    assert known.share.sum() == pytest.approx(1.0, abs=1e-3)
    assert len(known.examples) == 6 * 4 and len(known.map.points) == known.facts["shots"] == 257
    for k, name in enumerate(known.names):
        middle = np.concatenate([known.centres[k], np.zeros((16, 1))], axis=1)
        assert name_technique(middle, techniques=known).name == name
    example = known.examples[0]
    nearest = known.nearest_examples(example.joints, count=2)
    assert nearest[0].shot == example.shot and nearest[1].shot != example.shot
    assert known.map.place(example.joints).shape == (2,)
    path = tmp_path / BUILTIN
    path.write_text(json.dumps(techniques_json(known)), encoding="utf-8")
    again = load_techniques(path)
    np.testing.assert_array_equal(again.centres, known.centres)
    assert again.facts == known.facts


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 9}', '{"version": 1, "names": ["a"]}'])
def test_another_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"other\.json"):
        load_techniques(path)
    with pytest.raises(InputError, match="missing"):
        load_techniques(tmp_path / "missing.json")
