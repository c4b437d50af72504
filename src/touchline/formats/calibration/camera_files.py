"""Cameras as SoccerNet's calibration stores them: ``camera_NAME.json`` for the picture ``NAME.jpg``.

Angles are degrees, positions metres, lengths pixels of a picture of 960 x 540 in the challenge.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.geometry.camera import CameraPath
from touchline.core.geometry.lens_camera import LensCamera, camera_from_homography
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.formats.files.guard import reading
from touchline.formats.files.json_files import parse_object

PREFIX = "camera_"
WIDTH_PX = 960
"""Width of the pictures that the challenge measures in."""

_WHAT = "a camera of SoccerNet's calibration"


def camera_json(camera: LensCamera) -> dict[str, Any]:
    """Return a camera as SoccerNet's JSON."""
    return {
        "pan_degrees": camera.pan_deg,
        "tilt_degrees": camera.tilt_deg,
        "roll_degrees": camera.roll_deg,
        "position_meters": list(camera.position_m),
        "x_focal_length": camera.focal_px[0],
        "y_focal_length": camera.focal_px[1],
        "principal_point": list(camera.centre_px),
        "radial_distortion": list(camera.radial),
        "tangential_distortion": list(camera.tangential),
        "thin_prism_distortion": list(camera.prism),
    }


def camera_from_json(data: bytes, *, source: str) -> LensCamera:
    """Read a camera from the bytes of its file; distortions may be missing.

    Raises:
        InputError: the bytes hold something else.

    """
    document = parse_object(data, source=source)
    with reading(source, what=_WHAT, remedy="write the ten keys of SoccerNet's sn-calibration, from pan_degrees on"):
        return LensCamera(
            pan_deg=float(document["pan_degrees"]),
            tilt_deg=float(document["tilt_degrees"]),
            roll_deg=float(document["roll_degrees"]),
            position_m=_numbers(document["position_meters"], 3),
            focal_px=(float(document["x_focal_length"]), float(document["y_focal_length"])),
            centre_px=_numbers(document["principal_point"], 2),
            radial=_coefficients(document, "radial_distortion", 6),
            tangential=_coefficients(document, "tangential_distortion", 2),
            prism=_coefficients(document, "thin_prism_distortion", 4),
        )


def write_camera_files(folder: Path, camera: CameraPath, *, width: int, height: int) -> tuple[int, int]:
    """Write ``camera_MILLISECONDS.json`` for every analysed frame whose view of the pitch is known.

    The pitch is taken for one of 105 x 68 m, as in SoccerNet, whatever size the path assumes.

    Args:
        folder: made if it is missing.
        camera: the path of a bundle.
        width: of the video, pixels; cameras are written for a picture 960 pixels wide.
        height: of the video, pixels.

    Returns:
        The numbers of cameras written, and of frames left out: without a pitch, or with a view that no camera without
        distortion has.

    """
    make_folder(folder)
    written = 0
    for time_us, to_pitch in zip(camera.times_us.tolist(), camera.to_pitch, strict=True):
        known = bool(np.isfinite(to_pitch).all())
        found = camera_from_homography(to_pitch, width=width, height=height) if known else None
        if found is not None:
            path = folder / f"{PREFIX}{time_us // 1000:08d}.json"
            write_json_atomic(path, camera_json(found.scaled(WIDTH_PX / width)))
            written += 1
    return written, len(camera) - written


def _coefficients(document: Mapping[str, Any], key: str, count: int) -> Any:
    return _numbers(document.get(key, [0.0] * count), count)


def _numbers(values: Any, count: int) -> Any:
    found = tuple(float(value) for value in values)
    if len(found) != count:
        raise ValueError(f"{len(found)} numbers instead of {count}")
    return found
