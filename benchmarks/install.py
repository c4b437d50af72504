"""Measure what an installation weighs and how long it takes, for the core and for each extra.

    python benchmarks/install.py [--only core train review ...] [--python python3.12] [--before PYPROJECT]
                                 [--json benchmarks/results/install.json]

The wheel is built from these sources, and pip installs it into an empty environment. The first run fills pip's cache;
the times of the second one are those of a warm cache. The size is that of all files that were added, in MB (10^6
bytes), with and without the byte code that pip writes (uv writes none). ``adds_mb`` is what an extra adds to the core. ``--before``
measures the dependencies of another version as well: ``git show COMMIT:pyproject.toml > PYPROJECT``.

torch is what pip finds where this runs: a CPU build in the committed results. The build for NVIDIA GPUs, which Linux
gets from the usual index, brings some 4 GB of CUDA's libraries along.
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
OURS_BEFORE = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel")
"""What an empty environment holds already."""
SHOWN = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="core, or names of extras; all of them by default")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--before", type=Path, help="pyproject.toml of another version, to compare with")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = measured(given, Path(folder))
    print(json.dumps(results, indent=1))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


def measured(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Measure what was asked for."""
    wheel = built_wheel(folder)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = given.only or ["core", *(name for name in extras if name not in ("docs", "dev", "parity"))]
    results: dict[str, Any] = {
        "machine": {"system": f"{platform.system()} {platform.machine()}", "processors": os.cpu_count()},
        "python": version_of(given.python),
        "load_at_the_start": round(os.getloadavg()[0], 1),
        "wheel_mb": round(wheel.stat().st_size / 1e6, 1),
        "installed": {},
    }
    if given.before:
        before = tomllib.loads(given.before.read_text())["project"]["dependencies"]
        results["installed"]["before"] = installation(before, folder=folder, python=given.python)
    for name in wanted:
        requirement = str(wheel) if name == "core" else f"touchline[{name}] @ {wheel.as_uri()}"
        results["installed"][name] = installation([requirement], folder=folder, python=given.python)
        core = results["installed"].get("core")
        if core and name != "core":
            results["installed"][name]["adds_mb"] = round(results["installed"][name]["mb"] - core["mb"])
    return results


def built_wheel(folder: Path) -> Path:
    """Build the wheel of these sources."""
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    source.mkdir()
    for name in ("src", "recipes"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy2(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder / "wheel")]
    subprocess.run([*pip, str(source)], check=True)
    (wheel,) = (folder / "wheel").glob("*.whl")
    return wheel


def version_of(python: str) -> str:
    """Return the version of an interpreter."""
    done = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[1]


def installation(requirements: list[str], *, folder: Path, python: str) -> dict[str, Any]:
    """Install into an empty environment, and measure time, work of the processor, and size."""
    place = folder / "environment"
    subprocess.run([python, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--constraint"]
    before, started_s = os.times(), time.monotonic()
    subprocess.run([*pip, str(ROOT / "constraints.txt"), *requirements], check=True)
    after, seconds = os.times(), time.monotonic() - started_s
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    (packages,) = place.glob("lib/python*/site-packages")
    found = {"seconds": round(seconds, 1), "cpu_seconds": round(used_s, 1), **sizes(packages)}
    shutil.rmtree(place)
    print(requirements[0], found, file=sys.stderr, flush=True)
    return found


def sizes(packages: Path) -> dict[str, Any]:
    """Return the size of what was installed, in MB, and the largest parts of it."""
    by_part: Counter[str] = Counter()
    byte_code = 0
    for path in packages.rglob("*"):
        part = path.relative_to(packages).parts[0]
        name = part.removesuffix(".libs").split("-")[0]
        if name in OURS_BEFORE or not path.is_file() or path.is_symlink():
            continue
        by_part[name] += path.stat().st_size
        byte_code += path.stat().st_size if path.suffix == ".pyc" else 0
    total = by_part.total()
    return {
        "mb": round(total / 1e6),
        "mb_without_byte_code": round((total - byte_code) / 1e6),
        "largest_mb": {name: round(size / 1e6) for name, size in by_part.most_common(SHOWN)},
    }


if __name__ == "__main__":
    main()
