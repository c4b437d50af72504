"""A bundle with keeper moments to review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reviewserver import make_bundle
from touchline.formats.bundle import KEEPERS, Bundle
from touchline.formats.keeper.moments_index import IndexedMoment, write_moments_index
from touchline.goalkeeping.expected_saves import load_expected_saves
from touchline.goalkeeping.moments import moment_of
from touchline.goalkeeping.technique import load_techniques
from touchline.report.keepers.page import write_keeper_pages

UNKNOWN: dict[str, Any] = {
    "technique": None,
    "confidence": None,
    "p_save": None,
    "p_range": None,
    "note": "cannot tell: no picture",
}


def moment(time_us: int, **more: Any) -> IndexedMoment:
    """A moment about which nothing is known."""
    facts = {"label": "SHOT", "track_id": 7, "keeper": None, "outcome": None, "page": "goalkeeper.html"}
    return IndexedMoment(**{**facts, **UNKNOWN, "time_us": time_us, "anchor": "moment-1", **more})


def with_keepers(folder: Path, *moments: IndexedMoment) -> Bundle:
    """A bundle with the pages of a keeper nobody knows, and an index of these moments."""
    bundle = make_bundle(folder)
    model, techniques = load_expected_saves(), load_techniques()
    unseen = moment_of([], None, model=model, techniques=techniques)
    write_keeper_pages(bundle.path / KEEPERS, [unseen], model=model, techniques=techniques, source="match.mp4")
    write_moments_index(bundle.path / KEEPERS, moments)
    return bundle
