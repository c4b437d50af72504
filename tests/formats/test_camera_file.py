"""The camera's file in a bundle: what is written is read, and a broken file is refused."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.geometry.camera import CameraPath
from touchline.formats.bundle import Bundle
from touchline.formats.camera import CAMERA, camera_arrays, camera_from_arrays, write_camera
from touchline.formats.files.npz import npz_bytes


def path_of_three() -> CameraPath:
    random = np.random.default_rng(0)
    to_pitch = random.normal(size=(3, 3, 3))
    to_pitch[1] = np.nan
    return CameraPath(
        times_us=np.array([0, 80_000, 160_000], np.int64),
        starts=np.array([True, False, False]),
        motions=random.normal(size=(3, 3, 3)),
        quality=np.array([0.0, 0.9, 0.8], np.float32),
        to_pitch=to_pitch,
        pitch_m=np.array([[105, 68], [np.nan, np.nan], [105, 68]], np.float32),
    )


def same(one: CameraPath, other: CameraPath) -> bool:
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(CameraPath))
    return all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_camera(tmp_path / CAMERA, path_of_three())
    assert same(Bundle(tmp_path).read_camera(), path_of_three())


def test_equal_paths_are_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_camera(tmp_path / name, path_of_three())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_path_is_a_part_of_other_arrays() -> None:
    arrays = {"other": np.zeros(1), **camera_arrays(path_of_three(), prefix="camera_")}
    assert same(camera_from_arrays(arrays, prefix="camera_"), path_of_three())


def test_a_file_with_other_types_is_refused(tmp_path: Path) -> None:
    arrays = {**camera_arrays(path_of_three()), "starts": np.array([0, 1, 2])}
    (tmp_path / CAMERA).write_bytes(npz_bytes(arrays))
    with pytest.raises(InputError, match="starts of type"):
        Bundle(tmp_path).read_camera()
