"""Exported graphs compute what torch computes, for any number of clips, from what a user has: pixels and joints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from tinyspotter import tiny_config, tiny_network
from touchline.cli.models.commands import app
from touchline.core.errors import InputError, UsageError
from touchline.models.exporting.graphs import export_model
from touchline.models.networks.action_net import ActionNet
from touchline.models.networks.clip_ensemble import ClipEnsemble
from touchline.models.networks.parts import PixelEncoder
from touchline.models.networks.r2plus1d import R2Plus1D
from touchline.models.networks.resnet import ResNet
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.networks.x3d import X3D
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.specs.spec import ClipConfig, ClipSpec, PictureConfig, PictureSpec, SkeletonConfig, SkeletonSpec
from touchline.models.store import build_network, save_model
from touchline.recognition.recogniser import load_recogniser
from touchline.recognition.skeletons import SkeletonRecogniser

LABELS = ("pass", "shoot", "run")
SPEC = ClipSpec(frames=4, width=48, height=56, color="BGR")
JOINTS = ("head", "left shoulder", "right shoulder", "left hip", "right hip")
NETWORK = {"joints": 5, "shoulders": [1, 2], "hips": [3, 4], "bones": [[0, 1], [1, 3], [2, 4]]}

NETWORKS: dict[str, Callable[[], Any]] = {
    "r2plus1d-18": lambda: R2Plus1D(3),
    "x3d": lambda: X3D(3),
    "resnet-clip": lambda: ResNet(3, depth=18),
    "resnet-clip, tam": lambda: ResNet(3, depth=18, temporal="tam"),
    "action-net": lambda: ActionNet(3),
    "clip-ensemble": lambda: ClipEnsemble([ActionNet(3), ActionNet(3)]),
}


def lively(network: nn.Module) -> nn.Module:
    """A network whose scores differ from clip to clip, as trained ones' do: statistics as if learnt, a strong head."""
    generator = torch.Generator().manual_seed(1)
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
        elif isinstance(module, nn.Linear):
            module.weight.data.normal_(0, 1.0, generator=generator)
        elif name.endswith(("prev_se.fc1", "next_se.fc1")):
            module.weight.data.normal_(0, 0.5, generator=generator)
    return network.eval()


def clips(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 4, 56, 48, 3), dtype=np.uint8)


def onnx_runner(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (entry,), (output,) = session.get_inputs(), session.get_outputs()
    return lambda values: session.run([output.name], {entry.name: values})[0]


def openvino_runner(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    compiled = import_openvino().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda values: compiled({compiled.inputs[0].any_name: values})[0]


def exported(network: Any, config: Any, folder: Path, *, format: str) -> Callable[[np.ndarray], np.ndarray]:
    """Write a model, look at the files, and give back what runs its last graph."""
    if format == "onnx":
        pytest.importorskip("onnx")
    paths = export_model(network, config, folder, format=format)
    assert all(path.stat().st_size > 0 for path in paths)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths)
    assert json.loads(paths[-1].read_text())["labels"] == list(config.labels)
    return onnx_runner(paths[0]) if format == "onnx" else openvino_runner(paths[0])


@pytest.mark.parametrize("format", ["onnx", "openvino"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_recognisers_of_clips_give_the_same_scores(tmp_path: Path, name: str, format: str) -> None:
    torch.manual_seed(0)
    network = lively(NETWORKS[name]())
    config = ClipConfig(name="clips", architecture=name.split(",")[0], labels=LABELS, clip=SPEC, temperature=1.5)
    run = exported(network, config, tmp_path, format=format)
    for count in (1, 3):
        pixels = clips(count)
        normalised = (pixels[..., ::-1] / 255.0 - np.array(SPEC.mean)) / np.array(SPEC.std)
        inputs = torch.from_numpy(normalised.astype(np.float32)).permute(0, 4, 1, 2, 3)
        with torch.inference_mode():
            wanted = torch.softmax(network(inputs) / 1.5, dim=1).numpy()
        assert np.abs(run(pixels) - wanted).max() <= 1e-4
        assert np.abs(wanted - 1 / 3).max() > 0.05


@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_recognisers_of_joints_give_the_same_scores(tmp_path: Path, format: str) -> None:
    network = SkeletonNet(3, **NETWORK)
    with torch.no_grad():
        lively(network)
    spec = SkeletonSpec(frames=10, joints=JOINTS, mirror=(0, 2, 1, 4, 3))
    config = SkeletonConfig(name="joints", architecture="skeleton-net", labels=LABELS, skeleton=spec, temperature=0.7)
    run = exported(network, config, tmp_path, format=format)
    random = np.random.default_rng(0)
    sequences = random.random((5, 10, 5, 3), dtype=np.float32)
    sequences[..., 2] = random.random((5, 10, 5)) > 0.2  # some joints are not seen
    wanted = SkeletonRecogniser(network, config, sha256="").scores(sequences)
    assert np.abs(run(sequences) - wanted).max() <= 1e-4
    assert np.ptp(wanted, axis=0).max() > 0.05


@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_spotters_are_two_graphs(tmp_path: Path, format: str) -> None:
    config = tiny_config()
    network = tiny_network(config)
    if format == "onnx":
        pytest.importorskip("onnx")
    paths = export_model(network, config, tmp_path, format=format)
    ending = ".onnx" if format == "onnx" else ".xml"
    encoder = next(path for path in paths if path.name == f"{config.name}-encoder{ending}")
    run = onnx_runner(encoder) if format == "onnx" else openvino_runner(encoder)
    shape = (3, len(config.frame.stack_offsets), config.frame.height, config.frame.width)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    with torch.inference_mode():
        wanted = PixelEncoder(network).eval()(torch.from_numpy(pixels)).numpy()
    np.testing.assert_allclose(run(pixels), wanted, rtol=1e-4, atol=1e-4)  # features, not scores: up to about 20


def test_what_cannot_be_exported_is_told(tmp_path: Path) -> None:
    pictures = PictureConfig(
        name="p", architecture="x", labels=("a",), task="detect", picture=PictureSpec(width=8, height=8)
    )
    with pytest.raises(UsageError, match="'detect'"):
        export_model(None, pictures, tmp_path / "new", format="onnx")
    fresh = ClipConfig(name="c", architecture="x3d", labels=LABELS, clip=SPEC, untrained=("blocks.5.proj",))
    with pytest.raises(InputError, match="is untrained"):
        export_model(X3D(3), fresh, tmp_path / "new", format="openvino")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_the_command(tmp_path: Path, format: str) -> None:
    if format == "onnx":
        pytest.importorskip("onnx")
    config = ClipConfig(name="a", architecture="action-net", network={"num_classes": 3}, labels=LABELS, clip=SPEC)
    path = save_model(tmp_path / "a", build_network(config), config)
    options = ["export", str(path), "--format", format, "--out", str(tmp_path / "out"), "--json"]
    names = {Path(written).name for written in json.loads(CliRunner().invoke(app, options).stdout)["paths"]}
    assert names == ({"a.onnx", "a.json"} if format == "onnx" else {"a.xml", "a.bin", "a.json"})


@pytest.mark.parametrize("name", ["r2plus1d-18", "resnet-clip, tam", "clip-ensemble"])
def test_the_recogniser_says_the_same_on_both_runtimes(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    network = lively(NETWORKS[name]())
    arguments: dict[str, Any] = {"num_classes": 3}
    if "tam" in name:
        arguments |= {"depth": 18, "temporal": "tam"}
    if name == "clip-ensemble":
        arguments = {"architecture": "action-net", "members": 2, "network": {"num_classes": 3}}
    config = ClipConfig(
        name="a", architecture=name.split(",")[0], network=arguments, labels=LABELS, clip=SPEC.model_copy()
    )
    path = save_model(tmp_path / "a", network, config)
    wanted = load_recogniser(path, device="cpu", backend="torch").scores(list(clips(5)))
    found = load_recogniser(path, device="cpu", threads=1).scores(list(clips(5)))
    assert found.shape == (5, 3) and np.abs(found - wanted).max() <= 1e-4
