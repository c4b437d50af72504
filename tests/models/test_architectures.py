"""The table of networks: what it names is there, and import and help know what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.features.picture_extractor import load_feature_extractor
from touchline.models.architectures import ARCHITECTURES, Architecture, Published, named, published, where_from
from touchline.models.importing import pictures
from touchline.models.importing.checkpoints import import_model
from touchline.models.importing.importer import Importer
from touchline.models.specs.tasks import CONFIGS
from touchline.models.store import load_model


class Stripes(nn.Module):
    """An encoder: the mean colour of each row, weighted."""

    num_classes = 0
    feature_size = 3

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def picture_features(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3)) * self.weight


def stripes_weights(state: dict[str, torch.Tensor]) -> tuple[dict[str, int], dict[str, torch.Tensor]]:
    if "stripes" not in state:
        raise ValueError("not the weights of stripes")
    return {}, {"weight": state["stripes"]}


@pytest.fixture
def stripes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Published weights of a backbone that the table has just learnt of."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(pictures, "stripes_weights", stripes_weights, raising=False)
    weights = Published("importing.pictures:IMPORTER", weights="importing.pictures:stripes_weights")
    monkeypatch.setitem(ARCHITECTURES, "stripes", Architecture(Stripes, "features", published=weights))
    path = tmp_path / "stripes.pth"
    torch.save({"stripes": torch.tensor([1.0, 2.0, 4.0])}, path)
    return path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_the_table_names_is_there(name: str) -> None:
    architecture = ARCHITECTURES[name]
    assert architecture.task in CONFIGS
    assert not isinstance(architecture.network, str) or callable(named(architecture.network))
    if architecture.published is not None:
        assert isinstance(named(architecture.published.importer), Importer)
        assert not architecture.published.weights or callable(named(architecture.published.weights))


def test_the_help_of_import_names_every_network_with_published_weights() -> None:
    shown = re.sub(r"\s", "", CliRunner().invoke(app, ["models", "import", "--help"]).output)  # lines break at hyphens
    assert [name for name in published() if name not in shown] == []


def test_a_new_backbone_is_an_entry_of_the_table(stripes: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--architecture stripes --name stripes"):
        load_feature_extractor("stripes")
    words = ["models", "import", str(stripes), "--architecture", "stripes", "--json"]
    assert CliRunner().invoke(app, words).exit_code == 0
    model = load_model("stripes", task="features")
    assert (model.name, model.config.architecture, model.path.stem) == ("stripes", "stripes", "stripes")
    assert load_feature_extractor("stripes", device="cpu", backend="torch").width == 3
    assert load_feature_extractor(str(stripes), device="cpu", backend="torch").name == "stripes"
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"not the weights of a ResNet.*; not the weights of stripes"):
        load_feature_extractor(str(tmp_path / "other.pth"))


def test_networks_without_published_weights_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--architecture pitch-net: it has no published weights; choose one of"):
        import_model(tmp_path / "a.pth", architecture="pitch-net")


def test_where_weights_are_is_said_for_known_names_alone() -> None:
    assert "--architecture resnet-encoder --name resnet50`" in str(where_from("resnet50", tasks=("features",)))
    assert where_from("resnet50", tasks=("sound-features",)) is None
    assert where_from("nothing", tasks=("features",)) is None
