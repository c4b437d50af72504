"""Pictures moved by known homographies."""

from __future__ import annotations

import cv2
import numpy as np

from touchline.tracking.camera_carry import Camera
from touchline.tracking.camera_motion import CameraMotion
from touchline.tracking.people.motion import move_points

SIZE = (640, 360)


def scene(seed: int = 0) -> np.ndarray:
    """A large green with lines, a circle and faint blotches, uint8 (H, W)."""
    rng = np.random.default_rng(seed)
    rough = cv2.resize(rng.normal(0, 1, (80, 120)).astype(np.float32), (1200, 800), interpolation=cv2.INTER_CUBIC)
    picture = 80 + 4 * rough
    for x in (150, 400, 600, 900):
        cv2.line(picture, (x, 50), (x + 60, 760), 200.0, 3)
    for y in (150, 420, 640):
        cv2.line(picture, (50, y), (1150, y), 200.0, 3)
    cv2.circle(picture, (600, 400), 120, 200.0, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def view(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpPerspective(picture, matrix, SIZE, flags=cv2.INTER_LINEAR)


def look_at(index: int) -> np.ndarray:
    """The scene's pixels to the view's, for a camera that pans, tilts and zooms."""
    zoom = 1 + 0.01 * index
    return np.array([[zoom, 0.002 * index, -150 - 9 * index], [0, zoom, -150 - 3 * index], [1e-5 * index, 0, 1.0]])


def off_px(found: np.ndarray, true: np.ndarray) -> float:
    x, y = np.meshgrid(np.linspace(20, 620, 7), np.linspace(20, 340, 5))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    return float(np.linalg.norm(move_points(found, grid) - move_points(true, grid), axis=1).max())


def test_pan_tilt_and_zoom_within_a_pixel() -> None:
    camera, picture = CameraMotion(), scene()
    assert camera.update(view(picture, look_at(0)), boxes_xyxy=None).quality == 0
    for index in range(1, 10):
        motion = camera.update(view(picture, look_at(index)), boxes_xyxy=np.zeros((0, 4), np.float32))
        assert off_px(motion.matrix, look_at(index) @ np.linalg.inv(look_at(index - 1))) < 0.8
        assert motion.quality > 0.7


def test_people_and_a_score_board_do_not_pull() -> None:
    camera, picture = CameraMotion(), scene()
    rng = np.random.default_rng(0)
    board = rng.integers(0, 255, (24, 200), dtype=np.uint8)
    worst = 0.0
    for index in range(12):
        shown = view(picture, look_at(index))
        shown[10:34, 100:300] = board
        corner = np.array([100 + 5 * index, 150])
        shown[corner[1] : corner[1] + 120, corner[0] : corner[0] + 60] = rng.integers(0, 255, (120, 60))
        box = np.array([[corner[0], corner[1], corner[0] + 60, corner[1] + 120]], np.float32)
        motion = camera.update(shown, boxes_xyxy=box)
        if index > 5:
            worst = max(worst, off_px(motion.matrix, look_at(index) @ np.linalg.inv(look_at(index - 1))))
    assert worst < 1.0


def test_larger_pictures_give_motion_in_their_own_pixels() -> None:
    camera, picture = CameraMotion(), cv2.resize(scene(), None, fx=2, fy=2)
    shift = np.array([[1, 0, -12.0], [0, 1, 4.0], [0, 0, 1]])
    start = np.array([[1, 0, -400.0], [0, 1, -300.0], [0, 0, 1]])
    first = cv2.warpPerspective(picture, start, (1280, 720))
    second = cv2.warpPerspective(picture, shift @ start, (1280, 720))
    camera.update(first)
    assert np.allclose(camera.update(second).matrix, shift, atol=0.3)


def test_nothing_to_see_is_said() -> None:
    camera = CameraMotion()
    for value in (0, 0, 128, 255):
        motion = camera.update(np.full((360, 640), value, np.uint8))
        assert motion.quality == 0 and (motion.matrix == np.eye(3)).all()


def test_a_change_of_size_or_a_reset_starts_anew() -> None:
    camera, picture = CameraMotion(), scene()
    camera.update(view(picture, look_at(0)))
    assert camera.update(view(picture, look_at(0))[:200]).quality == 0
    camera.reset()
    assert camera.update(view(picture, look_at(0))[:200]).quality == 0


def test_tiny_pictures() -> None:
    camera = CameraMotion()
    for _ in range(3):
        assert np.isfinite(camera.update(np.random.default_rng(0).integers(0, 255, (16, 16), np.uint8)).matrix).all()


def test_carrying_places_between_pictures() -> None:
    camera = CameraMotion()
    picture = scene()
    motions = [camera.update(view(picture, look_at(index))) for index in range(6)]
    path = Camera(motions, count=6)
    spot = np.array([[600.0, 400.0]])
    there = [move_points(look_at(index), spot) for index in range(6)]
    assert np.abs(path.carry(there[1], start=1, end=5) - there[5]).max() < 1.0
    assert np.abs(path.carry(there[5], start=5, end=1) - there[1]).max() < 1.0
    assert (Camera(None, count=6).carry(spot, start=0, end=5) == spot).all()
