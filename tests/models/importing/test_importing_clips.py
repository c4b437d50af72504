"""Published clip networks come in whole and unchanged; a head is replaced only where that is asked for."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from touchline.cli.models.commands import app
from touchline.core.errors import InputError, UsageError
from touchline.formats.clips.spacejam import LABELS as SPACEJAM_LABELS
from touchline.models.importing.checkpoints import import_model
from touchline.models.networks.r2plus1d import R2Plus1D
from touchline.models.networks.resnet import ResNet, TemporalAggregation
from touchline.models.networks.x3d import X3D
from touchline.models.specs.spec import IMAGENET_MEAN, KINETICS_MEAN
from touchline.models.store import load_model
from touchline.recognition.recogniser import load_recogniser
from touchline.training.recognition.clip_networks import build, freeze
from touchline.training.recognition.recogniser_settings import NetworkSettings

FOUR = ["dribble", "kick", "run", "walk"]


def saved(content: Any, path: Path, *, old: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    return path


@pytest.fixture(scope="module")
def small() -> ResNet:
    torch.manual_seed(0)
    return ResNet(4, depth=18)


@pytest.fixture
def small_file(small: ResNet, tmp_path: Path) -> Path:
    return saved(small.state_dict(), tmp_path / "resnet18-f37072fd.pth")


def imported(path: Path, **options: Any) -> tuple[Any, Any]:
    loaded = load_model(import_model(path, out=path.parent / "out", **options), task="recognize")
    read, config = loaded.network, loaded.config
    return read, config


def same_weights(found: nn.Module, wanted: nn.Module) -> bool:
    own = wanted.state_dict()
    return all(torch.equal(tensor, own[name]) for name, tensor in found.state_dict().items())


def test_torchvisions_r2plus1d_comes_in_from_an_old_file_and_freezes_as_the_reference_does(tmp_path: Path) -> None:
    network = R2Plus1D(400)
    path = saved(OrderedDict(network.state_dict()), tmp_path / "r2plus1d_18-91a641e6.pth", old=True)
    kinetics = [f"class {number}" for number in range(400)]
    read, config = imported(path, architecture="r2plus1d-18", labels=kinetics)
    assert same_weights(read, network) and len(read.state_dict()) == 224
    assert (config.clip.frames, config.clip.width, config.clip.height) == (16, 112, 112)
    assert (config.clip.color, config.clip.max_value, config.clip.mean) == ("RGB", 1, KINETICS_MEAN)

    swapped, config = imported(
        path, architecture="r2plus1d-18", labels=SPACEJAM_LABELS, new_head=True, name="to-train", precision="bf16"
    )
    assert config.untrained == ("fc",) and config.precision == "bf16"
    assert torch.equal(swapped.layer4[1].conv2[0][3].weight, network.layer4[1].conv2[0][3].weight)
    still = freeze(swapped, keep=["layer3", "layer4", "fc"])
    learning = [parameter for parameter in swapped.parameters() if parameter.requires_grad]
    assert sum(parameter.numel() for parameter in swapped.parameters()) == 31_305_255
    assert sum(parameter.numel() for parameter in learning) == 29_375_390
    assert (len(learning), len(list(swapped.parameters()))) == (56, 113)
    norms = [module for module in swapped.modules() if isinstance(module, nn.BatchNorm3d)]
    assert 0 < len(still) < len(norms) and not any(module in still for module in swapped.layer3.modules())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_spacejams_reference_comes_in_with_its_plain_bgr(tmp_path: Path, prefix: str) -> None:
    network = R2Plus1D(10)
    state = OrderedDict((prefix + name, tensor) for name, tensor in network.state_dict().items())
    optimizer = torch.optim.Adam(network.fc.parameters(), lr=1e-4)
    network.fc(torch.zeros(1, 512)).sum().backward()
    optimizer.step()
    state |= {prefix + name: tensor for name, tensor in network.state_dict().items()}
    content = {"epoch": 19, "state_dict": state, "optimizer": optimizer.state_dict()}
    read, config = imported(saved(content, tmp_path / "r2plus1d_19_0.0001.pt"), architecture="r2plus1d-18")
    assert same_weights(read, network)
    assert config.labels == SPACEJAM_LABELS
    clip = config.clip
    assert (clip.frames, clip.height, clip.width, clip.color, clip.max_value) == (16, 176, 128, "BGR", 255)
    assert (clip.mean, clip.std, clip.fps, clip.stride) == ((0, 0, 0), (1, 1, 1), None, 1)


def test_ibms_temporal_aggregation_comes_in(tmp_path: Path) -> None:
    network = ResNet(400, depth=50, temporal="tam")
    content = {
        "epoch": 196,
        "arch": "K400-TAM-b3-sum-resnet-50-f32",
        "state_dict": OrderedDict((f"module.{name}", tensor) for name, tensor in network.state_dict().items()),
        "best_top1": torch.tensor(76.18),
        "optimizer": {"state": {}, "param_groups": []},
        "scheduler": {"T_max": 196, "last_epoch": 196},
    }
    path = saved(content, tmp_path / "K400-TAM-ResNet-50-f32.pth.tar")
    read, config = imported(path, architecture="resnet-clip", labels=[str(number) for number in range(400)])
    assert same_weights(read, network) and len(read.state_dict()) == 368
    assert config.network == {"depth": 50, "temporal": "tam", "num_classes": 400}
    assert (config.clip.frames, config.clip.stride, config.clip.width) == (32, 2, 224)
    assert config.clip.mean == IMAGENET_MEAN


@pytest.mark.parametrize(("file", "size", "frames", "pixels"), [("X3D_M", "m", 16, 224), ("mine", "s", 13, 160)])
def test_pytorchvideos_x3d_comes_in(tmp_path: Path, file: str, size: str, frames: int, pixels: int) -> None:
    network = X3D(400)
    path = saved({"model_state": OrderedDict(network.state_dict()), "cfg": "TRAIN: true"}, tmp_path / f"{file}.pyth")
    read, config = imported(path, architecture="x3d", labels=[str(number) for number in range(400)])
    assert same_weights(read, network)
    assert (config.network["size"], config.clip.frames, config.clip.width) == (size, frames, pixels)
    assert (config.clip.mean, config.clip.std) == ((0.45,) * 3, (0.225,) * 3)
    assert import_model(path, architecture="x3d", labels=FOUR, new_head=True, name="x", out=tmp_path).is_file()


@pytest.mark.parametrize(("depth", "expanded"), [(18, False), (34, False), (50, True)])
def test_the_depth_of_a_resnet_is_told_by_its_weights(tmp_path: Path, depth: int, expanded: bool) -> None:
    network = ResNet(4, depth=depth, expanded_head=expanded)
    read, config = imported(saved(network.state_dict(), tmp_path / "a.pth"), architecture="resnet-clip", labels=FOUR)
    assert same_weights(read, network)
    assert (config.network["depth"], config.network.get("expanded_head", False)) == (depth, expanded)


def test_weights_of_pictures_learn_to_look_at_neighbours(small: ResNet, small_file: Path) -> None:
    read, config = imported(small_file, architecture="resnet-clip", labels=FOUR, network={"temporal": "tam"})
    assert config.network["temporal"] == "tam" and any(isinstance(m, TemporalAggregation) for m in read.modules())
    clips = torch.randn(1, 3, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(read(clips), small.eval()(clips), rtol=1e-4, atol=1e-5)


def test_files_without_counters_of_batches_come_in(small: ResNet, tmp_path: Path) -> None:
    state = {name: tensor for name, tensor in small.state_dict().items() if not name.endswith("num_batches_tracked")}
    read, _ = imported(saved(state, tmp_path / "resnet18-5c106cde.pth"), architecture="resnet-clip", labels=FOUR)
    assert same_weights(read, small)


def test_a_head_is_never_replaced_unasked(small_file: Path) -> None:
    with pytest.raises(InputError, match=r"3 labels do not fit its 4 outputs; --new-head"):
        import_model(small_file, architecture="resnet-clip", labels=FOUR[:3])
    with pytest.raises(InputError, match="name its 4 classes with --labels"):
        import_model(small_file, architecture="resnet-clip")
    with pytest.raises(UsageError, match="--new-head: name the new head's classes"):
        import_model(small_file, architecture="resnet-clip", new_head=True)


def test_a_missing_head_is_told(small: ResNet, tmp_path: Path) -> None:
    body = {name: tensor for name, tensor in small.state_dict().items() if not name.startswith("fc.")}
    path = saved(body, tmp_path / "body.pth")
    with pytest.raises(InputError, match="has no head"):
        import_model(path, architecture="resnet-clip", labels=FOUR)
    read, config = imported(path, architecture="resnet-clip", labels=FOUR, new_head=True)
    assert config.untrained == ("fc",) and torch.equal(read.conv1.weight, small.conv1.weight)


def test_a_model_with_a_fresh_head_never_predicts(small_file: Path, tmp_path: Path) -> None:
    path = import_model(small_file, architecture="resnet-clip", labels=FOUR, new_head=True, out=tmp_path)
    with pytest.raises(InputError, match=r"its fc is untrained.*model\.weights"):
        load_recogniser(path, device="cpu", backend="torch")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer1.0.conv1.weight": None}, r"1 missing \[layer1\.0\.conv1\.weight\]"),
        ({"layer1.0.extra": torch.zeros(1)}, r"1 unexpected \[layer1\.0\.extra\]"),
        ({"conv1.weight": torch.zeros(64, 3, 3, 3)}, "conv1.weight"),
        ({"bn1.weight": torch.full((64,), torch.nan)}, "not finite"),
        ({"layer4.2.conv1.weight": torch.zeros(1)}, r"blocks \(2, 2, 2, 3\)"),
    ],
)
def test_all_other_weights_have_to_fit(small: ResNet, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    state = {**small.state_dict(), **change}
    path = saved({name: tensor for name, tensor in state.items() if tensor is not None}, tmp_path / "a.pth")
    for new_head in (False, True):
        with pytest.raises(InputError, match=message):
            import_model(path, architecture="resnet-clip", labels=FOUR, new_head=new_head, out=tmp_path)


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {}, {"state_dict": {}}])
def test_other_files_say_what_they_hold(tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match="no dictionary of weights"):
        import_model(saved(content, tmp_path / "a.pth"), architecture="x3d", labels=FOUR)


def test_training_goes_on_from_an_imported_body(small: ResNet, small_file: Path, tmp_path: Path) -> None:
    path = import_model(small_file, architecture="resnet-clip", labels=FOUR, new_head=True, out=tmp_path)
    settings = NetworkSettings(architecture="resnet-clip", network={"depth": 18}, weights=str(path))
    for classes in (4, 3):
        network = build(settings, classes=classes, seed=0)
        assert torch.equal(network.layer4[1].conv2.weight, small.layer4[1].conv2.weight)
        assert network.fc.weight.shape == (classes, 512)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["import", *arguments])


def test_the_command(small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "labels.txt").write_text("\n".join(FOUR) + "\n")
    options = ("--architecture", "resnet-clip", "--labels", f"@{tmp_path}/labels.txt", "--name", "four")
    result = call(str(small_file), *options, "--clip", "frames=5", "--clip", "color=BGR", "--json")
    assert json.loads(result.stdout)["labels"] == FOUR
    graphs = tmp_path / "data" / "touchline" / "models" / "four.graph"
    assert graphs.is_file()
    clip = load_model("four", task="recognize").config.clip
    assert (clip.frames, clip.color) == (5, "BGR")
    said = call(str(small_file), *options[:-2], "--new-head").stdout
    assert "reads 8 frames of 224x224, every 2nd, RGB" in said and "train the model" in said


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--architecture", "vit"), 2),
        (("--new-head",), 2),
        (("--architecture", "resnet-encoder", "--new-head"), 2),
        (("--architecture", "vggish", "--network", "depth=3"), 2),
        (("--architecture", "resnet-clip", "--labels", "a,b,c,d", "--clip", "frames"), 2),
        (("--architecture", "resnet-clip", "--labels", "a,b,c,d", "--clip", "frames=0"), 2),
        (("--architecture", "resnet-clip", "--labels", "a,b,c,d", "--clip", "sound=1"), 2),
        (("--architecture", "resnet-clip", "--labels", "a,b,c,d", "--network", "depth=50"), 3),
        (("--architecture", "resnet-clip", "--labels", "@missing.txt"), 3),
        (("--architecture", "resnet-clip", "--labels", "a,b"), 3),
    ],
)
def test_exit_codes(small_file: Path, options: tuple[str, ...], code: int) -> None:
    assert call(str(small_file), *options).exit_code == code
