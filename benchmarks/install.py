"""Measure what the core and each extra weigh, and how long the core takes to install.

    .venv/bin/python benchmarks/install.py [--before PYPROJECT] [--time] [--python python3.12]
                                           [--json benchmarks/results/install.json]

Sizes are those of all files of the packages that an installation needs, with what those need in turn, in MB (10^6
bytes), with and without the byte code that pip writes (uv writes none). They are taken from the environment in which
this runs, which must have the extras (``make`` installs them for the tests); an extra of which a package is missing is
not measured. ``adds_mb`` is what an extra adds to the core. ``--before`` measures what another version of
pyproject.toml asks for: ``git show COMMIT:pyproject.toml > PYPROJECT``.

``--time`` builds the wheel of these sources and installs it by pip into an empty environment; the first run fills pip's
cache, the second one shows what a warm cache takes. Seconds of the processor stand beside those of the clock, as
the machines are shared.

torch is a CPU build in the committed results. The build for NVIDIA GPUs, which Linux gets from the usual index, brings
some 4 GB of CUDA's libraries along.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
SHOWN = 8
NOT_FOR_USERS = ("docs", "dev", "parity")


class Absent(Exception):
    """A package is not installed here."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="pyproject.toml of another version, to compare with")
    parser.add_argument("--time", action="store_true", help="install the core into an empty environment")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of that environment")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    results = all_sizes(given.before)
    if given.time:
        with tempfile.TemporaryDirectory() as folder:
            results["core installed"] = timed_installation(Path(folder), python=given.python)
    print(json.dumps(results, indent=1))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


def all_sizes(before: Path | None) -> dict[str, Any]:
    """Return the sizes of the core, of every extra, and of what another version asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = closure(project["dependencies"])
    own = sum(path.stat().st_size for path in (ROOT / "src" / "touchline").rglob("*") if path.is_file())
    results: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "touchline_mb": round(own / 1e6),
        "core": {**sizes(core), "and_touchline": round((sum(size(one)[0] for one in core.values()) + own) / 1e6)},
        "extras": {},
    }
    for name, wanted in project["optional-dependencies"].items():
        if name in (*NOT_FOR_USERS, "all"):
            continue
        try:
            added = {key: one for key, one in closure(wanted).items() if key not in core}
        except Absent as error:
            results["extras"][name] = f"not measured: {error} is not installed"
            continue
        found = sizes(added)
        results["extras"][name] = {"adds_mb": found.pop("mb"), **found}
    if before is not None:
        results["before"] = sizes(closure(tomllib.loads(before.read_text())["project"]["dependencies"]))
    return results


def closure(requirements: list[str]) -> dict[str, Distribution]:
    """Return the packages that requirements need, with what those need in turn, by name.

    Raises:
        Absent: one is not installed.

    """
    found: dict[str, Distribution] = {}
    done: set[tuple[str, frozenset[str]]] = set()
    todo = [Requirement(text) for text in requirements]
    while todo:
        wanted = todo.pop()
        key = (wanted.name.lower().replace("_", "-"), frozenset(wanted.extras))
        if key in done:
            continue
        done.add(key)
        try:
            package = distribution(wanted.name)
        except PackageNotFoundError as error:
            raise Absent(wanted.name) from error
        found[key[0]] = package
        for text in package.requires or ():
            inner = Requirement(text)
            if any(inner.marker is None or inner.marker.evaluate({"extra": name}) for name in ("", *wanted.extras)):
                todo.append(inner)
    return found


def size(package: Distribution) -> tuple[int, int]:
    """Return the size of a package's files, and of the byte code among them, in bytes."""
    whole = byte_code = 0
    for name in package.files or ():
        path = Path(str(package.locate_file(name)))
        if path.is_file() and not path.is_symlink():
            count = path.stat().st_size
            whole += count
            byte_code += count if path.suffix == ".pyc" else 0
    return whole, byte_code


def sizes(packages: dict[str, Distribution]) -> dict[str, Any]:
    """Return the size of packages in MB, and the largest of them."""
    each = {name: size(package) for name, package in packages.items()}
    largest = Counter({name: whole for name, (whole, _) in each.items()}).most_common(SHOWN)
    return {
        "mb": round(sum(whole for whole, _ in each.values()) / 1e6),
        "mb_without_byte_code": round(sum(whole - code for whole, code in each.values()) / 1e6),
        "largest_mb": {name: round(whole / 1e6) for name, whole in largest},
    }


def timed_installation(folder: Path, *, python: str) -> dict[str, Any]:
    """Install the core into an empty environment, and measure time and work."""
    wheel = built_wheel(folder)
    place = folder / "environment"
    subprocess.run([python, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--constraint"]
    load, before, started_s = os.getloadavg()[0], os.times(), time.monotonic()
    subprocess.run([*pip, str(ROOT / "constraints.txt"), str(wheel)], check=True)
    after, seconds = os.times(), time.monotonic() - started_s
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "wheel_mb": round(wheel.stat().st_size / 1e6, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used_s, 1),
        "cores": os.cpu_count(),
        "load_before": round(load, 1),
    }


def built_wheel(folder: Path) -> Path:
    """Build the wheel of these sources."""
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    source.mkdir()
    for name in ("src", "recipes"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy2(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*pip, str(folder / "wheel"), str(source)], check=True)
    (wheel,) = (folder / "wheel").glob("*.whl")
    return wheel


if __name__ == "__main__":
    main()
