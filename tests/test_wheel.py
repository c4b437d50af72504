"""The wheel and the source distribution, built here: complete, small, and at work with the core's packages alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from touchline.core.extras import EXTRAS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "touchline"
LARGEST_MB = 40
OPTIONAL = sorted({module for extra in EXTRAS.values() for module in extra.modules})
"""Modules that are not there in an installation of the core."""
BLOCKED = """
import sys
from importlib.machinery import PathFinder


class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in {names!r} else PathFinder.find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""


def has_setuptools() -> bool:
    """Whether the builder that pyproject.toml asks for is installed, so that nothing is downloaded."""
    try:
        return int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        return False


pytestmark = [
    pytest.mark.skipif(not has_setuptools(), reason="setuptools 77 or newer is not installed"),
    pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="not run from the sources"),
]


def build(kind: str, *, source: Path, out: Path) -> Path:
    """Build a distribution without the network; the sources stay as they are."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = out.iterdir()
    return found


def copied_sources(folder: Path) -> Path:
    """The sources in a folder of their own: building leaves files beside them."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        target, place = folder / name, ROOT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():
            target.symlink_to(os.readlink(place))
        elif place.is_file():
            shutil.copy2(place, target)
    return folder


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = copied_sources(tmp_path_factory.mktemp("sources"))
    return build("sdist", source=source, out=tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it is published: built from the source distribution."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return build("wheel", source=source, out=tmp_path_factory.mktemp("wheel"))


def shipped() -> set[str]:
    """Every file of the package."""
    kept = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    recipes = PACKAGE.glob("recipes/*")
    return {path.relative_to(PACKAGE.parent).as_posix() for paths in (kept, recipes) for path in paths}


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == shipped()
    assert {"touchline/models/builtin/people-detector.safetensors", "touchline/recipes/pitch.yaml"} <= names
    assert {"touchline/review/static/app.js", "touchline/analysis/sample/sample.mp4", "touchline/py.typed"} <= names


def test_the_wheel_is_small_and_fits_every_system(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size < LARGEST_MB * 1e6


def test_what_the_wheel_says_of_itself(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    about = Parser().parsestr(archive.read(name).decode())
    assert (about["Name"], about["Version"], about["License-Expression"]) == (
        "touchline",
        version("touchline"),
        "Apache-2.0",
    )
    assert set(about.get_all("Provides-Extra") or ()) >= set(EXTRAS)
    assert {one for one in about.get_all("License-File") or ()} == {"LICENSE", "NOTICE"}
    assert "# touchline" in about.get_payload()


def test_the_source_distribution_can_be_tested_and_built_into_images(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"tests/conftest.py", "Makefile", "constraints.txt", "docs/conf.py", "recipes/pitch.yaml"} <= names
    assert {"docker/Dockerfile", "docker/Dockerfile.cuda", ".dockerignore", "CITATION.cff", "RELEASING.md"} <= names


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed into a folder, beside a start-up file that hides the packages of extras."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(folder)]
    subprocess.run([*command, str(wheel)], check=True)
    (folder / "sitecustomize.py").write_text(BLOCKED.format(names=OPTIONAL))
    return folder


def run_installed(folder: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "HOME": str(cwd), "XDG_CACHE_HOME": str(cwd / "cache")}
    command = [sys.executable, "-m", "touchline", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=280)


def test_the_installed_command_lists_its_models(unpacked: Path, tmp_path: Path) -> None:
    done = run_installed(unpacked, "models", "list", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"ball-spotter", "people-detector", "pitch-finder"} <= {record["name"] for record in records}
    assert str(unpacked) in done.stdout


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_with_the_core_alone(unpacked: Path, tmp_path: Path) -> None:
    done = run_installed(unpacked, "demo", "--out", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = tmp_path / done.stdout.splitlines()[-1].removeprefix("report: ")
    assert report.name == "report.html" and "touchline" in report.read_text(encoding="utf-8")
