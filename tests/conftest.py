"""Fixtures every test may use; also puts this folder on sys.path, so that ``from makevideo import ...`` works."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

# One thread a process: tests run beside each other on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

TESTS = Path(__file__).parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The measuring data beside the repository; skips where it is absent."""
    path = TESTS.parent.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("needs the measuring data in ../shared/data")
    return path


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    """The ffmpeg program; skips where it is absent."""
    found = shutil.which("ffmpeg")
    if found is None:
        pytest.skip("needs the ffmpeg program")
    return found
