"""What a command imports: a start is quick because heavy libraries wait until they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from makevideo import write_numbered

SCRIPT = """
import sys
from touchline.__main__ import main

listed = sys.argv.pop()
try:
    main()
finally:
    with open(listed, "w") as file:
        print(*sys.modules, sep="\\n", file=file)
"""
HEAVY = {"torch", "pandas", "sklearn", "scipy.stats", "scipy.signal", "matplotlib", "transformers", "onnxruntime"}
UNUSED_BY_SPOT = {"pyarrow", "scipy.optimize", "scipy.linalg"}
MOST_MODULES = {"spot": 1350, "track": 1600, "analyze": 1700}
"""A tenth above what each command loads, over all packages."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("clip") / "v.mp4", frames=12, width=320, height=192)


def modules_of(verb: str, clip: Path, folder: Path) -> set[str]:
    """The modules that a command has loaded when it ends."""
    script, listed = folder / "run.py", folder / "modules.txt"
    script.write_text(SCRIPT)
    words = [verb, str(clip), "--device", "cpu", "--out", str(folder / "out"), str(listed)]
    done = subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True)
    assert listed.is_file(), done.stderr
    assert done.returncode in (0, 4), done.stderr
    return set(listed.read_text().split())


@pytest.mark.parametrize("verb", list(MOST_MODULES))
def test_a_command_imports_no_heavy_library(verb: str, clip: Path, tmp_path: Path) -> None:
    loaded = modules_of(verb, clip, tmp_path)
    assert not HEAVY & loaded
    assert len(loaded) <= MOST_MODULES[verb], f"{len(loaded)} modules"
    if verb == "spot":
        assert not UNUSED_BY_SPOT & loaded
