"""MoveNet's weights as the start of the mobile pose network: trunk, pyramid and heat maps of the shared joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from touchline.core.arrays import Floats32
from touchline.core.errors import InputError
from touchline.core.extras import need
from touchline.core.poses import JOINTS
from touchline.formats.files.guard import reading
from touchline.models.networks.mobile_pose_net import MobilePoseNet

HEAT_OUTPUT = "kpt_heatmap"
COCO_LIMBS = tuple(
    f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
"""COCO's points after the five of the face, in its order."""
_FACE_POINTS = 5
_EARLY, _EARLY_RUNS = "/conv2d_3/", -2
"""The pyramid's finest side branch stands earlier in the file than it runs here: third from the end."""

Weights = list[tuple[Floats32, Floats32 | None]]


def start_from_movenet(network: MobilePoseNet, path: Path) -> None:
    """Copy MoveNet's trunk, pyramid and, for the twelve joints that both know, its heat maps into a network.

    Args:
        network: changed in place.
        path: ``movenet-lightning.onnx``, the float model in ONNX.

    Raises:
        InputError: the file is not an ONNX model, or has other layers.

    """
    trunk, heat = read_convolutions(path)
    _copy(network.trunk, trunk, path)
    head = network.heat
    assert isinstance(head, nn.Sequential)
    _copy(head[0], heat[:2], path)
    last = head[1]
    assert isinstance(last, nn.Conv2d) and last.bias is not None
    weight, bias = heat[2]
    assert bias is not None
    with torch.no_grad():
        for row, name in enumerate(JOINTS[: network.num_classes]):
            if name in COCO_LIMBS:
                point = _FACE_POINTS + COCO_LIMBS.index(name)
                last.weight[row] = torch.from_numpy(weight[point])
                last.bias[row] = float(bias[point])


def read_convolutions(path: Path) -> tuple[Weights, Weights]:
    """Return weights and biases of the trunk's and the heat map head's convolutions, in the order in which they run."""
    onnx = need("onnx", what="reading an ONNX model")
    from google.protobuf.message import DecodeError

    try:
        with reading(path, what="an ONNX model"):
            graph = onnx.load(str(path)).graph
    except DecodeError as error:
        raise InputError(f"{path}: not an ONNX model: {error}") from error
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    trunk: Weights = []
    heat: Weights = []
    early: Weights = []
    for node in graph.node:
        if node.op_type != "Conv" or node.input[1] not in stored:
            continue
        bias = stored[node.input[2]].astype(np.float32) if len(node.input) > 2 else None
        pair = (stored[node.input[1]].astype(np.float32), bias)
        if HEAT_OUTPUT in node.name:
            heat.append(pair)
        elif _EARLY in node.name:
            early.append(pair)
        elif not any(other in node.name for other in ("kpt_", "center_0")):
            trunk.append(pair)
    return trunk[:_EARLY_RUNS] + early + trunk[_EARLY_RUNS:], heat


def _copy(part: nn.Module, weights: Weights, path: Path) -> None:
    """Copy weights into the convolutions of a module, matched by their order, which must also match in shape."""
    layers = convolutions_in_order(part)
    shapes = [tuple(layer.weight.shape) for layer in layers]
    if shapes != [weight.shape for weight, _ in weights]:
        raise InputError(f"{path}: not MoveNet Lightning: its convolutions have other shapes than the network's")
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, weights, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            assert layer.bias is not None
            layer.bias.copy_(torch.zeros_like(layer.bias) if bias is None else torch.from_numpy(bias))


def convolutions_in_order(part: nn.Module) -> list[nn.Conv2d]:
    """Return a module's convolutions in the order in which they run."""
    found: list[nn.Conv2d] = []

    def note(layer: nn.Module, _inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        found.append(layer)

    layers = [layer for layer in part.modules() if isinstance(layer, nn.Conv2d)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    with torch.no_grad():
        part(torch.zeros(1, layers[0].in_channels if layers[0].groups == 1 else layers[0].groups, 64, 64))
    for hook in hooks:
        hook.remove()
    return found
