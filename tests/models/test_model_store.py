"""Model files: what is written is read back; what does not fit is refused with the names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from tinyspotter import tiny_config, tiny_network
from touchline.core.errors import InputError
from touchline.models import store
from touchline.models.specs.spec import ModelConfig


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    config = tiny_config()
    network = tiny_network(config)
    return store.save_model(tmp_path_factory.mktemp("models") / "tiny", network, config), network


def rewrite(path: Path, target: Path, change: Any) -> Path:
    """The same file with other tensors."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, target, {store.METADATA_KEY: store.read_config(path).model_dump_json()})
    return target


def test_a_model_is_read_back_as_written(saved: Any) -> None:
    path, network = saved
    assert path.name == "tiny.safetensors"
    loaded = store.load_model(path)
    read, config, sha256 = loaded.network, loaded.config, loaded.sha256
    assert config == tiny_config()
    assert len(sha256) == 64
    assert not read.training
    own = network.state_dict()
    assert all(torch.equal(tensor, own[name]) for name, tensor in read.state_dict().items())


def test_missing_and_unexpected_names_are_listed(saved: Any, tmp_path: Path) -> None:
    def rename(tensors: dict) -> None:
        tensors["classifier.other"] = tensors.pop("classifier.bias")

    path = rewrite(saved[0], tmp_path / "renamed.safetensors", rename)
    with pytest.raises(InputError, match=r"1 missing \[classifier.bias\], 1 unexpected \[classifier.other\]"):
        store.load_model(path)


def test_other_shapes_are_listed(saved: Any, tmp_path: Path) -> None:
    path = rewrite(saved[0], tmp_path / "m.safetensors", lambda t: t.update({"classifier.bias": torch.zeros(3)}))
    with pytest.raises(InputError, match=r"classifier.bias \(3,\), not \(2,\)"):
        store.load_model(path)


def test_weights_that_are_no_numbers_are_refused(saved: Any, tmp_path: Path) -> None:
    broken = torch.tensor([0.0, float("nan")])
    path = rewrite(saved[0], tmp_path / "m.safetensors", lambda t: t.update({"classifier.bias": broken}))
    with pytest.raises(InputError, match="are not finite"):
        store.load_model(path)


@pytest.mark.parametrize("kept", [0, 4, 100, 5000, -1])
def test_a_truncated_file_is_refused(saved: Any, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(saved[0].read_bytes()[:kept])
    with pytest.raises(InputError, match="not a touchline model"):
        store.load_model(path)


def test_a_file_without_configuration_is_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="without touchline's configuration"):
        store.load_model(tmp_path / "m.safetensors")


def test_an_invalid_configuration_names_the_field(tmp_path: Path) -> None:
    text = tiny_config().model_dump_json().replace('"width":64', '"width":-64')
    save_file({"a": torch.zeros(1)}, tmp_path / "m.safetensors", {store.METADATA_KEY: text})
    with pytest.raises(InputError, match=r"frame\.width"):
        store.load_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "other"}, "architecture 'other'"),
        ({"labels": ("A", "B", "C")}, "2 outputs do not fit"),
        ({"network": {"num_classes": 2, "no_such": 1}}, "no_such"),
        ({"network": {"num_classes": 2, "frame_step": 3}}, r"stack offsets \(0, 3, 6\)"),
    ],
)
def test_configurations_that_contradict_themselves(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        store.build_network(tiny_config().model_copy(update=change))


def test_labels_are_unique_and_thresholds_are_theirs() -> None:
    document = tiny_config().model_dump()
    with pytest.raises(ValidationError, match="twice"):
        ModelConfig(**{**document, "labels": ("A", "A")})
    with pytest.raises(ValidationError, match="SHOT"):
        ModelConfig(**{**document, "thresholds": {"SHOT": 0.5}})
    config = ModelConfig(**{**document, "thresholds": {"PASS": 0.5}})
    assert config.all_thresholds() == {"PASS": 0.5, "DRIVE": 0.2}


def test_the_users_models_come_before_built_in_ones(
    saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(store, "builtin_folder", lambda: tmp_path / "builtin")
    config = tiny_config(name="ball-spotter")
    built_in = store.save_model(tmp_path / "builtin" / "ball-spotter", saved[1], config)
    assert store.default_spotter() == "ball-spotter"
    assert store.find_model("ball-spotter") == built_in
    own = store.save_model(store.user_folder() / "ball-spotter", saved[1], config)
    assert own == tmp_path / "data" / "touchline" / "models" / "ball-spotter.safetensors"
    assert store.find_model("ball-spotter") == own
    assert [(model.path, model.origin) for model in store.list_models()] == [(own, "user")]


def test_an_unknown_name_is_answered_with_the_known_ones(
    saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    store.save_model(store.user_folder() / "tiny", saved[1], tiny_config())
    with pytest.raises(InputError, match=r"'no-such'.*'tiny'"):
        store.find_model("no-such")
    with pytest.raises(InputError, match="no such model file"):
        store.find_model(tmp_path / "no.safetensors")


def test_half_precision_weights_are_stored_as_float32(tmp_path: Path) -> None:
    network = tiny_network(tiny_config()).half()
    path = store.save_model(tmp_path / "half", network, tiny_config())
    tensors = load_file(path)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32, torch.int64}
    assert np.isfinite(tensors["classifier.weight"].numpy()).all()
