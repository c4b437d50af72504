"""Views from keypoints: exact where points are exact, honest where not, and none where there is none."""

import numpy as np
import pytest

from pitch_scene import HEIGHT, WIDTH, camera, seen
from touchline.core.geometry.pitch import MIRROR, Pitch
from touchline.tracking.pitch.homography import fit_view
from touchline.tracking.pitch.view_algebra import (
    carried,
    change_between,
    change_matrix,
    displacements,
    jacobians,
    picture_units,
    project,
)

GRID = np.array([(x, y) for x in (60.0, 320.0, 580.0) for y in (150.0, 250.0, 350.0)])


def test_exact_points_give_the_exact_view() -> None:
    for pan in (-35.0, 0.0, 20.0):
        matrix = camera(pan_deg=pan)
        view = fit_view(seen(matrix), width=WIDTH, height=HEIGHT)
        assert view is not None
        metres, std = view.to_metres(GRID)
        assert np.allclose(metres, project(np.linalg.inv(matrix), GRID)[0], atol=1e-6)
        assert np.allclose(view.to_pixels(metres), GRID, atol=1e-6)
        assert (std > 0).all()


def test_wrong_points_do_not_take_part() -> None:
    points = seen(camera(pan_deg=10))
    shown = np.flatnonzero(points[:, 2])
    points[shown[:3], :2] += (70.0, -50.0)
    view = fit_view(points, width=WIDTH, height=HEIGHT)
    assert view is not None and view.keypoints == len(shown) - 3
    assert np.allclose(view.to_metres(GRID)[0], project(np.linalg.inv(camera(pan_deg=10)), GRID)[0], atol=1e-6)


def test_uncertainty_is_honest() -> None:
    errors, stds = [], []
    for seed in range(150):
        matrix = camera(pan_deg=-40 + 80 * seed / 150, focal_px=500 + 3 * seed)
        view = fit_view(seen(matrix, noise_px=1.5, seed=seed), width=WIDTH, height=HEIGHT, noise_px=1.5)
        if view is None:
            continue
        metres, std = view.to_metres(GRID)
        errors.append(np.hypot(*(metres - project(np.linalg.inv(matrix), GRID)[0]).T))
        stds.append(std)
    ratio = np.concatenate(errors) / np.concatenate(stds)
    assert len(errors) > 140
    assert 0.55 < (ratio < 1).mean() < 0.85
    assert 0.90 < (ratio < 2).mean() <= 1.0


def test_no_pitch_is_said() -> None:
    exact = seen(camera())
    nothing, few, one_line = np.zeros((32, 3)), exact.copy(), exact.copy()
    few[np.flatnonzero(few[:, 2])[3:], 2] = 0
    one_line[:, 2] = 0
    one_line[13:17, 2] = 1
    for points in (nothing, few, one_line):
        assert fit_view(points, width=WIDTH, height=HEIGHT) is None
    random = np.random.default_rng(5)
    for _ in range(20):
        noise = np.c_[random.uniform(0, (WIDTH, HEIGHT), (32, 2)), np.ones(32)]
        assert fit_view(noise, width=WIDTH, height=HEIGHT) is None


def test_four_collinear_and_one_beside_are_not_enough() -> None:
    points = seen(camera())
    points[:, 2] = 0
    points[[13, 14, 15, 16, 30], 2] = 1
    assert fit_view(points, width=WIDTH, height=HEIGHT) is None


def test_impossible_cameras_are_refused() -> None:
    points = seen(camera())
    flipped = points.copy()
    flipped[:, 0] = WIDTH - flipped[:, 0]
    assert fit_view(flipped, width=WIDTH, height=HEIGHT) is None
    assert fit_view(flipped[MIRROR], width=WIDTH, height=HEIGHT) is not None
    upside_down = points.copy()
    upside_down[:, 1] = HEIGHT - upside_down[:, 1]
    assert fit_view(upside_down, width=WIDTH, height=HEIGHT) is None
    speck = points.copy()
    speck[:, :2] = speck[:, :2] * 0.02 + 200
    assert fit_view(speck, width=WIDTH, height=HEIGHT, noise_px=0.01) is None


def test_other_ground() -> None:
    pitch = Pitch(110, 72)
    view = fit_view(seen(camera(), pitch=pitch), width=WIDTH, height=HEIGHT, pitch=pitch)
    assert view is not None and view.pitch == pitch
    assert np.allclose(view.to_metres(GRID)[0], project(np.linalg.inv(camera()), GRID)[0], atol=1e-6)


def test_above_the_horizon_is_nowhere() -> None:
    view = fit_view(seen(camera(tilt_deg=10, focal_px=400)), width=WIDTH, height=HEIGHT)
    assert view is not None
    metres, std = view.to_metres([(320.0, 0.0), (320.0, 300.0)])
    assert np.isnan(metres[0]).all() and np.isinf(std[0])
    assert np.isfinite(metres[1]).all()
    assert np.isnan(view.to_pixels([(0.0, -500.0)])).all()


def test_bad_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(17, 3\)"):
        fit_view(np.zeros((17, 3)), width=WIDTH, height=HEIGHT)
    with pytest.raises(ValueError, match="noise_px=0"):
        fit_view(np.zeros((32, 3)), width=WIDTH, height=HEIGHT, noise_px=0)


def test_algebra_agrees_with_finite_differences() -> None:
    random = np.random.default_rng(1)
    points = random.uniform(-1, 1, (5, 2))
    matrix = camera()
    step = 1e-6
    for axis in range(2):
        moved = points + step * np.eye(2)[axis]
        slope = (project(matrix, moved)[0] - project(matrix, points)[0]) / step
        assert np.allclose(jacobians(matrix, points)[:, :, axis], slope, rtol=1e-3, atol=1e-4)
    for axis in range(8):
        moved = project(change_matrix(step * np.eye(8)[axis]), points)[0]
        assert np.allclose(displacements(points)[:, :, axis], (moved - points) / step, atol=1e-4)


def test_changes_travel_with_the_camera() -> None:
    units = picture_units(width=WIDTH, height=HEIGHT)
    one, other = units @ camera(), units @ camera(pan_deg=3)
    motion = other @ np.linalg.inv(one)
    change = 1e-5 * np.arange(1, 9)
    moved = change_between(other, motion @ change_matrix(change) @ one)
    assert np.allclose(moved, carried(motion) @ change, atol=1e-8)
