"""MoveNet from an ONNX file: points in the crop's own pixels, errors for other files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError, UsageError
from touchline.core.poses import JOINTS
from touchline.goalkeeping.hub_pose_finder import COCO_POINTS
from touchline.goalkeeping.movenet_pose_finder import load_movenet
from touchline.goalkeeping.pose_finder import load_pose_finder

SIDE_PX = 64


def _constant_model(path: Path, answer: np.ndarray) -> Path:
    """An ONNX file that takes a picture and always returns the same points."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Cast", ["input"], ["picture"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["picture"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("input", TensorProto.INT32, [1, SIDE_PX, SIDE_PX, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(answer.shape))],
        [numpy_helper.from_array(answer, "answer"), numpy_helper.from_array(np.float32(0), "zero")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


def _points() -> np.ndarray:
    answer = np.full((1, 1, 17, 3), 0.5, np.float32)
    answer[0, 0, COCO_POINTS.index("left_wrist")] = (0.25, 0.75, 0.9)  # y, x, score
    return answer


def test_points_are_in_the_pixels_of_a_crop_that_was_padded(tmp_path: Path) -> None:
    finder = load_pose_finder(str(_constant_model(tmp_path / "movenet-lightning.onnx", _points())), threads=1)
    (pose,) = finder.find([np.zeros((100, 60, 3), np.uint8)])
    wrist = JOINTS.index("left_wrist")
    assert pose.joints_px[wrist] == pytest.approx([0.75 * 100 - 20, 25.0], abs=1e-3)
    assert pose.confidence[wrist] == pytest.approx(0.9, abs=1e-3)
    assert pose.joints_3d is None


def test_the_name_looks_in_the_users_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchline.goalkeeping.movenet_pose_finder.user_folder", lambda: tmp_path)
    with pytest.raises(InputError, match="copy the ONNX file there"):
        load_movenet("movenet")
    _constant_model(tmp_path / "movenet-thunder.onnx", _points())
    assert load_movenet("movenet", threads=1).name == "movenet-thunder"


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(InputError, match="not an ONNX model"):
        load_pose_finder(str(tmp_path / "broken.onnx"))
    with pytest.raises(InputError, match="cannot be read"):
        load_pose_finder(str(tmp_path / "missing.onnx"))
    few = _constant_model(tmp_path / "few.onnx", np.zeros((1, 5, 3), np.float32))
    with pytest.raises(UsageError, match="expected 17 points"):
        load_movenet(str(few), threads=1).find([np.zeros((8, 8, 3), np.uint8)])
