"""SoccerNet's calibration files: cameras and lines come back as they were, and what else is there is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.geometry.camera import CameraPath
from touchline.core.geometry.lens_camera import LensCamera
from touchline.formats.calibration import camera_from_json, camera_json, lines_from_json, lines_json, write_camera_files
from touchline.formats.calibration.annotated_lines import in_pixels

CAMERA = LensCamera(
    10.0, 75.0, -1.5, (5.0, 60.0, -15.0), (1500.0, 1490.0), (480.0, 270.0), (0.1,) * 6, (0.01, 0.02), (0.001,) * 4
)


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def test_a_camera_comes_back_as_it_was() -> None:
    assert camera_from_json(encoded(camera_json(CAMERA)), source="camera_1.json") == CAMERA
    document = camera_json(CAMERA)
    del document["thin_prism_distortion"]
    assert camera_from_json(encoded(document), source="x").prism == (0.0,) * 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pan_degrees": None}, "pan_degrees|not a camera"),
        ({"position_meters": [1, 2]}, "2 numbers instead of 3"),
        ({"x_focal_length": "far"}, "not a camera"),
        ({"radial_distortion": [0.1]}, "1 numbers instead of 6"),
    ],
)
def test_what_is_no_camera_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=r"camera_1\.json") as caught:
        camera_from_json(encoded({**camera_json(CAMERA), **change}), source="camera_1.json")
    assert "camera" in str(caught.value)
    assert any(word in str(caught.value) for word in words.split("|")) or "camera of SoccerNet" in str(caught.value)


def test_lines_come_back_and_empty_ones_are_left_out() -> None:
    lines = {"Middle line": np.array([[0.5, 0.0], [0.25, 1.0]]), "Goal left post left ": np.array([[0.1, 0.2]])}
    read = lines_from_json(encoded({**lines_json(lines), "Circle left": []}), source="1.json")
    assert set(read) == set(lines)
    np.testing.assert_array_equal(read["Middle line"], lines["Middle line"])
    np.testing.assert_array_equal(in_pixels(read, width=960, height=540)["Middle line"], [[479.5, 0], [239.75, 539]])


def test_an_unknown_line_is_named_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"1\.json: 'Middle lin' is none of the 26 lines.*Middle line"):
        lines_from_json(encoded({"Middle lin": []}), source="1.json")
    with pytest.raises(InputError, match=r"1\.json"):
        lines_from_json(encoded({"Middle line": [{"x": 1}]}), source="1.json")


def test_a_cameras_path_becomes_one_file_for_each_known_frame(tmp_path: Path) -> None:
    # The pitch as STAND sees it, from four corresponding points.
    places = np.array([[-20.0, 10], [20, 10], [15, -20], [-15, -20]])
    camera = LensCamera(10.0, 75.0, 0.0, (5.0, 60.0, -15.0), (2000.0, 2000.0), (640.0, 360.0))
    pixels, _ = camera.project(np.column_stack([places[:, 0], -places[:, 1], np.zeros(4)]))
    rows = []
    for (x, y), (u, v) in zip(pixels, places, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    to_pitch = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    to_pitch *= np.sign(to_pitch[2] @ (*pixels[0], 1))
    path = CameraPath(
        np.array([0, 40_000]),
        np.array([True, False]),
        np.stack([np.eye(3)] * 2),
        np.ones(2, np.float32),
        np.stack([to_pitch, np.full((3, 3), np.nan)]),
        np.full((2, 2), 1, np.float32),
    )
    assert write_camera_files(tmp_path / "cameras", path, width=1280, height=720) == (1, 1)
    (file,) = (tmp_path / "cameras").iterdir()
    assert file.name == "camera_00000000.json"
    found = camera_from_json(file.read_bytes(), source=file.name)
    assert found.pan_deg == pytest.approx(10.0, abs=1e-6) and found.position_m == pytest.approx(camera.position_m)
    assert found.focal_px == pytest.approx((1500.0, 1500.0)) and found.centre_px == (480.0, 270.0)
