"""Where ``convert`` and ``export`` read events from: a file, a bundle, or a folder or zip of many games."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.core.errors import InputError

if TYPE_CHECKING:
    from touchline.formats.bundle import Bundle
    from touchline.formats.events.event_format import EventFormat, FoundEvents, ReadOptions


@dataclass(frozen=True)
class EventInput:
    """The events of one game.

    Attributes:
        game: its name, from the place of the file.
        path: a file of events, a bundle, or a folder or zip that holds ``name``.
        name: the file inside a folder or zip; empty for one that stands alone.
        own_name: whether the file's own name tells the game, as ``match.xml`` does and ``Labels.json`` does not.

    """

    game: str
    path: Path
    name: str = ""
    own_name: bool = False

    @property
    def bundle(self) -> Bundle | None:
        """The bundle that it is; None for a file."""
        from touchline.formats.bundle import EVENTS, SUFFIX, Bundle

        folder = self.path if not self.name else (self.path / self.name).parent
        if self.path.is_dir() and (not self.name or (self.name.endswith(EVENTS) and folder.suffix == SUFFIX)):
            return Bundle(folder)
        return None

    def read(self, options: ReadOptions | None = None, known: EventFormat | None = None) -> FoundEvents:
        """Read the events; those of a bundle as corrected.

        Args:
            options: what the user states about the file.
            known: its format; None recognises it.

        Raises:
            InputError: the file is damaged, or of an unknown format.

        """
        from touchline.formats.events.event_files import EventFiles
        from touchline.formats.events.event_format import FoundEvents
        from touchline.formats.events.registry import find_events
        from touchline.formats.soccernet.game_names import game_in_path

        bundle = self.bundle
        if bundle is not None:
            context = bundle.export_context()
            game = game_in_path(bundle.path)
            return FoundEvents(bundle.events_to_export(), game, styles=context.styles, video=context.video)
        if not self.name:
            return find_events(self.path, source=str(self.path), options=options, known=known)
        ((_, data),) = EventFiles(self.path, endings=(Path(self.name).suffix,)).read([self.name])
        return find_events(data, source=f"{self.path}/{self.name}", options=options, known=known)


def is_bundle(path: Path) -> bool:
    """Whether a path is a bundle with events or tracks, found by an analysis or added in a review."""
    return any((path / name).is_file() for name in ("events.json", "corrections.jsonl", "tracks.parquet"))


def holds_many(path: Path) -> bool:
    """Whether a path is a folder or zip of games."""
    return not is_bundle(path) and (path.is_dir() or path.suffix.lower() == ".zip")


def event_inputs(source: Path) -> Iterator[EventInput]:
    """One input for each game of a file, a bundle, or a folder or zip.

    Raises:
        InputError: the path does not exist, or holds no events.

    """
    from touchline.formats.soccernet.source import missing_advice

    if not source.exists():
        raise InputError(f"{source}: no such file or folder{missing_advice(source.name)}")
    if holds_many(source):
        yield from _games_in(source)
    elif source.is_dir():
        yield EventInput(game_of(source), source, own_name=True)
    else:
        yield _alone(source)


def file_in(folder: Path, given: EventInput, known: EventFormat) -> Path:
    """The file of a format for a game in a folder: ``GAME.xml``, or ``GAME/Labels.json`` where its name is fixed."""
    return folder / (f"{given.game}{known.suffixes[0]}" if known.suffixes else f"{given.game}/{known.default_name}")


def game_of(folder: Path) -> str:
    """A game's name from the folder of its file."""
    return folder.absolute().name.removesuffix(".touchline")


def _alone(path: Path) -> EventInput:
    stem = _stem(path.name)
    return EventInput(stem or game_of(path.parent), path, own_name=bool(stem))


def _stem(file_name: str) -> str:
    """The name of a file without the ending of its format; empty where the whole name is the format's."""
    from touchline.formats.events.registry import FORMATS

    if any(file_name in known.file_names for known in FORMATS):
        return ""
    endings = [end for known in FORMATS for end in known.suffixes if file_name.lower().endswith(end)]
    return file_name[: -len(max(endings, key=len))] if endings else Path(file_name).stem


def _games_in(source: Path) -> Iterator[EventInput]:
    """The games of a folder or zip: of fixed file names the one that holds most, of others every file by itself."""
    import posixpath

    from touchline.formats.events.event_files import EventFiles
    from touchline.formats.events.registry import FORMATS, file_endings, format_taking, known_files

    best: dict[str, tuple[int, str]] = {}
    others: dict[str, list[str]] = {}
    for name in EventFiles(source, endings=file_endings()).names:
        folder, file = posixpath.split(name)
        known = format_taking(file)
        if known is None or not known.readable:
            continue
        if file in known.file_names:
            rank = FORMATS.index(known), file
            best[folder] = min(best.get(folder, rank), rank)
        else:
            others.setdefault(folder, []).append(file)
    if not best and not others:
        raise InputError(f"{source}: holds no event file; looked for {known_files()}")
    for folder in sorted({*best, *others}):
        game = folder.removesuffix(".touchline")
        if folder in best:
            yield EventInput(game, source, posixpath.join(folder, best[folder][1]))
        else:
            for file in sorted(others[folder]):
                yield EventInput(posixpath.join(folder, _stem(file)), source, posixpath.join(folder, file), True)
