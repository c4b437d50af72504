"""A score bug over a panning scene, and what must not be taken for one."""

from __future__ import annotations

import numpy as np

from touchline.tracking.camera_motion import Motion
from touchline.tracking.graphics import GraphicsFinder, covered, no_boxes, points_covered

BUG = (40, 20, 140, 40)
"""Its box in pixels of frames of 640 x 360."""


def scene(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.kron(rng.uniform(40, 200, (24, 120)), np.ones((15, 15))).astype(np.uint8)


def shown(picture: np.ndarray, left: int, *, bug: bool = True) -> np.ndarray:
    frame = picture[:, left : left + 640].copy()
    if bug:
        x0, y0, x1, y1 = BUG
        frame[y0:y1, x0:x1] = np.kron(np.tile([[20, 235, 90, 235], [235, 20, 235, 60]], 5)[:, :20], np.ones((10, 5)))
    return frame


def pan(px: float) -> Motion:
    matrix = np.eye(3)
    matrix[0, 2] = -px
    return Motion(matrix, 0.95)


def boxes_after_a_pan(*, bug: bool) -> np.ndarray:
    finder, boxes = GraphicsFinder(), no_boxes()
    for index in range(60):
        boxes = finder.update(shown(scene(), 12 * index, bug=bug), pan(12), cut=index == 0)
    return boxes


def test_what_does_not_move_with_the_scene_is_found_and_nothing_else() -> None:
    (box,) = boxes_after_a_pan(bug=True)
    np.testing.assert_allclose(box, BUG, atol=12)
    assert len(boxes_after_a_pan(bug=False)) == 0


def test_a_resting_camera_shows_no_graphics() -> None:
    finder = GraphicsFinder()
    for index in range(60):
        boxes = finder.update(shown(scene(), 100), Motion(np.eye(3), 1.0), cut=index == 0)
    assert len(boxes) == 0


def test_cuts_show_what_stays_over_all_shots() -> None:
    finder = GraphicsFinder()
    for index in range(48):
        seed = index // 6
        boxes = finder.update(shown(scene(seed), 100), Motion(np.eye(3), 1.0), cut=index % 6 == 0)
    (box,) = boxes
    np.testing.assert_allclose(box, BUG, atol=12)


def test_a_banner_that_leaves_is_forgotten() -> None:
    finder = GraphicsFinder()
    for index in range(100):
        boxes = finder.update(shown(scene(), 8 * index, bug=index < 60), pan(8), cut=index == 0)
    assert len(boxes) == 0


def test_edges_along_the_movement_are_no_graphics() -> None:
    """Lines along a pan look the same after it."""
    finder = GraphicsFinder()
    stripes = np.repeat(np.where(np.arange(360) // 20 % 2, 200, 60)[:, None], 640, axis=1).astype(np.uint8)
    for index in range(60):
        boxes = finder.update(stripes, pan(12), cut=index == 0)
    assert len(boxes) == 0


def test_detections_mostly_inside_graphics_are_covered() -> None:
    graphics = np.array([[0, 0, 100, 20]], np.float32)
    boxes = np.array([[10, 2, 20, 18], [10, 10, 20, 40], [200, 2, 210, 18], [5, 5, 5, 5]], np.float32)
    assert covered(boxes, graphics).tolist() == [True, False, False, False]
    assert covered(boxes, no_boxes()).tolist() == [False] * 4
    assert covered(np.zeros((0, 4), np.float32), graphics).shape == (0,)
    points = np.array([[50, 10], [50, 30]], np.float32)
    assert points_covered(points, graphics).tolist() == [True, False]


def test_tiny_and_changing_sizes_are_accepted() -> None:
    finder = GraphicsFinder()
    for shape in ((4, 4), (90, 160), (160, 90), (1, 1)):
        assert finder.update(np.zeros(shape, np.uint8), Motion.unknown(), cut=True).shape == (0, 4)
