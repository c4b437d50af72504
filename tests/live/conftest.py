"""A small spotter for live runs, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinymodel import write_tiny_model
from touchline.spotting.spotter import Spotter, load_spotter


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a spotter with random weights."""
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def spotter(tiny_model: Path) -> Spotter:
    """The same, loaded."""
    return load_spotter(tiny_model, device="cpu", threads=1)
