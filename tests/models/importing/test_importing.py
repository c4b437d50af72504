"""lRomul checkpoints come in whole and unchanged; anything that could run code does not come in at all."""

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from tinyspotter import tiny_config, tiny_network
from touchline.core.errors import InputError, UsageError
from touchline.models.importing.checkpoints import import_model
from touchline.models.importing.reading import read_checkpoint
from touchline.models.networks.slow_fusion import SlowFusionSpotter
from touchline.models.store import load_model, save_model


def import_lromul(path: Path, **options: Any) -> Path:
    return import_model(path, architecture="slow-fusion", **options)


def lromul_params(*, classes: int = 2, frames: int = 15) -> dict[str, Any]:
    stacker = {
        "model_name": "tf_efficientnetv2_b0.in1k",
        "num_classes": classes,
        "num_frames": frames,
        "stack_size": 3,
        "index_2d_features": 4,
        "pretrained": False,
        "num_3d_blocks": 4,
        "num_3d_features": 192,
        "expansion_3d_ratio": 3,
        "se_reduce_3d_ratio": 24,
        "num_3d_stack_proj": 256,
        "drop_rate": 0.2,
        "drop_path_rate": 0.2,
        "act_layer": "silu",
    }
    return {
        "nn_module": ("multidim_stacker", stacker),
        "loss": ("focal_loss", {"alpha": 0.4, "gamma": 1.2, "reduction": "mean"}),
        "optimizer": ("AdamW", {"lr": 0.0003}),
        "device": ["cuda:0"],
        "image_size": (1280, 736),
        "frame_stack_size": frames,
        "frame_stack_step": 2,
        "amp": True,
        "frames_processor": ("pad_normalize", {"size": (1280, 736), "pad_mode": "constant", "fill_value": 0}),
    }


def checkpoint(network: Any, **changes: Any) -> dict[str, Any]:
    state = network.state_dict()
    without_average = OrderedDict((name, torch.zeros_like(tensor)) for name, tensor in state.items())
    content = {
        "model_name": "BallActionModel",
        "params": lromul_params(),
        "nn_state_dict": state,
        "no_ema_nn_state_dict": without_average,
    }
    return {**content, **changes}


@pytest.fixture(scope="module")
def network() -> SlowFusionSpotter:
    torch.manual_seed(0)
    return SlowFusionSpotter(2)


@pytest.fixture(scope="module")
def published(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lromul") / "model-006-0.864700.pth"
    torch.save(checkpoint(network), path)
    return path


def test_a_published_checkpoint_comes_in_unchanged(network: Any, published: Path, tmp_path: Path) -> None:
    path = import_lromul(published, name="ball-001", out=tmp_path)
    loaded = load_model(path)
    read, config = loaded.network, loaded.config
    own = network.state_dict()
    assert len(own) == 515
    assert all(torch.equal(tensor, own[name]) for name, tensor in read.state_dict().items())
    assert config.labels == ("PASS", "DRIVE")
    assert (config.frame.width, config.frame.height, config.frame.fps) == (1280, 736, 25.0)
    assert config.frame.stack_offsets == (0, 2, 4)
    assert config.edge == "drop"
    assert config.all_thresholds() == {"PASS": 0.2, "DRIVE": 0.2}
    assert (config.peaks.sigma_samples, config.peaks.distance_samples) == (3.0, 15)


def test_the_average_is_taken_unless_asked_otherwise(network: Any, published: Path, tmp_path: Path) -> None:
    assumed: list[str] = []
    average = load_model(import_lromul(published, out=tmp_path, assumed=assumed.append)).network
    assert torch.equal(average.classifier.weight, network.classifier.weight)
    assert assumed == ["the averaged weights (nn_state_dict), as published; --weights raw takes no_ema_nn_state_dict"]
    raw = load_model(import_lromul(published, name="raw", weights="raw", out=tmp_path))
    assert not raw.network.classifier.weight.any()
    assert "weights as trained" in raw.config.description
    again = load_model(import_lromul(published, name="again", weights="average", out=tmp_path)).network
    assert torch.equal(again.classifier.weight, network.classifier.weight)
    alone = checkpoint(network)
    del alone["no_ema_nn_state_dict"]
    torch.save(alone, tmp_path / "alone.pth")
    with pytest.raises(UsageError, match="--weights average: it holds no averaged weights"):
        import_lromul(tmp_path / "alone.pth", weights="average", out=tmp_path)
    deep = checkpoint(
        network, nn_state_dict={"state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}
    )
    torch.save(deep, tmp_path / "deep.pth")
    loaded = load_model(import_lromul(tmp_path / "deep.pth", out=tmp_path)).network
    assert torch.equal(loaded.classifier.weight, network.classifier.weight)


def test_names_default_to_the_file_and_the_users_folder(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = import_model(published)
    assert path == tmp_path / "touchline" / "models" / "model-006-0.864700.safetensors"
    assert load_model("model-006-0.864700").config.name == "model-006-0.864700"


def test_long_clips_and_fifteen_classes(tmp_path: Path) -> None:
    network = SlowFusionSpotter(15, num_frames=33)
    params = lromul_params(classes=15, frames=33)
    torch.save(checkpoint(network, params=params), tmp_path / "a.pth")
    config = load_model(import_lromul(tmp_path / "a.pth", out=tmp_path)).config
    assert config.labels[-1] == "Card"
    assert len(config.labels) == 15


def test_labels_have_to_fit_the_outputs(published: Path, tmp_path: Path) -> None:
    config = load_model(import_lromul(published, labels=["A", "B"], out=tmp_path)).config
    assert config.labels == ("A", "B")
    with pytest.raises(InputError, match="1 labels"):
        import_lromul(published, labels=["A"], out=tmp_path)


@pytest.mark.robustness("36")
@pytest.mark.parametrize("name", ["../evil", "", "a/b", "-x", "a\n"])
def test_names_that_are_paths_are_refused(published: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="model name"):
        import_lromul(published, name=name, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_tensors_are_listed(network: Any, tmp_path: Path) -> None:
    state = OrderedDict(network.state_dict())
    state["conv2d_encoder.extra"] = state.pop("global_pool.p")
    torch.save(checkpoint(network, nn_state_dict=state), tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"1 missing \[global_pool.p\], 1 unexpected \[conv2d_encoder.extra\]"):
        import_lromul(tmp_path / "a.pth", out=tmp_path)


def test_a_wrapped_network_is_unwrapped(network: Any, tmp_path: Path) -> None:
    state = OrderedDict((f"_orig_mod.{name}", tensor) for name, tensor in network.state_dict().items())
    torch.save(checkpoint(network, nn_state_dict=state), tmp_path / "a.pth")
    assert import_lromul(tmp_path / "a.pth", out=tmp_path).is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_classes": 3}, "no known label set has 3 classes"),
        ({"model_name": "resnet50"}, "resnet50"),
        ({"num_3d_features": 10**9}, "num_3d_features"),
        ({"num_frames": 16}, "num_frames=16"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_other_parameters_are_named(network: Any, tmp_path: Path, change: dict, message: str) -> None:
    params = lromul_params()
    params["nn_module"][1].update(change)
    torch.save(checkpoint(network, params=params, nn_state_dict={}), tmp_path / "a.pth")
    with pytest.raises(InputError, match=message):
        import_lromul(tmp_path / "a.pth", out=tmp_path)


class Payload:
    """Runs a command when unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (os.system, (f"touch {self.mark}",))


@pytest.mark.robustness("35")
@pytest.mark.parametrize("place", ["value", "params", "legacy", "bare"])
def test_a_payload_never_runs(network: Any, tmp_path: Path, place: str) -> None:
    mark, path = tmp_path / "ran", tmp_path / "evil.pth"
    payload = Payload(mark)
    if place == "value":
        torch.save(checkpoint(network, nn_state_dict=payload), path)
    elif place == "params":
        torch.save(checkpoint(network, params={"nn_module": payload}), path)
    elif place == "legacy":
        torch.save({"a": payload}, path, _use_new_zipfile_serialization=False)
    else:
        path.write_bytes(pickle.dumps(payload))
    with pytest.raises(InputError, match=r"refused|not a PyTorch checkpoint"):
        import_lromul(path, out=tmp_path)
    assert not mark.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.pth"]


@pytest.mark.robustness("35")
@pytest.mark.parametrize("protocol", [2, 4])
def test_globals_beyond_tensors_are_refused(tmp_path: Path, protocol: int) -> None:
    torch.save({"a": Path("x")}, tmp_path / "a.pth", pickle_protocol=protocol)
    with pytest.raises(InputError, match="refused"):
        read_checkpoint(tmp_path / "a.pth")


@pytest.mark.robustness("35")
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_truncated_checkpoint_is_refused(published: Path, tmp_path: Path, share: float) -> None:
    data = published.read_bytes()
    (tmp_path / "cut.pth").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match="not a PyTorch checkpoint, or truncated"):
        import_lromul(tmp_path / "cut.pth", out=tmp_path)


@pytest.mark.robustness("36")
@pytest.mark.parametrize("kind", ["compressed", "doubled", "pickle cut", "no pickle"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_archives_made_to_mislead_are_refused(tmp_path: Path, kind: str) -> None:
    good = tmp_path / "good.pth"
    torch.save({"a": torch.zeros(3)}, good)
    path = tmp_path / "bad.pth"
    compression = zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", compression) as target:
        for entry in source.namelist():
            data = source.read(entry)
            is_pickle = entry.endswith("data.pkl")
            if is_pickle and kind == "no pickle":
                continue
            target.writestr(entry, data[:-5] if is_pickle and kind == "pickle cut" else data)
            if is_pickle and kind == "doubled":
                target.writestr(entry, data)
    with pytest.raises(InputError, match=r"bad\.pth"):
        read_checkpoint(path)


def test_other_checkpoints_say_what_they_hold(tmp_path: Path) -> None:
    torch.save({"state_dict": {"a": torch.zeros(1)}, "epoch": 3}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"\['epoch', 'state_dict'\]"):
        import_lromul(tmp_path / "a.pth", out=tmp_path)
    with pytest.raises(InputError, match="no such file"):
        import_lromul(tmp_path / "missing.pth", out=tmp_path)
    with pytest.raises(UsageError, match="folder"):
        import_model(tmp_path, out=tmp_path)


def test_a_touchline_model_is_checked_and_copied(tmp_path: Path) -> None:
    config = tiny_config()
    path = save_model(tmp_path / "tiny", tiny_network(config), config)
    copied = import_model(path, name="second", out=tmp_path / "out")
    assert copied == tmp_path / "out" / "second.safetensors"
    assert load_model(copied).config.name == "second"
    assert load_model(copied).config.precision == "f32"
    faster = import_model(path, precision="bf16", out=tmp_path / "out")
    assert load_model(faster).config.precision == "bf16"


def test_a_checkpoint_has_no_precision_of_its_own(published: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--precision bf16: import"):
        import_model(published, precision="bf16", out=tmp_path)


def test_files_from_before_pytorch_1_6_come_in(tmp_path: Path) -> None:
    wanted = {"epoch": 3, "state_dict": OrderedDict(a=torch.arange(6.0).view(2, 3), b=torch.tensor(4))}
    path = tmp_path / "old.pth"
    torch.save(wanted, path, _use_new_zipfile_serialization=False)
    read = read_checkpoint(path)
    assert read["epoch"] == 3
    assert all(torch.equal(read["state_dict"][name], wanted["state_dict"][name]) for name in "ab")


@pytest.mark.robustness("35")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_truncated_file_from_before_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "old.pth"
    torch.save({"a": torch.arange(64.0)}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError, match=r"old\.pth"):
        read_checkpoint(path)


def test_weights_alone_are_told_what_to_be_given(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "resnet18.pth")
    with pytest.raises(InputError, match="give --architecture"):
        import_model(tmp_path / "resnet18.pth", out=tmp_path)
