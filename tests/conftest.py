"""Fixtures every test may use; also puts this folder on sys.path, so that ``from makevideo import ...`` works."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

# One thread a process: tests run beside each other on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

TESTS = Path(__file__).parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

from robustnessreport import pytest_addoption, pytest_runtest_makereport, tried  # noqa: E402

__all__ = ["pytest_addoption", "pytest_runtest_makereport", "tried"]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Converted and compiled graphs are cached in a folder of the tests, not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        if "XDG_CACHE_HOME" not in os.environ:
            patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def cases() -> Path:
    """The inputs that failed elsewhere, beside the repository; skips where they are absent."""
    path = TESTS.parent.parent / "shared" / "cases"
    if not path.is_dir():
        pytest.skip("needs the cases in ../shared/cases")
    return path


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium; skips where it or playwright is absent.

    One for each module: while it is open, its event loop runs in this thread, so that no other can.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed (Debian: apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
