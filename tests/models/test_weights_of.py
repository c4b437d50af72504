from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from touchline.cli.health import models as health
from touchline.core.errors import InputError
from touchline.models.safetensors_file import weights_of
from touchline.models.store import StoredModel, list_builtin, load_model


@pytest.mark.parametrize("model", list_builtin(), ids=lambda model: model.path.stem)
def test_weights_are_counted_without_torch_as_torch_counts_them(model: StoredModel) -> None:
    network = load_model(model.path, task="any").network
    assert weights_of(model.path) == sum(parameter.numel() for parameter in network.parameters())


def test_a_weight_that_is_no_number_is_found(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"a": torch.zeros(3), "b.running_mean": torch.ones(5)}, str(path))
    assert weights_of(path) == 3
    save_file({"a": torch.tensor([1.0, float("nan")])}, str(path))
    with pytest.raises(InputError, match="not finite: a"):
        weights_of(path)


def test_the_doctor_finds_a_damaged_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = (model.path for model in list_builtin() if model.path.stem == "tennis-strokes")
    for path in source.parent.glob("tennis-strokes.*"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr("touchline.models.store.builtin_folder", lambda: tmp_path)
    (whole,) = health.model_findings()
    assert whole.severity == "ok" and "with its graph" in whole.message
    (tmp_path / "tennis-strokes.graph").unlink()
    (bare,) = health.model_findings()
    assert "it needs torch" in bare.message
    copy = tmp_path / source.name
    copy.write_bytes(copy.read_bytes()[:-1000] + b"\xff" * 1000)
    (broken,) = health.model_findings()
    assert broken.severity == "error" and broken.remedy
