"""A folder of SoccerNet games as its downloader lays it out: league/season/game, with the files of one game in each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from touchline.core.errors import InputError
from touchline.core.labels import label_files
from touchline.formats.features.vectors import SOCCERNET_FEATURES
from touchline.formats.soccernet.game_names import WHOLE_VIDEOS, half_in_name
from touchline.formats.soccernet.source import missing_advice, source_of

Quality = Literal["720p", "HQ", "224p", "LQ"]
"""Which of a game's videos: SoccerNet names the last ``1.mkv`` and ``2.mkv``."""
QUALITIES: tuple[Quality, ...] = ("720p", "HQ", "224p", "LQ")
"""All of them, the preferred one first: trimmed to the half and large, then large, then small."""

_HALF_FILE = re.compile(r"^([12])(_.*)?\.(mkv|mp4|npy)$")
_ENDINGS = ("mp4", "mkv")
"""Of the videos of halves; SoccerNet's own is the last, and counts if there are both."""


@dataclass(frozen=True, slots=True)
class GameFolder:
    """The files of one game.

    Attributes:
        name: ``league/season/game`` below the set's folder.
        path: folder of the game.
        files: names of the files in it.

    """

    name: str
    path: Path
    files: tuple[str, ...]

    def labels(self, name: str | None = None) -> Path:
        """Return a label file; the preferred one if no name is given.

        Raises:
            InputError: the file is missing; the message says how to obtain it.

        """
        wanted = label_files() if name is None else (name,)
        for candidate in wanted:
            if candidate in self.files:
                return self.path / candidate
        raise self.missing(wanted[0])

    def features(self, kind: str) -> Mapping[int, Path]:
        """Return half -> feature file of a set such as ``"ResNET_TF2_PCA512"``.

        Raises:
            InputError: a half has no such file; the message says how to obtain it.

        """
        names = {half: f"{half}_{kind}.npy" for half in (1, 2)}
        for name in names.values():
            if name not in self.files:
                raise self.missing(name)
        return {half: self.path / name for half, name in names.items()}

    def videos(self, quality: Quality | None = None) -> Mapping[int, Path]:
        """Return half -> video; a game's only video counts as half 1.

        Both halves have the same quality if possible; a half that has only another one is still returned. Untrimmed HQ
        videos without their ``video.ini`` come last.

        Args:
            quality: which videos; None takes the first of :data:`QUALITIES` that both halves have.

        Raises:
            InputError: the game has no such video; the message says how to obtain one.

        """
        usual: tuple[Quality, ...] = ("720p", "224p", "LQ", "HQ") if "video.ini" not in self.files else QUALITIES
        wanted: tuple[Quality, ...] = usual if quality is None else (quality,)
        kinds = [found for found in map(self._halves, wanted) if found]
        both = next((found for found in kinds if len(found) == 2), None)
        found = both or {half: path for kind in reversed(kinds) for half, path in kind.items()}
        names = [name for name in WHOLE_VIDEOS if quality is None or name.startswith(quality)]
        whole = next((name for name in names if name in self.files), None)
        if not found and whole is not None:
            found = {1: self.path / whole}
        if not found:
            raise (
                self.no_video() if quality is None else self.missing("1.mkv" if quality == "LQ" else f"1_{quality}.mkv")
            )
        return dict(sorted(found.items()))

    @property
    def has_video(self) -> bool:
        """Whether the game has any video."""
        return any(name in WHOLE_VIDEOS or half_in_name(name) for name in self.files if name.endswith(_ENDINGS))

    def no_video(self) -> InputError:
        """Return the error of a game without any video; it says how to obtain one."""
        ball = "Labels-ball.json" in self.files
        return self.missing(WHOLE_VIDEOS[0] if ball else "1_720p.mkv")

    def _halves(self, quality: Quality) -> dict[int, Path]:
        names = [(half, f"{half}{_suffix(quality)}.{ending}") for ending in _ENDINGS for half in (1, 2)]
        return {half: self.path / name for half, name in names if name in self.files}

    def missing(self, name: str) -> InputError:
        """Return the error of a missing file; it says how to obtain it."""
        return InputError(f"{self.path / name}: file not found{missing_advice(name)}")


def _suffix(quality: Quality) -> str:
    return "" if quality == "LQ" else f"_{quality}"


@dataclass(frozen=True, slots=True)
class Holding:
    """The number of games that have a kind of file, and how to obtain the rest."""

    name: str
    games: int
    advice: str


def find_games(root: Path) -> list[GameFolder]:
    """Return every folder below that holds files of a game, sorted by name.

    Raises:
        InputError: there are no games.

    """
    games = list(_walk(root))
    if not games:
        raise InputError(
            f"{root}: holds no SoccerNet games: no folder in it has labels, videos or features with SoccerNet's names"
        )
    return games


def holdings(games: list[GameFolder]) -> list[Holding]:
    """Return the number of games that have each relevant kind of file."""
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
        inner[:] = sorted(name for name in inner if not name.startswith(".") and not name.endswith(".touchline"))
        if any(source_of(name) is not None or _HALF_FILE.match(name) for name in files):
            name = os.path.relpath(folder, root).replace(os.sep, "/")
            yield GameFolder("" if name == "." else name, Path(folder), tuple(sorted(files)))
