"""MoveNet (Google, Apache-2.0) as a pose finder, from its ONNX file.

It finds COCO's seventeen points in the picture, without depth; they become touchline's sixteen joints as ViTPose's do.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Rgb
from touchline.core.errors import InputError, UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.poses import Pose
from touchline.goalkeeping.hub_pose_finder import COCO_POINTS, joints_of_coco
from touchline.models.folders import user_folder
from touchline.models.runtime.fitting import fit_in_square
from touchline.models.runtime.openvino_runtime import import_openvino

NAME = "movenet"
FILES = ("movenet.onnx", "movenet-lightning.onnx", "movenet-thunder.onnx")
"""Names under which ``movenet`` looks for the file in the user's models folder, the first first."""
_RUNS_ON = "cpu (MoveNet runs on OpenVINO)"


def is_movenet_name(name: str) -> bool:
    """Return whether a name means MoveNet: ``movenet``, or an ONNX file."""
    return name == NAME or name.lower().endswith(".onnx")


class MoveNetPoseFinder:
    """MoveNet behind touchline's pose finder interface.

    Args:
        path: the ONNX file of MoveNet Lightning or Thunder, one person.
        threads: of the processor; all if None.

    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        self.name, self.device_reason = path.stem, _RUNS_ON
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: MoveNet's file cannot be read: {error.strerror}") from error
        self.sha256 = sha256(data).hexdigest()
        self._model = _compiled(data, path, threads)
        shape = list(self._model.input(0).partial_shape)
        if len(shape) != 4 or shape[3].is_dynamic or shape[3].get_length() != 3 or shape[1].is_dynamic:
            raise UsageError(f"{path}: its input is {shape}; MoveNet's is (1, side, side, 3)")
        self._side_px = int(shape[1].get_length())

    def find(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Pose]:
        """Find the joints of the one person in each crop (h, w, 3), without depth."""
        return [self._find(crop) for crop in crops]

    def _find(self, crop: Rgb) -> Pose:
        picture = np.zeros((self._side_px, self._side_px, 3), np.uint8)
        square = fit_in_square(crop, into=picture)
        answer: Floats32 = np.asarray(self._model(picture[None].astype(np.int32))[0], np.float32)
        require_finite_output(answer, model=self.name, what="joint", runs_on=self.device_reason)
        if answer.size != len(COCO_POINTS) * 3:
            raise UsageError(f"pose finder {self.name!r} returns {answer.shape}; expected 17 points of y, x and score")
        points = answer.reshape(len(COCO_POINTS), 3)
        places = points[:, 1::-1] * square.side - np.array(square.offset, np.float32)
        joints, confidence = joints_of_coco(places.astype(np.float32), np.clip(points[:, 2], 0, 1))
        return Pose(joints, confidence)


def _compiled(data: bytes, path: Path, threads: int | None) -> Any:
    core = import_openvino().Core()
    settings = {} if threads is None else {"INFERENCE_NUM_THREADS": threads}
    try:
        return core.compile_model(core.read_model(data), "CPU", settings)
    except RuntimeError as error:
        raise InputError(f"{path}: not an ONNX model that OpenVINO reads") from error


def load_movenet(name: str, *, threads: int | None = None) -> MoveNetPoseFinder:
    """Load MoveNet by name, from the user's models folder, or from an ONNX file.

    Raises:
        InputError: there is no such file, or it is not readable.
        UsageError: the file is not MoveNet for one person.

    """
    if name != NAME:
        return MoveNetPoseFinder(Path(name), threads=threads)
    folder = user_folder()
    found = [folder / file for file in FILES if (folder / file).is_file()]
    if not found:
        raise InputError(f"{NAME}: no {' or '.join(FILES)} in {folder}; copy the ONNX file there, or give its path")
    return MoveNetPoseFinder(found[0], threads=threads)
