"""Commands in an installation without extras: they work, or say which line to run, in one line without a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from touchline.core.extras import EXTRAS

WITHOUT = """
import sys
from importlib.machinery import PathFinder

hidden = sys.argv.pop(1).split(",")


class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in hidden else PathFinder.find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
from touchline.__main__ import main
main()
"""
"""A program that finds no package of these names, as if they were not installed."""
OPTIONAL = sorted({module for extra in EXTRAS.values() for module in extra.modules} | {"pandas", "PIL", "requests"})


def run_without(*words: str, folder: Path, missing: list[str] = OPTIONAL) -> subprocess.CompletedProcess[str]:
    """Run a command where modules cannot be imported."""
    environment = {**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-c", WITHOUT, ",".join(missing), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=250)


CASES = {
    "train": (["train", "spotting-simulated"], "training needs torch: pip install 'touchline[train]'"),
    "distill": (["distill", "distill-skeletons"], "distillation needs torch: pip install 'touchline[train]'"),
    "models export": (
        ["models", "export", "people-detector", "--out", "x"],
        "exporting a model needs torch: pip install",
    ),
    "models import": (["models", "import", "a.pth"], "importing a model needs torch: pip install 'touchline[gpu]'"),
    "cloud": (["batch", "status", "--out", "s3://a/b"], "needs fsspec: pip install 'touchline[cloud]'"),
    "review": (["review", "."], "the review tool needs starlette: pip install 'touchline[review]'"),
    "keeper map": (["keeper", "map", "--out", "map.png"], "needs mplsoccer: pip install 'touchline[keeper]'"),
    "otio": (
        ["convert", "events.csv", "events.otio", "--fps", "25"],
        "needs opentimelineio: pip install 'touchline[otio]'",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_line_to_run_is_named(name: str, tmp_path: Path) -> None:
    words, line = CASES[name]
    (tmp_path / "events.csv").write_text("label,start_s\nPASS,1\n")
    done = run_without(*words, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert line in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["models", "list"],
        ["models", "show", "people-detector"],
        ["--help"],
        ["--version"],
        ["check", "--help"],
        ["train", "--help"],
    ],
)
def test_help_needs_nothing(words: list[str], tmp_path: Path) -> None:
    done = run_without(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_doctor_lists_what_could_be_installed(tmp_path: Path) -> None:
    done = run_without("doctor", folder=tmp_path, missing=OPTIONAL)
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r"^ok  extra \w+: ", done.stdout, re.MULTILINE)) == len(EXTRAS)
