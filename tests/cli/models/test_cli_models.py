"""``touchline models``: what it prints, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tinyspotter import tiny_config, tiny_network
from touchline.cli.models.commands import app
from touchline.models.store import save_model


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    config = tiny_config()
    return save_model(tmp_path / "tiny", tiny_network(config), config)


def test_import_list_show(model: Path) -> None:
    imported = json.loads(call("import", str(model), "--name", "mine", "--json").stdout)
    assert imported["name"] == "mine"
    assert len(imported["sha256"]) == 64
    listed = [json.loads(line) for line in call("list", "--json").stdout.splitlines()]
    mine = next(entry for entry in listed if entry["name"] == "mine")
    assert (mine["origin"], mine["labels"]) == ("user", ["PASS", "DRIVE"])
    assert "mine" in call("list").stdout
    shown = json.loads(call("show", "mine", "--json").stdout)
    assert shown["parameters"] > 1000
    assert "PASS" in call("show", "mine").stdout


def test_export(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    result = call("export", str(model), "--format", "onnx", "--out", str(tmp_path / "onnx"), "--json")
    paths = [Path(path) for path in json.loads(result.stdout)["paths"]]
    assert all(path.is_file() for path in paths)
    assert len(paths) == 3


def test_exit_codes(model: Path, tmp_path: Path) -> None:
    assert call("show", "no-such").exit_code == 3
    assert call("import", str(tmp_path)).exit_code == 2
    assert call("import", str(model), "--labels", "A,B").exit_code == 2
    (tmp_path / "text.pth").write_text("no checkpoint")
    result = call("import", str(tmp_path / "text.pth"), "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["exit_code"] == 3


def test_an_import_asks_or_prints_what_it_assumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from touchline.models.networks.heads.pooling import PoolingHead

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    torch.save({"state_dict": PoolingHead(512, 17, pool="mean").state_dict()}, tmp_path / "head.pth.tar")
    asked = call("import", str(tmp_path / "head.pth.tar"))
    assert asked.exit_code == 2
    assert "add --network pool=max or --network pool=mean" in " ".join(asked.output.split())
    done = call("import", str(tmp_path / "head.pth.tar"), "--network", "pool=mean", "--suppression", "window_s=30")
    assert done.exit_code == 0, done.output
    assert "assumed: window=40, 20 s" in " ".join(done.stderr.split())
    record = json.loads(
        call(
            "import", str(tmp_path / "head.pth.tar"), "--network", "pool=mean", "--network", "window=30", "--json"
        ).stdout
    )
    assert [line.split(",")[0] for line in record["assumed"]] == ["suppression window_s=20 floor=0"]
