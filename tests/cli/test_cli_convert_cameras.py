"""``convert BUNDLE FOLDER --to soccernet-cameras``: one camera for each frame with a known pitch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from makevideo import write_numbered
from touchline.cli.main import app
from touchline.core.events import Coverage
from touchline.core.geometry.camera import CameraPath
from touchline.formats.bundle import Bundle, Manifest, video_fingerprint
from touchline.formats.camera import CAMERA, write_camera

# A homography of a camera 60 m from the centre spot and 15 m high, looking 14 degrees down at 640 x 360 pixels.
HEIGHT_M, BACK_M, FOCAL_PX = 15.0, 60.0, 800.0
DOWN = np.arctan2(HEIGHT_M, BACK_M)


def to_pitch() -> np.ndarray:
    """Pixels to metres, from where the camera stands."""
    across, ahead = np.array([1.0, 0, 0]), np.array([0, np.cos(DOWN), -np.sin(DOWN)])
    below = np.array([0, -np.sin(DOWN), -np.cos(DOWN)])
    place = np.array([0, -BACK_M, HEIGHT_M])
    rotation = np.stack([across, below, ahead])
    middle = np.array([[FOCAL_PX, 0, 320], [0, FOCAL_PX, 180], [0, 0, 1.0]])
    return np.linalg.inv(middle @ np.column_stack([rotation[:, 0], rotation[:, 1], -rotation @ place]))


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    video = write_numbered(tmp_path / "match.mp4", frames=3, width=640, height=360)
    fingerprint = video_fingerprint(video)
    made = Bundle.create(None, video, fingerprint=fingerprint)
    coverage = Coverage(duration_us=120_000, frames_decoded=3)
    made.write_manifest(Manifest(video.name, fingerprint, models=(), settings={}, coverage=coverage))
    known, unknown = to_pitch(), np.full((3, 3), np.nan)
    path = CameraPath(
        np.array([0, 40_000, 80_000]),
        np.array([True, False, False]),
        np.stack([np.eye(3)] * 3),
        np.ones(3, np.float32),
        np.stack([known, unknown, known]),
        np.full((3, 2), (105, 68), np.float32),
    )
    write_camera(made.path / CAMERA, path)
    return made


def test_the_camera_of_a_bundle_is_written_where_the_pitch_is_known(bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "cameras"
    done = CliRunner().invoke(app, ["convert", str(bundle.path), str(out), "--to", "soccernet-cameras", "--json"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert (record["cameras"], record["without_pitch"]) == (2, 1)
    assert sorted(path.name for path in out.iterdir()) == ["camera_00000000.json", "camera_00000080.json"]
    found = json.loads((out / "camera_00000080.json").read_bytes())
    assert found["position_meters"] == pytest.approx([0, BACK_M, -HEIGHT_M], abs=1e-6)
    assert found["pan_degrees"] == pytest.approx(0, abs=1e-6)
    assert found["tilt_degrees"] == pytest.approx(90 - np.rad2deg(DOWN), abs=1e-6)
    assert found["x_focal_length"] == pytest.approx(FOCAL_PX * 1.5) and found["principal_point"] == [480.0, 270.0]


def test_a_folder_without_a_camera_is_one_line(tmp_path: Path) -> None:
    words = ["convert", str(tmp_path), str(tmp_path / "out"), "--to", "soccernet-cameras"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 3 and "camera.npz" in done.stderr and done.stderr.count("\n") == 1
