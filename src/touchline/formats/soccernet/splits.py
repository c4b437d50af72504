"""Lists of games: SoccerNet's public splits, and lists of a user's own as text or JSON.

The names of the games of the public splits are those that SoccerNet publishes; ``splits.json`` holds them by family
(action and ball spotting), split, league and season.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from touchline.core.errors import InputError, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.guard import MAX_FILE_BYTES, read_regular
from touchline.formats.files.json_files import parse_json

PUBLIC = ("train", "valid", "test", "challenge")
"""Names of SoccerNet's splits."""


@dataclass(frozen=True, slots=True)
class GameList:
    """A list of games.

    Attributes:
        title: name of the split, or of the file that holds the list.
        families: names of the games, in lists that belong together: a split of action spotting and that of ball
            spotting have one name, and a folder rarely holds games of both.

    """

    title: str
    families: tuple[tuple[str, ...], ...]

    def choose(self, held: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the games of a folder that are in the list, and those of the list that are not in the folder.

        Games match by their whole name, or by its end if that fits one game alone. Of a family without any match,
        nothing counts as missing.

        Args:
            held: names of the games in the folder.

        """
        found: list[str] = []
        missing: list[str] = []
        for family in self.families:
            matches = {name: _match(name, held) for name in family}
            if len(self.families) == 1 or any(matches.values()):
                found += [match for match in matches.values() if match is not None]
                missing += [name for name, match in matches.items() if match is None]
        return tuple(dict.fromkeys(found)), tuple(missing)


def read_game_list(words: str) -> GameList:
    """Return the list that a split's name or a file gives.

    Args:
        words: ``train``, ``valid``, ``test`` or ``challenge``; or a file with one game a line, a JSON list of games,
            or JSON of league, season and games as in SoccerNet's package.

    Raises:
        UsageError: neither a split nor a file.
        InputError: the file cannot be read, or lists no games.

    """
    path = Path(words)
    if words in PUBLIC and not path.is_file():
        return public_split(words)
    if not path.exists():
        near = did_you_mean(words, PUBLIC)
        raise UsageError(f"--split {words}: is neither a file nor one of {', '.join(PUBLIC)}{near}")
    names = tuple(dict.fromkeys(filter(None, map(_plain, _names_in(path)))))
    if not names:
        raise InputError(f"{path}: lists no games; write one a line, such as england_epl/2014-2015/GAME")
    return GameList(path.name, (names,))


def public_split(name: str) -> GameList:
    """Return one of SoccerNet's splits, its games of action spotting and those of ball spotting.

    Raises:
        KeyError: there is no such split.

    """
    return GameList(name, tuple(tuple(_joined(splits[name])) for splits in _public().values()))


@cache
def _public() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files("touchline.formats.soccernet").joinpath("splits.json").read_bytes()
    found: Mapping[str, Mapping[str, Any]] = orjson.loads(text)
    return found


def _match(name: str, held: Sequence[str]) -> str | None:
    """Return the game that a name of a list means; None if there is none, or several."""
    if name in held:
        return name
    ends = [game for game in held if game.endswith(f"/{name}") or name.endswith(f"/{game}")]
    return ends[0] if len(ends) == 1 else None


def _names_in(path: Path) -> Iterator[str]:
    data = read_regular(path, max_bytes=MAX_FILE_BYTES, expected="a list of games").removeprefix(b"\xef\xbb\xbf")
    if path.suffix.lower() == ".json":
        yield from _joined(parse_json(data, source=str(path)), source=str(path))
        return
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a list of games ({error.reason}); write one a line in UTF-8") from error
    yield from (line for line in map(str.strip, text.splitlines()) if not line.startswith("#"))


def _joined(value: Any, *above: str, source: str = "") -> Iterator[str]:
    """Yield the names of lists in nested objects, such as league, season and games, with what is above them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _joined(inner, *above, str(key), source=source)
    elif isinstance(value, list):
        for inner in value:
            yield from _joined(inner, *above, source=source)
    elif isinstance(value, str):
        yield value if "/" in value else "/".join((*above, value))
    else:
        raise InputError(f"{source}: holds {value!r:.60} where the name of a game was expected")


def _plain(name: str) -> str:
    """Return a name with forward slashes and none at the ends."""
    return posixpath.normpath(name.replace("\\", "/").strip("/ ")) if name.strip("/\\ ") else ""
