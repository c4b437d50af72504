"""The games of a truth or prediction set, and the pairing of predictions with truth."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from touchline.core.columns import EventColumns, empty_columns
from touchline.core.errors import InputError
from touchline.core.labels import LabelSet, label_files
from touchline.formats.events.event_files import EventFiles
from touchline.formats.files.json_files import parse_object
from touchline.formats.soccernet.columns import columns_from_annotations, columns_from_predictions
from touchline.formats.soccernet.doubts import Doubts, doubts_of
from touchline.formats.soccernet.entries import event_entries, url_local

Kind = Literal["annotations", "predictions"]
RESULT_FILES = ("results_spotting.json",)
BUNDLE_SUFFIX = ".touchline"
_VIDEO_NAME = re.compile(r"[12]|([12]_)?(224p|720p|HQ)")
"""Stems of SoccerNet's videos, which are the same in every game."""


@dataclass(frozen=True, slots=True, eq=False)
class GameFile:
    """The events of one game's file.

    Attributes:
        game: folder of the file within its set; empty at the top level.
        url_local: game that the file itself names; empty if it names none.
        file_name: name of the file without its folder.
        source: name of the file for messages.
        columns: events of the file.
        doubts: what contradicts itself in it.

    """

    game: str
    url_local: str
    file_name: str
    source: str
    columns: EventColumns
    doubts: Doubts = field(default_factory=Doubts)

    @property
    def title(self) -> str:
        """The game's display name."""
        return self.game or self.url_local or self.file_name


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The truth of a game and the predictions for it; ``found`` is None if there are none."""

    truth: GameFile
    found: GameFile | None

    @property
    def predictions(self) -> EventColumns:
        """The predicted events; empty if the file is missing."""
        return empty_columns() if self.found is None else self.found.columns


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """All games of the truth, and the prediction files that match none of them."""

    pairs: tuple[Pair, ...]
    unused: tuple[GameFile, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Games without predictions."""
        return tuple(pair.truth.title for pair in self.pairs if pair.found is None)


def load_games(path: Path, *, kind: Kind, file_names: Iterable[str] = ()) -> list[GameFile]:
    """Read the event files of a file, folder or zip.

    Args:
        path: a file, folder or zip.
        kind: label files or result files.
        file_names: names to look for, the preferred first; SoccerNet's names by default.

    Raises:
        InputError: no file was found, or one cannot be read.

    """
    files = EventFiles(path)
    known = tuple(file_names) or (label_files() if kind == "annotations" else RESULT_FILES)
    names = files.names if files.single else _of_games(_choose_names(files, known, kind=kind))
    return [_load(data, name=name, source=files.source(name), kind=kind) for name, data in files.read(names)]


def pair_games(truth: Iterable[GameFile], found: Iterable[GameFile]) -> Pairing:
    """Match each game with its predictions: by folder, by the game the file names, or by the end of either.

    One game and one prediction belong together if either names no game, as a file by itself often does.

    Raises:
        InputError: two prediction files match one game, or none matches any.

    """
    truth, found = list(truth), list(found)
    if len(truth) == len(found) == 1:
        _require_related(truth[0], found[0])
        return Pairing((Pair(truth[0], found[0]),), ())
    chosen: dict[int, GameFile] = {}
    for keys_of in (_folder_keys, _all_keys, _end_keys):
        taken = {id(file) for file in chosen.values()}
        free = [file for file in found if id(file) not in taken]
        _claim([i for i in range(len(truth)) if i not in chosen], truth, free, keys_of=keys_of, chosen=chosen)
    if not chosen:
        names = f"the first game is {truth[0].title!r}, the first prediction {found[0].title!r}"
        raise InputError(f"no prediction matches any game of the truth; {names}")
    taken = {id(file) for file in chosen.values()}
    unused = tuple(file for file in found if id(file) not in taken)
    return Pairing(tuple(Pair(game, chosen.get(i)) for i, game in enumerate(truth)), unused)


def differing_names(truth: GameFile, found: GameFile) -> tuple[str, str] | None:
    """Return the games that two files name if they have no name in common; None if either names none."""
    keys, others = _names(truth), _names(found)
    if not keys or not others or not {*map(_last, keys)}.isdisjoint(map(_last, others)):
        return None
    return keys[0], others[0]


def _require_related(truth: GameFile, found: GameFile) -> None:
    """Refuse files that name different games, if they name them alike: by folders of a set, or by a single word.

    Raises:
        InputError: they do.

    """
    names = differing_names(truth, found)
    if names is not None and ("/" in names[0]) == ("/" in names[1]):
        raise InputError(
            f"{truth.source} is of the game {names[0]!r}, {found.source} of {names[1]!r}: they have no name in common; "
            "give files of one game, or correct UrlLocal in one of them"
        )


def _names(file: GameFile) -> list[str]:
    """Return the names of a file's game, the longest first; those of videos within a game say nothing of it."""
    names = [key for key in _all_keys(file) if not _VIDEO_NAME.fullmatch(_last(key))]
    return sorted(names, key=lambda name: name.count("/"), reverse=True)


def _last(name: str) -> str:
    return posixpath.basename(name)


def _claim(
    open_games: list[int],
    truth: list[GameFile],
    free: list[GameFile],
    *,
    keys_of: Callable[[GameFile], list[str]],
    chosen: dict[int, GameFile],
) -> None:
    """Assign to each open game the one free file that shares a key with it."""
    table: dict[str, list[GameFile]] = {}
    for file in free:
        for key in keys_of(file):
            table.setdefault(key, []).append(file)
    owner: dict[int, str] = {}
    for i in open_games:
        title = truth[i].title
        claims = {id(file): file for key in keys_of(truth[i]) for file in table.get(key, [])}
        if len(claims) > 1:
            names = ", ".join(sorted(file.source for file in claims.values()))
            raise InputError(f"{title}: {len(claims)} prediction files match this game ({names}); keep one")
        for file in claims.values():
            other = owner.setdefault(id(file), title)
            if other != title:
                raise InputError(f"{file.source}: matches two games, {other!r} and {title!r}; use the truth's folders")
            chosen[i] = file


def as_classes(file: GameFile, label_set: LabelSet) -> GameFile:
    """Return the file with labels replaced by the classes they are scored as; unscored labels stay.

    For SoccerNet's first version ``"y-card"`` becomes ``"card"``.
    """
    columns = file.columns
    classes = [label_set.class_of(label) or label for label in columns.labels]
    names = list(dict.fromkeys([*label_set.scored, *classes]))
    table = np.array([names.index(name) for name in classes], np.int64)
    label = table[columns.label] if len(columns) else columns.label
    return replace(file, columns=replace(columns, labels=tuple(names), label=label))


def _load(data: bytes, *, name: str, source: str, kind: Kind) -> GameFile:
    """Parse one file."""
    folder, file_name = posixpath.split(name)
    document = parse_object(data, source=source)
    found, entries = event_entries(document, source=source)
    if found != kind:
        raise InputError(f"{source}: holds {found}, not {kind}; check --truth and --predictions")
    convert = columns_from_annotations if kind == "annotations" else columns_from_predictions
    columns = convert(entries, source=source)
    doubts = doubts_of(entries, where=f"{source}: {kind}")
    return GameFile(folder, url_local(document), file_name, source, columns, doubts)


def _choose_names(files: EventFiles, known: tuple[str, ...], *, kind: Kind) -> list[str]:
    """Return the files with the most preferred name, or with the only name if none is known."""
    counts = Counter(posixpath.basename(name) for name in files.names)
    wanted = next((name for name in known if name in counts), None)
    if wanted is None and len(counts) == 1:
        wanted = next(iter(counts))
    if wanted is not None:
        return [name for name in files.names if posixpath.basename(name) == wanted]
    seen = ", ".join(sorted(counts)[:6])
    raise InputError(f"{files.path}: no file with {kind} is named {' or '.join(known)}; the names found are {seen}")


def _of_games(names: list[str]) -> list[str]:
    """Return the files without those in the bundles of videos whose game has one for all of its videos."""
    held = set(names)

    def is_part(name: str) -> bool:
        folder, file_name = posixpath.split(name)
        game = posixpath.dirname(folder)
        return folder.endswith(BUNDLE_SUFFIX) and posixpath.join(game, file_name) in held

    return [name for name in names if not is_part(name)]


def _folder_keys(file: GameFile) -> list[str]:
    """Return keys for the file's folder; a bundle also stands for the video beside it and for its folder."""
    keys = [file.game]
    head, tail = posixpath.split(file.game)
    if tail.endswith(BUNDLE_SUFFIX):
        keys += [posixpath.join(head, tail.removesuffix(BUNDLE_SUFFIX)), head]
    return keys


def _all_keys(file: GameFile) -> list[str]:
    """Return keys for the file's folder and for the game it names."""
    return [key for key in dict.fromkeys([*_folder_keys(file), file.url_local]) if key]


def _end_keys(file: GameFile) -> list[str]:
    """Return the last folder of each name, for sets that differ above the games."""
    return list(dict.fromkeys(posixpath.basename(key) for key in _all_keys(file)))
