"""Example clips in class folders: what is in them, and which of them come from one source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.formats.clips.folders import read_clip_folders
from touchline.formats.files.csv_rows import read_column
from touchline.media.clip_reader import ClipFrames, read_frames

GROUPS_FILE = "groups.csv"
"""File among the examples with the columns ``id`` (CLASS/NAME) and ``group``, where names do not show sources."""
ENOUGH = 10
"""Clips of a class below which a warning is given."""

_NUMBERED = re.compile(r"(.*[A-Za-z].*?)[-_. ]+[^-_. ]*\d+")


@dataclass(frozen=True, slots=True, eq=False)
class ExampleClips:
    """Examples that are readable.

    Attributes:
        clips: the examples with their labels and, if known, their sources as groups.
        frames: the frames of each.
        unreadable: files that were left out, with the reason.
        sources_known: whether it is known which examples come from one source.

    """

    clips: ClipSet
    frames: tuple[ClipFrames, ...]
    unreadable: tuple[tuple[Path, str], ...]
    sources_known: bool

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """The class of each example, int64 (n,)."""
        return np.array([self.clips.labels.index(item.label) for item in self.clips], np.int64)


def read_examples(
    folder: Path, *, each: Callable[[Sequence[ClipItem]], Iterable[ClipItem]] = lambda items: items
) -> ExampleClips:
    """Read the clips in class folders, FOLDER/CLASS/clip.mp4 or a folder of pictures for each clip.

    Args:
        folder: the class folders.
        each: goes through the clips, such as with a progress bar.

    Raises:
        InputError: no folder, fewer than two classes, a class without readable clips, or with a single one.

    """
    found = read_clip_folders(folder)
    if len(found.labels) < 2:
        raise InputError(
            f"{folder}: holds one class, {found.labels[0]!r}; a recogniser needs two or more class folders"
        )
    _require(found, folder=folder, least=1, words="holds no clips; add some, or remove the folder")
    items, frames, unreadable = [], [], list(found.unreadable)
    for item in each(found.items):
        try:
            frames.append(read_frames(item.path or Path(item.id)))
            items.append(item)
        except InputError as error:
            unreadable.append((item.path or Path(item.id), str(error)))
    groups = sources_of(items, folder=folder)
    named = tuple(replace(item, group=groups[item.id]) for item in items) if groups else tuple(items)
    clips = ClipSet(named, found.labels)
    _require(clips, folder=folder, least=1, words="none of its clips can be read")
    _require(clips, folder=folder, least=2, words="holds a single readable clip; add more, ten of a class are enough")
    return ExampleClips(clips, tuple(frames), tuple(unreadable), bool(groups))


def _require(clips: ClipSet, *, folder: Path, least: int, words: str) -> None:
    short = next((label for label, count in clips.counts().items() if count < least), None)
    if short is not None:
        raise InputError(f"{folder / short}: {words}")


def sources_of(items: Sequence[ClipItem], *, folder: Path) -> dict[str, str]:
    """Return the source, such as the match, of each example by its id; empty if they are not known.

    They are read from ``GROUPS_FILE``, or from names of the form SOURCE_NUMBER. Names count only if every class has
    clips of several sources: ``pass_01`` in the class ``pass`` says nothing about sources.

    Raises:
        InputError: an example is missing in the file.

    """
    path = folder / GROUPS_FILE
    if path.is_file():
        groups = dict(zip(read_column(path, "id"), read_column(path, "group"), strict=True))
        missing = [item.id for item in items if not groups.get(item.id)]
        if missing:
            raise InputError(f"{path}: has no group for {len(missing)} clips, e.g. {missing[0]!r}")
        return {item.id: groups[item.id] for item in items}
    sources: dict[str, str] = {}
    by_class: dict[str, set[str]] = defaultdict(set)
    for item in items:
        match = _NUMBERED.fullmatch(Path(item.id).name)
        if match is None:
            return {}
        sources[item.id] = match[1]
        by_class[item.label].add(match[1])
    several = all(len(names) > 1 for names in by_class.values())
    return sources if several and len(set(sources.values())) < len(items) else {}
