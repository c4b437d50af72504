"""Graph files: the built-in ones fit their models, and a user's model gets its graphs once."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tinypose import tiny_pose_model
from touchline.core.errors import InputError
from touchline.core.extras import MissingPackageError
from touchline.models.exporting import graph_files
from touchline.models.exporting.graph_files import converted_graphs, write_graph_file
from touchline.models.exporting.parts import parts_of
from touchline.models.folders import builtin_folder
from touchline.models.runtime.graph_file import graph_path, read_graph_file
from touchline.models.runtime.graphs import in_batches
from touchline.models.runtime.model_graphs import compiled_part, graph_file_of
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.store import list_builtin, load_model, open_model

BUILTIN = [model.config.name for model in list_builtin()]
MOST_BYTES = 30_000_000
DEEP = {"efficientnet-lite0": 5e-5}
"""Largest absolute differences of models whose values of up to 6 have passed through 16 blocks without rounding."""


def example_of(tensor: torch.Tensor) -> np.ndarray:
    """Noise of a tensor's shape and type."""
    rng, shape = np.random.default_rng(0), tuple(tensor.shape)
    if tensor.dtype == torch.uint8:
        return rng.integers(0, 256, shape).astype(np.uint8)
    return rng.random(shape) > 0.3 if tensor.dtype == torch.bool else rng.random(shape).astype(np.float32)


@pytest.mark.parametrize("path", sorted(builtin_folder().glob("*.graph")), ids=lambda path: path.name)
def test_the_graphs_of_a_builtin_model_are_those_of_its_weights_and_code(path: Path) -> None:
    name, _, variant = path.stem.partition(".")
    model = load_model(name, task="any")
    stored = path.read_bytes()
    index = read_graph_file(stored, model_path=model.path, source=path).index
    again = "write it again with `make graphs`"
    assert index.model_sha256 == model.sha256, f"{path.name} is of other weights; {again}"
    if variant:
        width, height = map(int, variant.split("x"))
        model = dataclasses.replace(model, config=model.config.of_size((width, height)))
    if index.openvino == import_openvino().__version__:
        assert converted_graphs(model) == stored, f"{path.name} is of other code; {again}"


@pytest.mark.parametrize("name", BUILTIN)
def test_a_graph_calculates_what_its_network_does(name: str) -> None:
    model = open_model(name, task="any")
    graphs = graph_file_of(model)
    for part, made in parts_of(model.load().network, model.config).items():
        given = [example_of(tensor) for tensor in made.example]
        found = compiled_part(graphs, part, precision="f32", threads=1)(*given)
        with torch.inference_mode():
            outputs = made.module(*map(torch.from_numpy, given))
        for values, wanted in zip(found, (outputs,) if isinstance(outputs, torch.Tensor) else outputs, strict=True):
            np.testing.assert_allclose(values, wanted.numpy(), atol=DEEP.get(name, 1e-5), rtol=1e-5)


def test_all_that_ships_stays_small() -> None:
    assert sum(path.stat().st_size for path in builtin_folder().iterdir()) < MOST_BYTES
    assert sum(path.stat().st_size for path in builtin_folder().glob("*.graph")) < 500_000


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's model without a graph file, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tiny_pose_model(tmp_path)


def written(model: Path) -> Path:
    path = write_graph_file(load_model(model, task="pose"))
    assert path is not None
    return path


def pixels_of(path: Path) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (1, *open_model(path, task="pose").config.shape)).astype(np.uint8)


def run(path: Path, **options: Any) -> tuple[np.ndarray, ...]:
    graphs = graph_file_of(open_model(path, task="pose"), **options)
    return compiled_part(graphs, "joints", precision="f32", threads=1)(pixels_of(path))


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def converted(model: object) -> bytes:
        raise AssertionError("it is converted again")

    monkeypatch.setattr(graph_files, "converted_graphs", converted)


def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: Callable[[str], bool] = lambda module: module != "torch"  # noqa: E731
    monkeypatch.setattr("touchline.core.extras.is_installed", installed)


def test_a_users_model_is_converted_once(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(tiny)
    refuse(monkeypatch)
    without_torch(monkeypatch)
    for again, before in zip(run(tiny), first, strict=True):
        np.testing.assert_array_equal(again, before)


def test_without_torch_the_line_that_installs_it_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_torch(monkeypatch)
    with pytest.raises(MissingPackageError, match=r"tiny.*no graph file.*pip install 'touchline\[train\]'"):
        run(tiny)
    with pytest.raises(MissingPackageError, match=r"pip install 'touchline\[train\]'"):
        load_model(tiny, task="pose")


def test_graphs_beside_a_model_need_neither_torch_nor_a_cache(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tiny)
    assert path == tiny.with_suffix(".graph")
    wanted = run(tiny)
    refuse(monkeypatch)
    without_torch(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    np.testing.assert_array_equal(run(tiny)[0], wanted[0])


def test_graphs_of_other_weights_are_not_used(tiny: Path, tmp_path: Path) -> None:
    wanted = run(tiny)
    other = written(tiny_pose_model(tmp_path / "other", seed=5))
    graph_path(tiny).write_bytes(other.read_bytes())
    np.testing.assert_array_equal(run(tiny)[0], wanted[0])
    model = open_model(tiny, task="pose")
    assert graph_file_of(model).index.model_sha256 == model.sha256


@pytest.mark.parametrize("damage", ["cut", "other", "no part"])
def test_a_damaged_graph_file_is_named(tiny: Path, damage: str) -> None:
    path = written(tiny)
    content = path.read_bytes()
    if damage == "no part":
        with zipfile.ZipFile(path) as archive:
            index = archive.read("index.json")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("index.json", index)
    else:
        path.write_bytes(content[:-50] if damage == "cut" else b"not a graph")
    with pytest.raises(InputError, match=rf"{path}: .*graph file"):
        run(tiny)


@pytest.mark.parametrize("spoilt", ["bytes", "graph"])
def test_a_graph_that_cannot_be_read_is_an_error_of_its_file(tiny: Path, spoilt: str) -> None:
    path = written(tiny)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if spoilt == "graph":
        entries["joints.xml"] = b"<net>"
    else:
        entries["joints.bin"] = b""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match=r"its graph (is of another model|'joints')|cannot read its graph"):
        run(tiny)


def test_another_arithmetic_lies_beside_the_model(tiny: Path) -> None:
    with pytest.raises(InputError, match="no graph 'int8'"):
        run(tiny, variant="int8")
    written(tiny).rename(graph_path(tiny, variant="int8"))
    np.testing.assert_array_equal(run(tiny, variant="int8")[0], run(tiny)[0])


def test_weights_are_stored_once(tiny: Path) -> None:
    path = written(tiny)
    with zipfile.ZipFile(path) as archive:
        own = archive.getinfo("joints.bin").file_size
        pieces = json.loads(archive.read("index.json"))["parts"]["joints"]["pieces"]
    assert own < 0.2 * tiny.stat().st_size
    assert {piece["tensor"] for piece in pieces if "tensor" in piece} <= set(
        load_model(tiny, task="pose").network.state_dict()
    )


def test_batches_of_any_size_are_calculated_in_those_of_the_graph() -> None:
    sizes = []

    def graph(values: np.ndarray) -> tuple[np.ndarray, ...]:
        sizes.append(len(values))
        return values * 2, values.sum(1)

    values = np.arange(14, dtype=np.float32).reshape(7, 2)
    doubled, total = in_batches(graph, size=3)(values)
    np.testing.assert_array_equal(doubled, values * 2)
    np.testing.assert_array_equal(total, values.sum(1))
    assert sizes == [3, 3, 3]
