"""Other versions of the events to lay beside a bundle: known truth from a file, other bundles of the same video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from touchline.core.errors import UsageError
from touchline.core.events import Timeline
from touchline.formats.bundle import open_bundle
from touchline.formats.events.registry import read_events
from touchline.formats.files.json_files import read_bytes
from touchline.review.shelf import Item, OtherVersion


def with_versions(items: Sequence[Item], *, truth: Path | None, against: Sequence[Path]) -> list[Item]:
    """Return the items with the versions to show beside them.

    Args:
        items: what is opened.
        truth: file of known events, of any event format; for a single item.
        against: bundles of the same videos; each goes to the item whose video it is of.

    Raises:
        UsageError: truth for several items, or a bundle that is of none of the videos.
        InputError: a file cannot be read.

    """
    found = list(items)
    if truth is not None:
        if len(found) != 1:
            raise UsageError(f"--truth {truth}: {len(found)} videos are opened; give the truth with one of them")
        timeline, _ = read_events(read_bytes(truth), source=str(truth))
        found[0] = _added(found[0], OtherVersion(truth.name, "truth", timeline))
    for path in against:
        bundle = open_bundle(path)
        place = _place_of(bundle.read_manifest().video_fingerprint, found, path=path)
        timeline = bundle.read_events() if bundle.read_manifest().files else Timeline()
        found[place] = _added(found[place], OtherVersion(bundle.path.name, "bundle", timeline))
    return found


def _place_of(fingerprint: str, items: Sequence[Item], *, path: Path) -> int:
    """Return the index of the item whose video has this fingerprint; of the only one without a bundle of its own."""
    for place, item in enumerate(items):
        if item.has_manifest and item.bundle.read_manifest().video_fingerprint == fingerprint:
            return place
    if len(items) == 1 and not items[0].has_manifest:
        return 0
    raise UsageError(f"--against {path}: it is of another video than those opened")


def _added(item: Item, version: OtherVersion) -> Item:
    return replace(item, versions=(*item.versions, version))
