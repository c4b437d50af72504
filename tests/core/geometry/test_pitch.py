"""The pitch: its points and lines agree with the Laws of the Game and with each other."""

import numpy as np
import pytest

from touchline.core.geometry.pitch import (
    CIRCLE_M,
    KEYPOINT_NAMES,
    KEYPOINTS_M,
    MIRROR,
    Pitch,
    keypoints_m,
    lines_m,
    spots_m,
)


def test_known_places() -> None:
    places = {name: tuple(point) for name, point in zip(KEYPOINT_NAMES, keypoints_m(), strict=True)}
    assert places["left goal line, far corner"] == (-52.5, 34.0)
    assert places["right goal line, near corner"] == (52.5, -34.0)
    assert places["left penalty spot"] == (-41.5, 0.0)
    assert places["right penalty area, near corner"] == (36.0, -20.16)
    assert places["centre circle, far"] == (0.0, 9.15)
    assert places["centre circle, right"] == (9.15, 0.0)
    assert KEYPOINTS_M.shape == (32, 2) and KEYPOINTS_M.dtype == np.float32


def test_mirror_is_its_own_inverse_and_flips_places() -> None:
    assert np.array_equal(MIRROR[MIRROR], np.arange(32))
    points = keypoints_m()
    assert np.allclose(points[MIRROR], points * (-1, 1), atol=1e-12)
    for index, name in enumerate(KEYPOINT_NAMES):
        partner = KEYPOINT_NAMES[MIRROR[index]]
        assert partner == name.replace("left", "?").replace("right", "left").replace("?", "right")


def test_arc_ends_lie_on_arc_and_box_line() -> None:
    points = keypoints_m()
    for end, spot in ((10, 8), (11, 8), (18, 21), (19, 21)):
        assert np.hypot(*(points[end] - points[spot])) == pytest.approx(CIRCLE_M)


def test_other_ground_moves_only_what_the_laws_leave_free() -> None:
    small, large = keypoints_m(), keypoints_m(Pitch(110, 72))
    assert np.allclose(small[[14, 15, 30, 31]], large[[14, 15, 30, 31]])
    assert np.allclose(small[8] - small[0], large[8] - large[0] + (0, 2))
    with pytest.raises(ValueError, match=r"50 x 72"):
        Pitch(50, 72)


def test_every_keypoint_lies_on_a_line_or_spot() -> None:
    pitch = Pitch(110, 72)
    drawn = np.concatenate([*lines_m(pitch, step_m=0.05), spots_m(pitch)])
    for point in keypoints_m(pitch):
        assert np.hypot(*(drawn - point).T).min() < 0.03


def test_lines_are_dense_and_inside() -> None:
    for line in lines_m(step_m=0.5):
        assert np.hypot(*np.diff(line, axis=0).T).max() <= 0.5 + 1e-9
        assert (np.abs(line) <= (52.5, 34.0)).all()
    with pytest.raises(ValueError, match="step_m=0"):
        lines_m(step_m=0)
