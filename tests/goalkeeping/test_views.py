"""Poses turned to one side: exact rules on made poses, and the published numbers on the published tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touchline.formats.keeper.tables import read_choices, read_poses, read_shots
from touchline.goalkeeping.views import (
    bone_lengths,
    comparable,
    face_camera,
    hip_width,
    normalise_bones,
    seen_from_behind,
    turn,
    widest,
    widest_on_grid,
)

KEEPERS = Path(__file__).parents[2].parent / "shared" / "data" / "keepers"
needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")


def poses(count: int = 50) -> np.ndarray:
    joints = np.random.default_rng(3).normal(size=(count, 16, 3))
    joints[:, 6] = 0.0
    return joints


def test_turning_keeps_heights_and_lengths() -> None:
    before = poses()
    after = turn(before, np.linspace(-3, 3, len(before)))
    np.testing.assert_allclose(after[..., 1], before[..., 1])
    np.testing.assert_allclose(bone_lengths(after), bone_lengths(before))
    quarter = turn(np.array([[[1.0, 0.0, 0.0]] * 16]), np.array([np.pi / 2]))
    np.testing.assert_allclose(quarter[0, 0], [0.0, 0.0, -1.0], atol=1e-12)


def test_the_exact_turn_lays_the_hips_into_the_picture_plane() -> None:
    before = poses()
    exact = widest(before)
    length = np.linalg.norm(before[:, 2] - before[:, 3], axis=1)
    np.testing.assert_allclose(hip_width(exact), length, atol=1e-9)
    assert np.all(hip_width(widest_on_grid(before)) <= length + 1e-9)


def test_backs_are_turned_round_once() -> None:
    front = face_camera(poses())
    assert not seen_from_behind(front).any()
    np.testing.assert_array_equal(face_camera(front), front)


def test_a_pose_does_not_depend_on_where_the_camera_stood_or_how_near() -> None:
    before = poses()
    seen = comparable(before)
    elsewhere = comparable(1.7 * turn(before, np.random.default_rng(5).uniform(-1.5, 1.5, len(before))))
    same = np.abs(seen - elsewhere).max(axis=(1, 2)) < 1e-9
    mirrored_back = np.abs(seen[..., 1] - elsewhere[..., 1]).max(axis=1) < 1e-9
    assert same.all() and mirrored_back.all()
    np.testing.assert_allclose(bone_lengths(seen).mean(axis=1), 1.0)


def test_a_pose_without_extent_is_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        normalise_bones(np.zeros((2, 16, 3)))


@needs_tables
@pytest.mark.shared_data
def test_the_published_tables_are_counted_as_published() -> None:
    shots, table, choices = read_shots(KEEPERS), read_poses(KEEPERS), read_choices(KEEPERS)
    assert len(table) == 590 and len(set(table.shots)) == 323
    kept = np.setdiff1d(np.arange(590), choices.rejected_rows)
    assert len(choices.rejected_rows) == 181 and len(kept) == 409 and len(set(table.shots[kept])) == 257
    on_target = kept[shots.on_target[table.shots[kept]]]
    assert len(on_target) == 307 and len(set(table.shots[on_target])) == 192
    assert set(choices.technique) == set(table.files[kept])


@needs_tables
@pytest.mark.shared_data
def test_the_published_turn_on_the_grid() -> None:
    raw = read_poses(KEEPERS).joints
    turned = widest_on_grid(raw)
    front = face_camera(turned)
    published = (-0.187270, 0.281250, 0.017709, -0.108971, 0.140625, 0.191825)
    np.testing.assert_allclose(front[0].ravel()[:6], published, atol=1e-6)
    assert np.abs(front).sum() == pytest.approx(3223.92586, abs=1e-4)
    assert seen_from_behind(turned).sum() == 278


@needs_tables
@pytest.mark.shared_data
def test_the_exact_turn_against_the_grid() -> None:
    raw = read_poses(KEEPERS).joints
    exact = widest(raw)
    np.testing.assert_allclose(hip_width(exact), np.linalg.norm(raw[:, 3] - raw[:, 2], axis=1), atol=1e-9)
    assert hip_width(exact).mean() == pytest.approx(0.1147909, abs=1e-6)
    assert hip_width(widest_on_grid(raw)).mean() == pytest.approx(0.1146663, abs=1e-6)
    assert hip_width(raw).mean() == pytest.approx(0.0974723, abs=1e-6)
    assert seen_from_behind(exact).sum() == 285
