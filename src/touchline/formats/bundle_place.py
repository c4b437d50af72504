"""Which folder is the bundle of a video: the one that holds its results, or the first name that is free.

A folder is a video's bundle if its manifest, its journal of corrections or the chunks of a stopped run name the video's
fingerprint. Another video's bundle, a folder of the user's own, a file or a symbolic link is left as it is, and the
bundle is ``NAME-2.touchline``, ``NAME-3.touchline``, ..., which the next run finds again by the fingerprint.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from touchline.formats.files.names import fitting_name

SUFFIX = ".touchline"
_MANIFEST, _JOURNAL, _FEATURES = "manifest.json", "corrections.jsonl", "features"
_PARTIAL, _KEY = ".partial", "key.json"
_MOST_BYTES = 64 << 20
"""No manifest is larger."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder says about the video that it belongs to.

    Attributes:
        usable: whether it is a folder, not a link, a file or nothing.
        fingerprints: fingerprints of the videos that its files name; empty if they name none.
        video_name: file name of the video in the manifest.
        names: names of its files and folders.

    """

    usable: bool = True
    fingerprints: frozenset[str] = frozenset()
    video_name: str = ""
    names: frozenset[str] = field(default_factory=frozenset)


def usual_folder(video: Path, *, out: Path | None) -> Path:
    """Return the first choice: ``STEM.touchline`` in ``out`` or beside the video, shortened if it is too long."""
    return (video.parent if out is None else out) / fitting_name(video.stem, SUFFIX)


def folder_to_write(video: Path, *, out: Path | None, fingerprint: str, ours: Collection[str]) -> Path:
    """Return the folder that may be written for a video: its own bundle, or the first that is free.

    Args:
        video: the video.
        out: folder for the bundle; None puts it beside the video.
        fingerprint: of the video.
        ours: names of the files and folders that a bundle can hold.

    """
    free, usual = None, usual_folder(video, out=out)
    for folder in _numbered(usual):
        if not os.path.lexists(folder):
            free = free or folder
            if folder == usual:
                continue  # removed by hand, maybe: the numbered ones are still in use
            return free
        found = look_into(folder)
        if is_of(found, fingerprint, ours=ours):
            return folder
        if free is None and found.usable and not found.names:
            free = folder
    raise AssertionError("the numbers do not end")


def folder_to_read(video: Path, *, out: Path | None, fingerprint: str) -> Path:
    """Return the folder that holds the results of a video, else where they would be.

    Args:
        video: the video.
        out: folder of the bundle; None looks beside the video.
        fingerprint: of the video; "" if it cannot be read.

    """
    usual = usual_folder(video, out=out)
    for folder in _numbered(usual):
        if not os.path.lexists(folder) and folder != usual:
            break
        if fingerprint and fingerprint in look_into(folder, links=True).fingerprints:
            return folder
    found = look_into(usual, links=True)
    if not fingerprint or not found.fingerprints or found.video_name in ("", video.name):
        return usual  # it has no other; whoever reads it says that the video has changed
    return folder


def is_single(video: Path, *, out: Path | None) -> bool:
    """Return whether there is at most one folder that can be a video's bundle, and that is said to be of this video."""
    usual = usual_folder(video, out=out)
    second = next(itertools.islice(_numbered(usual), 1, None))
    return not os.path.lexists(second) and look_into(usual, links=True).video_name in ("", video.name)


def is_of(found: Found, fingerprint: str, *, ours: Collection[str]) -> bool:
    """Return whether a folder is the bundle of the video with a fingerprint, maybe one that was damaged by hand."""
    if not found.usable:
        return False
    if found.fingerprints:
        return fingerprint in found.fingerprints
    return _MANIFEST in found.names and found.names <= {*ours, _PARTIAL}


def look_into(folder: Path, *, links: bool = False) -> Found:
    """Return what a folder says about its video.

    Args:
        folder: may be missing, or something else than a folder.
        links: follow a symbolic link.

    """
    try:
        if folder.is_symlink() and not links:
            return Found(usable=False)
        names = frozenset(os.listdir(folder))
    except OSError:
        return Found(usable=False)
    manifest = _document(folder / _MANIFEST)
    named = manifest.get("video_fingerprint")
    known = {named} if isinstance(named, str) and named else set(_traces(folder))
    video_name = manifest.get("video_name")
    return Found(True, frozenset(known), video_name if isinstance(video_name, str) else "", names)


def _traces(folder: Path) -> Iterator[str]:
    """Yield the fingerprints that a bundle without a readable manifest names: of a review, a stopped run, features."""
    head = _first_line(folder / _JOURNAL)
    places = ((folder / _PARTIAL, f"*/{_KEY}"), (folder / _FEATURES, "*.json"))
    files = [path for place, names in places if not place.is_symlink() for path in sorted(place.glob(names))]
    for document in (head, *map(_document, files)):
        video = document.get("video")
        named = video.get("fingerprint") if isinstance(video, dict) else document.get("video_fingerprint")
        if isinstance(named, str) and named:
            yield named


def _document(path: Path) -> Mapping[str, Any]:
    """Return the JSON object of a file; empty if it holds none."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return {}
        return _object(path.read_bytes())
    except OSError:
        return {}


def _first_line(path: Path) -> Mapping[str, Any]:
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            return _object(file.readline(1 << 20))
    except OSError:
        return {}


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _numbered(usual: Path) -> Iterator[Path]:
    """Yield the folders that may be a video's bundle: the usual one, then those with -2, -3, ... in their names."""
    yield usual
    stem = usual.name.removesuffix(SUFFIX)
    for number in itertools.count(2):
        yield usual.with_name(f"{stem}-{number}{SUFFIX}")
