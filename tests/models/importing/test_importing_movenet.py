"""MoveNet's weights as a start: other ONNX files are refused, and the joints that both know get their heat maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.models.importing.movenet import COCO_LIMBS, convolutions_in_order, start_from_movenet
from touchline.models.networks.mobile_pose_net import MobilePoseNet


def _like_movenet(path: Path, network: MobilePoseNet, *, shrink: bool = False) -> Path:
    """An ONNX file with convolutions of MoveNet's shapes, names and order, each filled with its number."""
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    layers = convolutions_in_order(network.trunk)
    early = layers[-3]
    order = [early, *(layer for layer in layers if layer is not early)]
    named = [(layer, "x/conv2d_3/BiasAdd" if layer is early else "x/trunk") for layer in order]
    head = [tuple(layer.weight.shape) for layer in convolutions_in_order(network.heat)]
    head[-1] = (17, *head[-1][1:])
    shapes = [(tuple(layer.weight.shape), layers.index(layer), name) for layer, name in named]
    shapes += [(shape, 900 + number, "x/kpt_heatmap_0/x") for number, shape in enumerate(head)]
    nodes, tensors = [], []
    for number, (shape, value, name) in enumerate(shapes):
        shape = (1, 1, 1, 1) if shrink and number == 5 else shape
        weight, bias = np.full(shape, value, np.float32), np.arange(shape[0], dtype=np.float32)
        tensors += [numpy_helper.from_array(weight, f"w{number}"), numpy_helper.from_array(bias, f"b{number}")]
        nodes.append(helper.make_node("Conv", ["x", f"w{number}", f"b{number}"], [f"y{number}"], name=name))
    onnx.save(helper.make_model(helper.make_graph(nodes, "like", [], [], tensors)), str(path))
    return path


def test_every_convolution_gets_its_weights_and_shared_joints_their_maps(tmp_path: Path) -> None:
    network = MobilePoseNet()
    start_from_movenet(network, _like_movenet(tmp_path / "movenet.onnx", network))
    layers = convolutions_in_order(network.trunk)
    assert [float(layer.weight.detach().flatten()[0]) for layer in layers] == list(range(len(layers)))
    last = convolutions_in_order(network.heat)[-1]
    assert last.bias is not None
    for name in COCO_LIMBS:
        assert float(last.bias.detach()[JOINTS.index(name)]) == 5 + COCO_LIMBS.index(name)
    assert not torch.equal(last.weight[JOINTS.index("neck")], last.weight[JOINTS.index("left_hip")])


def test_other_files_are_refused(tmp_path: Path) -> None:
    network = MobilePoseNet()
    with pytest.raises(InputError, match="not MoveNet Lightning"):
        start_from_movenet(network, _like_movenet(tmp_path / "other.onnx", network, shrink=True))
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(InputError):
        start_from_movenet(network, tmp_path / "broken.onnx")
