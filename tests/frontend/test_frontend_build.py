"""The committed scripts are what the TypeScript sources give."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
PACKAGE = ROOT / "src" / "touchline"
REVIEW = PACKAGE / "review" / "static"

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (FRONTEND / "node_modules").is_dir(),
    reason="the front end's packages are not installed (make frontend/node_modules)",
)


@needs_node
def test_committed_scripts_are_what_the_sources_give(tmp_path: Path) -> None:
    subprocess.run(["node", FRONTEND / "build.mjs", "--out", tmp_path], check=True)
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert Path("report/static/report.js") in built
    assert Path("report/static/keeper.js") in built
    differing = [str(name) for name in built if (tmp_path / name).read_bytes() != (PACKAGE / name).read_bytes()]
    assert differing == [], "run `make frontend` and commit what it writes"


@needs_node
def test_typescript_is_sound() -> None:
    found = subprocess.run(["npm", "run", "--silent", "check"], cwd=FRONTEND, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


@needs_node
def test_typescript_does_what_it_should() -> None:
    found = subprocess.run(["npm", "run", "--silent", "test"], cwd=FRONTEND, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_a_script_cannot_end_its_element() -> None:
    for name in ("report.js", "keeper.js"):
        assert "</script" not in (PACKAGE / "report" / "static" / name).read_text("utf-8").lower()


@pytest.mark.skipif(not REVIEW.is_dir(), reason="there is no review app")
def test_checksums_of_the_review_app() -> None:
    sums = json.loads((REVIEW / "manifest.json").read_text("utf-8"))
    assert set(sums) == {path.name for path in REVIEW.iterdir()} - {"manifest.json"}
    for name, expected in sums.items():
        assert hashlib.sha256((REVIEW / name).read_bytes()).hexdigest() == expected, name
