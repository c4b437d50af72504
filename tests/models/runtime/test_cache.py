"""The cache of graphs: what is damaged is made again, and where nothing can be written all works without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinypose import tiny_pose_model
from touchline.models.exporting.graph_files import write_graph_file
from touchline.models.runtime import cache
from touchline.models.runtime.cache import cache_folder, key_of, read_cached, write_cached
from touchline.models.runtime.model_graphs import compiled_part, graph_file_of
from touchline.models.runtime.openvino_runtime import openvino_core
from touchline.models.store import load_model, open_model

PIXELS = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.uint8)
MANY = """
import sys
from touchline.models.runtime.cache import read_cached, write_cached
for number in range(40):
    content = bytes([number]) * 20_000
    write_cached("same", content)
    found = read_cached("same")
    assert found is not None and len(set(found)) == 1 and len(found) == 20_000, number
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "touchline" / "compiled"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tiny_pose_model(tmp_path)
    write_graph_file(load_model(path, task="pose"))
    return path


def joints(model: Path) -> np.ndarray:
    compiled = compiled_part(graph_file_of(open_model(model, task="pose")), "joints", precision="f32", threads=1)
    return compiled(PIXELS)[0]


def test_what_is_written_is_read(folder: Path) -> None:
    assert cache_folder() == folder
    assert read_cached("a") is None
    write_cached("a", b"content")
    assert read_cached("a") == b"content"


def test_keys_differ_with_every_part() -> None:
    keys = {key_of("a", "bc"), key_of("ab", "c"), key_of("a", "bc", ""), key_of(b"a", "bd")}
    assert len(keys) == 4
    assert key_of("a", b"bc") == key_of(b"a", "bc")


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_a_damaged_entry_counts_as_missing(folder: Path, damage: bytes) -> None:
    write_cached("a", b"content")
    (folder / "a.entry").write_bytes(damage)
    assert read_cached("a") is None


def test_a_compiled_graph_is_taken_from_the_cache(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = joints(model)
    assert len(list(folder.iterdir())) == 1

    class Importing:
        def __getattr__(self, name: str) -> object:
            assert name != "compile_model", "it is compiled again"
            return getattr(openvino_core(), name)

    monkeypatch.setattr("touchline.models.runtime.model_graphs.openvino_core", Importing)
    np.testing.assert_array_equal(joints(model), wanted)


def test_other_settings_are_other_entries(folder: Path, model: Path) -> None:
    graphs = graph_file_of(open_model(model, task="pose"))
    for threads in (1, 2):
        compiled_part(graphs, "joints", precision="f32", threads=threads)
    assert len(list(folder.iterdir())) == 2


def test_an_entry_that_openvino_refuses_is_made_again(
    folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = joints(model)
    (entry,) = folder.iterdir()
    write_cached(entry.stem, b"whole, but no graph")
    np.testing.assert_array_equal(joints(model), wanted)
    assert len(read_cached(entry.stem) or b"") > 10_000


@pytest.mark.parametrize("home", ["a file", "read-only", "/proc/nothing"])
def test_where_nothing_can_be_written_all_works_without(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    place = tmp_path / home
    if home == "a file":
        place.write_text("")
    elif home == "read-only":
        place.mkdir(mode=0o500)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    np.testing.assert_array_equal(joints(model), joints(model))


def test_a_full_disk_leaves_no_part_of_an_entry(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    write_cached("a", b"before")
    monkeypatch.setattr(os, "fsync", full)
    write_cached("b", b"content")
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent.parent))
    assert read_cached("b") is None
    assert [path.name for path in folder.iterdir()] == ["a.entry"]


def test_the_longest_unused_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT_BYTES", 250)
    for number, name in enumerate("ab"):
        write_cached(name, bytes(60))
        os.utime(folder / f"{name}.entry", (number, number))
    assert read_cached("a") is not None  # it is used now, so b is the one unused for longest
    write_cached("c", bytes(60))
    assert [name for name in "abc" if read_cached(name) is not None] == ["a", "c"]


def test_processes_write_and_read_at_once(folder: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", MANY]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
