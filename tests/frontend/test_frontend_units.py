"""The unit tests of the front end, which node runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"


@pytest.mark.skipif(
    shutil.which("node") is None or not (FRONTEND / "node_modules").is_dir(),
    reason="the front end's packages are not installed (make frontend/node_modules)",
)
def test_units_of_the_front_end() -> None:
    found = subprocess.run(["npm", "test", "--silent"], cwd=FRONTEND, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
