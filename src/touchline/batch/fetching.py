"""Bringing results home: every finished match as a bundle in one folder, and a table of what the manifest says."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.batch.markers import Done, read_marker
from touchline.batch.plan import Match
from touchline.batch.results import BUNDLE_ENDING, retrieve
from touchline.batch.stores.store import Store
from touchline.core.errors import InputError
from touchline.formats.files.atomic import make_folder, write_text_atomic
from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.csv_rows import csv_text
from touchline.formats.files.names import fitting_name

TABLE = "matches.csv"
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One bundle: its match, its folder, and whether it was there already."""

    match: Match
    bundle: Path
    before: bool


def fetch(store: Store, matches: Sequence[Match], folder: Path) -> Iterator[Fetched]:
    """Copy the bundles of finished matches into a folder, each whole or not at all; yield them as they come.

    Args:
        store: where results lie.
        matches: those to fetch; unfinished ones are passed over.
        folder: made if missing; it gets ``matches.csv`` as well, with the columns of the plan.

    Raises:
        InputError: a file in the store is missing or damaged, or another bundle has the name of one.
        ResourceError: the folder cannot be written.

    """
    make_folder(folder)
    rows = []
    for match, name in zip(matches, _names(matches), strict=True):
        done = read_marker(store, match.key, Done)
        if done is None:
            continue
        target = folder / name
        before = _is_there(target, done)
        if not before:
            _bring(store, match, done, target)
        rows.append({"bundle": name, "match": match.name, "video": match.uri, **match.columns})
        yield Fetched(match, target, before)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = csv_text([columns, *([row.get(column, "") for column in columns] for row in rows)])
    write_text_atomic(folder / TABLE, table)


def _names(matches: Sequence[Match]) -> list[str]:
    """Return the names of the bundles; those of equal names get the beginning of the key."""
    count = Counter(_plain(match.name) for match in matches)
    return [
        fitting_name(_plain(match.name), BUNDLE_ENDING)
        if count[_plain(match.name)] == 1
        else fitting_name(f"{_plain(match.name)}-{match.key[:8]}", BUNDLE_ENDING)
        for match in matches
    ]


def _plain(name: str) -> str:
    """Return a name that is a file's name."""
    return name.replace("/", "-").replace("\\", "-").replace("\0", "").lstrip(".") or "match"


def _is_there(target: Path, done: Done) -> bool:
    """Return whether a folder holds these results already; files that were added to it since do not matter."""
    if not target.exists():
        return False
    known = done.files.get(_MANIFEST, {}).get("sha256")
    manifest = target / _MANIFEST
    if manifest.is_file() and (file_sha256(manifest) == known or _is_of_same_video(manifest, done)):
        return True
    raise InputError(f"{target}: is not of this match; move it away, or fetch into another folder with --to")


def _is_of_same_video(manifest: Path, done: Done) -> bool:
    """Return whether a bundle was worked on since it was fetched: only its manifest differs."""
    try:
        document = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return False
    events = done.files.get("events.json", {}).get("sha256")
    return bool(isinstance(document, dict) and events and document.get("files", {}).get("events.json") == events)


def _bring(store: Store, match: Match, done: Done, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as partly:
        bundle = Path(partly) / target.name
        bundle.mkdir()
        retrieve(store, match.key, done, bundle)
        shutil.move(bundle, target)
