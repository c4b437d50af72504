"""The camera's path as a file of a bundle: ``camera.npz``, with the arrays of :class:`CameraPath` by name."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np

from touchline.core.geometry.camera import CameraPath
from touchline.formats.files.atomic import write_bytes_atomic
from touchline.formats.files.guard import reading
from touchline.formats.files.npz import npz_bytes, read_arrays

CAMERA = "camera.npz"
_NAMES = tuple(field.name for field in fields(CameraPath))
_KINDS = {"times_us": "i", "starts": "b"}
_REMEDY = "analyse the video again"


def write_camera(path: Path, camera: CameraPath) -> None:
    """Write a camera's path; equal paths give equal bytes."""
    write_bytes_atomic(path, npz_bytes({name: getattr(camera, name) for name in _NAMES}))


def read_camera(path: Path) -> CameraPath:
    """Read a camera's path.

    Raises:
        InputError: the file is missing or broken.

    """
    arrays = dict(zip(_NAMES, read_arrays(path, *_NAMES, what="camera path", remedy=_REMEDY), strict=True))
    with reading(path, what="a camera path", remedy=_REMEDY):
        for name, array in arrays.items():
            if array.dtype.kind != _KINDS.get(name, "f"):
                raise ValueError(f"{name} of type {array.dtype}")
        return camera_from_arrays(arrays)


def camera_arrays(camera: CameraPath, *, prefix: str = "") -> dict[str, np.ndarray]:
    """Return a path as arrays by name, each name after a prefix."""
    return {f"{prefix}{name}": getattr(camera, name) for name in _NAMES}


def camera_from_arrays(arrays: dict[str, np.ndarray], *, prefix: str = "") -> CameraPath:
    """Return the path that :func:`camera_arrays` took apart."""
    return CameraPath(**{name: arrays[f"{prefix}{name}"] for name in _NAMES})
