"""A folder of SoccerNet's games as its downloader lays it out: league/season/game, files of one game in each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.labels import label_files
from touchline.formats.features.vectors import SOCCERNET_FEATURES
from touchline.formats.soccernet.source import missing_advice, source_of

_HALF_FILE = re.compile(r"^([12])(_.*)?\.(mkv|mp4|npy)$")
_WHOLE_VIDEOS = ("720p.mp4", "224p.mp4")


@dataclass(frozen=True, slots=True)
class GameFolder:
    """One game.

    Attributes:
        name: ``league/season/game`` below the set's folder.
        path: its folder.
        files: names in it.

    """

    name: str
    path: Path
    files: tuple[str, ...]

    def labels(self, name: str | None = None) -> Path:
        """Return a label file; the best known one where none is named.

        Raises:
            InputError: it is not there; the message says how to get it.

        """
        wanted = label_files() if name is None else (name,)
        for candidate in wanted:
            if candidate in self.files:
                return self.path / candidate
        raise self._missing(wanted[0])

    def features(self, kind: str) -> Mapping[int, Path]:
        """Half -> feature file of a set such as ``"ResNET_TF2_PCA512"``.

        Raises:
            InputError: not there for both halves; the message says how to get it.

        """
        names = {half: f"{half}_{kind}.npy" for half in (1, 2)}
        for name in names.values():
            if name not in self.files:
                raise self._missing(name)
        return {half: self.path / name for half, name in names.items()}

    def videos(self) -> Mapping[int, Path]:
        """Half -> video, the largest pictures first; a game's only video counts as half 1.

        Raises:
            InputError: the game has no video; the message says how to get one.

        """
        found: dict[int, Path] = {}
        for suffix in ("_HQ", "_720p", "_224p", ""):
            for half in (1, 2):
                if f"{half}{suffix}.mkv" in self.files:
                    found.setdefault(half, self.path / f"{half}{suffix}.mkv")
        whole = next((name for name in _WHOLE_VIDEOS if name in self.files), None)
        if not found and whole is not None:
            found[1] = self.path / whole
        if not found:
            raise self._missing("1_720p.mkv")
        return found

    def _missing(self, name: str) -> InputError:
        return InputError(f"{self.path / name}: not there{missing_advice(name)}")


@dataclass(frozen=True, slots=True)
class Holding:
    """How many games have a kind of file, and how to get the rest."""

    name: str
    games: int
    advice: str


def find_games(root: Path) -> list[GameFolder]:
    """Return every folder below that holds files of a game, by name.

    Raises:
        InputError: there are no games.

    """
    games = list(_walk(root))
    if not games:
        raise InputError(
            f"{root}: holds no games of SoccerNet: no folder in it has labels, videos or features by SoccerNet's names"
        )
    return games


def holdings(games: list[GameFolder]) -> list[Holding]:
    """For each kind of file that matters, in how many games it is."""
    kinds = [*label_files(), "1_224p.mkv", "1_720p.mkv", "1_HQ.mkv", "video.ini", "720p.mp4"]
    kinds += [f"1_{kind}.npy" for kind in SOCCERNET_FEATURES]
    found = [Holding(kind, sum(kind in game.files for game in games), _advice(kind)) for kind in kinds]
    main = {"Labels-v2.json", "1_720p.mkv", "1_ResNET_TF2_PCA512.npy"}
    return [holding for holding in found if holding.games or holding.name in main]


def _advice(kind: str) -> str:
    source = source_of(kind)
    return "" if source is None else source.advice(kind)


def _walk(root: Path) -> Iterator[GameFolder]:
    if not root.is_dir():
        raise InputError(f"{root}: not a folder; give the one that SoccerNet's games were downloaded into")
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        if any(source_of(name) is not None or _HALF_FILE.match(name) for name in files):
            name = os.path.relpath(folder, root).replace(os.sep, "/")
            yield GameFolder("" if name == "." else name, Path(folder), tuple(sorted(files)))
