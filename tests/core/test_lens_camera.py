"""A camera with a lens: SoccerNet's angles, the projection of known points, and the camera behind a homography."""

from __future__ import annotations

import math

import numpy as np
import pytest

from touchline.core.geometry.lens_camera import LensCamera, camera_from_homography, camera_from_rotation
from touchline.core.geometry.named_lines import ANNOTATED_NAMES, LINE_NAMES, sampled_lines, seen_from_behind

STAND = LensCamera(10.0, 75.0, 1.5, (5.0, 60.0, -15.0), (1500.0, 1500.0), (480.0, 270.0))


def test_a_camera_looking_straight_ahead_projects_by_hand() -> None:
    # On the halfway line, 50 m behind the centre spot and 10 m high, looking level at the far side.
    camera = LensCamera(0.0, 90.0, 0.0, (0.0, 50.0, -10.0), (1000.0, 1000.0), (480.0, 270.0))
    pixels, ahead = camera.project(np.array([[0.0, 0.0, 0.0], [5.0, 0.0, -10.0], [0.0, 60.0, 0.0]]))
    np.testing.assert_allclose(pixels[:2], [[480, 270 + 1000 * 10 / 50], [480 + 1000 * 5 / 50, 270]], atol=1e-9)
    assert ahead.tolist() == [True, True, False] and np.isnan(pixels[2]).all()


def test_distortions_follow_opencv() -> None:
    radial, tangential, prism = (0.1, -0.02, 0.003, 0.05, 0.01, -0.004), (0.002, -0.003), (0.001, 0.002, -0.001, 0.003)
    camera = LensCamera(0, 90, 0, (0, 50, 0), (1000, 900), (480, 270), radial, tangential, prism)
    pixels, _ = camera.project(np.array([[10.0, 0.0, -5.0]]))
    x, y = 0.2, -0.1
    r2 = x * x + y * y
    k = (1 + 0.1 * r2 - 0.02 * r2**2 + 0.003 * r2**3) / (1 + 0.05 * r2 + 0.01 * r2**2 - 0.004 * r2**3)
    wanted_x = x * k + 2 * 0.002 * x * y - 0.003 * (r2 + 2 * x * x) + 0.001 * r2 + 0.002 * r2**2
    wanted_y = y * k + 0.002 * (r2 + 2 * y * y) - 2 * 0.003 * x * y - 0.001 * r2 + 0.003 * r2**2
    np.testing.assert_allclose(pixels[0], [1000 * wanted_x + 480, 900 * wanted_y + 270], atol=1e-9)


@pytest.mark.parametrize("angles", [(10.0, 75.0, 1.5), (-120.0, 60.0, -4.0), (0.0, 89.0, 0.0)])
def test_angles_come_back_from_the_rotation(angles: tuple[float, float, float]) -> None:
    camera = LensCamera(*angles, (5.0, 60.0, -15.0), (1500.0, 1500.0), (480.0, 270.0))
    found = camera_from_rotation(
        camera.rotation, position_m=camera.position_m, focal_px=camera.focal_px, centre_px=camera.centre_px
    )
    assert (found.pan_deg, found.tilt_deg, found.roll_deg) == pytest.approx(angles, abs=1e-9)


def test_the_camera_behind_a_homography_is_found() -> None:
    places = np.array([[-20.0, 10], [20, 10], [15, -20], [-15, -20], [0, 0]])
    pixels, _ = STAND.project(np.column_stack([places[:, 0], -places[:, 1], np.zeros(5)]))
    rows = []
    for (x, y), (u, v) in zip(pixels, places, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    to_pitch = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    to_pitch *= np.sign(to_pitch[2] @ (*pixels[4], 1))
    found = camera_from_homography(to_pitch, width=960, height=540)
    assert found is not None
    assert (found.pan_deg, found.tilt_deg, found.roll_deg) == pytest.approx((10.0, 75.0, 1.5), abs=1e-6)
    assert found.position_m == pytest.approx(STAND.position_m, abs=1e-6)
    assert found.focal_px == pytest.approx((1500.0, 1500.0), abs=1e-5)


def test_a_view_from_straight_above_has_no_one_focal_length() -> None:
    assert camera_from_homography(np.diag([0.1, -0.1, 1.0]), width=960, height=540) is None


def test_a_camera_for_half_the_picture() -> None:
    half = STAND.scaled(0.5)
    point = np.array([[3.0, 4.0, 0.0]])
    np.testing.assert_allclose(half.project(point)[0], STAND.project(point)[0] / 2)


def test_numbers_that_make_no_camera_are_refused() -> None:
    with pytest.raises(ValueError, match="must have 6 coefficients"):
        LensCamera(0, 90, 0, (0, 0, 0), (1, 1), (0, 0), radial=(0.0,))
    with pytest.raises(ValueError, match="finite"):
        LensCamera(math.nan, 90, 0, (0, 0, 0), (1, 1), (0, 0))


def test_the_26_lines_are_as_long_as_the_laws_say() -> None:
    lines = sampled_lines(step_m=0.9)
    assert len(LINE_NAMES) == 26 and set(lines) == set(LINE_NAMES)
    length = {name: float(np.linalg.norm(points[-1] - points[0])) for name, points in lines.items()}
    assert length["Side line top"] == pytest.approx(105) and length["Middle line"] == pytest.approx(68)
    assert length["Goal left crossbar"] == pytest.approx(7.32) and length["Goal right post left"] == pytest.approx(2.44)
    assert length["Big rect. left main"] == pytest.approx(40.32)
    assert len(lines["Circle central"]) == 287 and len(lines["Side line top"]) == 117
    np.testing.assert_allclose(np.linalg.norm(lines["Circle left"] - [-41.5, 0, 0], axis=1), 9.15)


@pytest.mark.parametrize("name", LINE_NAMES)
def test_half_a_turn_puts_a_line_where_its_counterpart_runs(name: str) -> None:
    lines, turned = sampled_lines(), sampled_lines()[name] * (-1, -1, 1)
    other = lines[seen_from_behind(name)]
    assert seen_from_behind(seen_from_behind(name)) == name
    gaps = np.linalg.norm(turned[:, None] - other[None], axis=2).min(axis=1)
    assert gaps.max() < 1.0  # both are sampled every 0.9 m, from either end


def test_unnamed_lines_stay_what_they_are() -> None:
    assert [seen_from_behind(name) for name in ANNOTATED_NAMES[26:]] == ["Goal unknown", "Line unknown"]
    with pytest.raises(ValueError, match="'Side line' is not one of"):
        seen_from_behind("Side line")
