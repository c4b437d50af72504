"""Two processes on one match, clocks that jump, caches that cannot be written: one result."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import touchline
from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.formats.bundle import Bundle
from touchline.review.cache import VideoCache

pytestmark = pytest.mark.robustness("40")
SOURCE = Path(touchline.__file__).parent
STAMPS = {
    "batch/heartbeat.py": "when a worker was last alive, for other machines",
    "batch/markers.py": "whether a worker counts as lost; two that work on one match give the same result",
    "batch/status.py": "whether a worker counts as lost, for people",
    "batch/worker.py": "when a match was finished or failed, for people",
    "formats/corrections/writer.py": "when a correction was made, for people",
    "media/check.py": "whether to wait and see if the file grows, which is measured by its size",
    "review/cache.py": "which leftovers to try, which a lock decides",
}
"""Modules that read the wall clock, and what for: nothing that decides a result."""


def wall_clock_calls(path: Path) -> list[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    names = (ast.unparse(call.func) for call in calls)
    return [name for name in names if name in ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow")]


def test_nothing_depends_on_the_wall_clock() -> None:
    found = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if wall_clock_calls(path)}
    assert found == set(STAMPS)


def test_a_file_that_is_being_made_survives_a_jump_of_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = VideoCache("f" * 64, root=tmp_path), VideoCache("f" * 64, root=tmp_path)
    (first.folder / ".making-killed").mkdir()
    with first.making("proxy.mp4") as path:
        path.write_bytes(b"half")
        monkeypatch.setattr(time, "time", lambda: path.stat().st_mtime + 10 * 365 * 86400)
        with second.making("proxy.mp4") as other:
            other.write_bytes(b"other")
        path.write_bytes(b"whole")
    assert first.read("proxy.mp4") == b"whole"
    assert [path.name for path in first.folder.iterdir()] == ["proxy.mp4"]


def test_a_cache_that_cannot_be_written_is_replaced_for_the_run(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in place of the folder")
    cache = VideoCache("f" * 64, root=tmp_path / "cache")
    cache.write("times", b"1")
    assert cache.read("times") == b"1"
    folder = cache.folder
    cache.close()
    assert not folder.exists()


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def spot(video: Path, model: Path, *words: str, cache: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "touchline", "spot", str(video), "--model", str(model), *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **({"XDG_CACHE_HOME": cache, "HOME": cache} if cache else {})}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.robustness("31")
def test_a_home_that_cannot_be_written_is_not_needed(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=30)
    process = spot(video, write_tiny_model(tmp_path), cache="/proc/none")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "/proc/none" not in errors


@pytest.mark.slow
@pytest.mark.robustness("others")
@pytest.mark.parametrize("same", [True, False], ids=["one match", "two of one name"])
def test_processes_at_once_give_whole_results(same: bool, tmp_path: Path) -> None:
    videos = [write_numbered(folder(tmp_path / name) / "m.mp4", frames=60 + 10 * n) for n, name in enumerate("ab")]
    model, out = write_tiny_model(tmp_path), tmp_path / "R"
    taken = [videos[0]] * 2 if same else videos
    running = [spot(video, model, "--out", str(out)) for video in taken]
    ends = [(process.communicate()[1], process.returncode) for process in running]
    assert all(code in (0, 5) for _, code in ends), ends
    assert any(code == 0 for _, code in ends)
    assert all("another touchline process" in errors for errors, code in ends if code == 5)
    for video in {*taken}:
        again = spot(video, model, "--out", str(out))
        again.communicate()
        assert again.returncode == 0
    bundles = sorted(out.iterdir())
    assert len(bundles) == (1 if same else 2)
    for path in bundles:
        bundle, manifest = Bundle(path), Bundle(path).read_manifest()
        assert bundle.checksums(*manifest.files) == manifest.files
        assert not (path / ".partial").exists()
