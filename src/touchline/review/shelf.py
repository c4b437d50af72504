"""What can be opened: bundles and videos on the command line, each under an id that says nothing about its path."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Timeline
from touchline.formats.bundle import MANIFEST, SUFFIX, Bundle, open_bundle, video_fingerprint
from touchline.media.source import require_regular_file

VIDEO_ENDINGS = frozenset(
    {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv", ".mxf"}
)
"""Endings of the files that are taken for videos in a folder."""


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """Other events of a video, to show beside: known truth, or those of another bundle."""

    title: str
    kind: str
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Item:
    """A bundle, or a video that has none yet.

    Attributes:
        bundle: its folder need not exist.
        video: the media file; None if it was not found.
        versions: other events of the same video.
        id: opaque, for addresses.

    """

    bundle: Bundle
    video: Path | None
    versions: tuple[OtherVersion, ...] = ()
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    @property
    def has_manifest(self) -> bool:
        """Whether the bundle exists."""
        return (self.bundle.path / MANIFEST).is_file()

    @property
    def title(self) -> str:
        """File name of the video; of the bundle if there is no video."""
        return self.bundle.path.name if self.video is None else self.video.name


def items_of(paths: Sequence[Path], *, out: Path | None = None) -> list[Item]:
    """Return what the paths name: bundles, videos, and folders of either.

    Args:
        paths: bundles, videos or folders.
        out: folder for the bundles of videos; None puts them beside each video.

    Raises:
        UsageError: a folder holds nothing to review, a path is neither, or two videos would share a bundle.
        InputError: a path does not exist.

    """
    given = [path for path in paths if path.is_file()]
    found: dict[Path, Item] = {}
    for path in paths:
        for item in _items(path, out=out):
            key = item.bundle.path.resolve()
            if key in found and not item.has_manifest:
                _check_same_video(found[key], item)
            if key not in found or found[key].video is None:
                found[key] = item
    items = [_with_given_video(item, given) for item in found.values()]
    used = {item.video.resolve() for item in items if item.has_manifest and item.video is not None}
    return [item for item in items if item.has_manifest or item.video is None or item.video.resolve() not in used]


def _check_same_video(first: Item, second: Item) -> None:
    """Raise an error for two videos whose corrections would go into one bundle."""
    if first.video is not None and second.video is not None and not first.video.samefile(second.video):
        raise UsageError(
            f"{second.video}: it would share the bundle {first.bundle.path.name} with {first.video.name}; "
            "review one of them at a time, with --out for the second"
        )


def video_beside(bundle: Bundle) -> Path | None:
    """Return the video that lies beside a bundle under the name in its manifest; None if there is none.

    Raises:
        InputError: the manifest cannot be read.

    """
    name = bundle.read_manifest().video_name
    if not name or Path(name).name != name:  # a bundle from elsewhere must not name files outside its folder
        return None
    video = bundle.path.parent / name
    return video if video.is_file() else None


def _items(path: Path, *, out: Path | None) -> Iterator[Item]:
    """Yield what one path names."""
    if path.is_dir() and path.suffix == SUFFIX:
        bundle = open_bundle(path)
        yield Item(bundle, video_beside(bundle))
    elif path.is_dir():
        items = list(_in_folder(path, out=out))
        if not items:
            raise UsageError(f"{path}: the folder holds neither bundles (*{SUFFIX}) nor videos")
        yield from items
    elif path.suffix == SUFFIX:
        raise InputError(f"{path}: no such bundle; make one with touchline analyze")
    else:
        video = require_regular_file(path)
        yield Item(Bundle.to_write(video, out=out), video)


def _in_folder(folder: Path, *, out: Path | None) -> Iterator[Item]:
    bundles = [open_bundle(path) for path in sorted(folder.glob(f"*{SUFFIX}")) if (path / MANIFEST).is_file()]
    videos = {bundle.path: video_beside(bundle) for bundle in bundles}
    for bundle in bundles:
        yield Item(bundle, videos[bundle.path])
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in VIDEO_ENDINGS and path.is_file() and path not in videos.values():
            yield Item(Bundle.to_write(path, out=out), path)


def _with_given_video(item: Item, given: Sequence[Path]) -> Item:
    """Return an item whose video is elsewhere with the one among the given files that its manifest describes."""
    if item.video is not None or not item.has_manifest:
        return item
    manifest = item.bundle.read_manifest()
    for path in given:
        if path.name == manifest.video_name and video_fingerprint(path) == manifest.video_fingerprint:
            return replace(item, video=path)
    return item
