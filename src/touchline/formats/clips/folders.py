"""Folders of labelled clips: one folder per class, with a video file or a folder of images for each clip.

    root/CLASS/clip.mp4                 any collection
    root/CLASS/clip/0001.jpg            the same as images
    root/SPLIT/CLASS/...                with the collection's own split; SPLIT is train, val, valid or test
    root/images/SPLIT/CLASS/...         SoccerDB1, as laid out by SoccerKDNet

Entries that are not clips are listed in ``unreadable``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError

_SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts"})


def read_clip_folders(root: Path | str, *, labels: tuple[str, ...] | None = None) -> ClipSet:
    """Read the clips in class folders.

    Args:
        root: the top folder.
        labels: class names in the desired order; the folder names in alphabetical order by default.

    Raises:
        InputError: the folder does not exist, holds no class, or holds a class that ``labels`` does not name.

    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of clips")
    if (root / "images").is_dir() and any(name in _SPLITS for name in _folders(root / "images")):
        root = root / "images"
    parts: list[tuple[Path, str | None]] = [
        (root / name, split) for name, split in _SPLITS.items() if (root / name).is_dir()
    ] or [(root, None)]
    found = sorted({name for part, _ in parts for name in _folders(part)})
    if not found:
        raise InputError(f"{root}: holds no class folder; expected {root}/CLASS/clip.mp4")
    unknown = sorted(set(found) - set(labels or found))
    if unknown:
        raise InputError(f"{root}: classes {unknown} are not in {list(labels or ())}")
    items: list[ClipItem] = []
    left_out: list[tuple[Path, str]] = []
    for part, split in parts:
        for label in _folders(part):
            for path, reason in _clips(part / label):
                if reason:
                    left_out.append((path, reason))
                    continue
                name = f"{label}/{path.stem if path.is_file() else path.name}"
                items.append(ClipItem(f"{split}/{name}" if split else name, label, path=path, split=split))
    return ClipSet(tuple(items), labels or tuple(found), unreadable=tuple(left_out))


def _folders(folder: Path) -> list[str]:
    return sorted(child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))


def _clips(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every entry of a class folder, with the reason why it is not a clip, or an empty one."""
    for child in sorted(folder.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir():
            pictures = any(inner.suffix.lower() in _PICTURES for inner in child.iterdir())
            yield child, "" if pictures else "a folder without images"
        elif child.suffix.lower() not in _VIDEOS:
            yield child, "neither a video file nor a folder of images"
        else:
            yield child, "" if child.stat().st_size else "an empty file"
