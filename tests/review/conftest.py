"""A server that shows one small bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewserver import Review, make_bundle, reviewing


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    with reviewing(make_bundle(tmp_path).path, cache=tmp_path / "cache") as running:
        yield running


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """As ``review``, for all tests of a module that change nothing."""
    folder = tmp_path_factory.mktemp("review")
    with reviewing(make_bundle(folder).path, cache=folder / "cache") as running:
        yield running
