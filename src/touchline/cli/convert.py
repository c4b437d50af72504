"""``touchline convert``: event files from one version or layout to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError

if TYPE_CHECKING:
    from touchline.core.events import Timeline
    from touchline.formats.soccernet.versions import Converted


def command(
    source: Annotated[
        Path, typer.Argument(metavar="SRC", help="A label or result file, events.json, a bundle; a folder or zip.")
    ],
    target: Annotated[
        Path, typer.Argument(metavar="DST", help="Labels.json, Labels-v2.json, Labels-ball.json, ... or a folder.")
    ],
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="What to write for each game, where DST is a folder.")
    ] = None,
    video_ini: Annotated[
        Path | None,
        typer.Option("--video-ini", help="SRC's times are of SoccerNet's untrimmed HQ videos: count from its halves."),
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Convert events: the name of the file to write says into what; all that is lost on the way is told.

    Labels.json has SoccerNet's first three classes, Labels-v2.json its 17, Labels-ball.json its 12 of ball actions;
    results_spotting.json holds predictions, events.json everything touchline knows. A folder or zip of games is
    converted game by game into the folder DST.
    """
    output = Output(json=json, debug=debug)
    run_guarded(lambda: _convert(source, target, to=to, video_ini=video_ini, output=output), debug=debug, json=json)


def _convert(source: Path, target: Path, *, to: str | None, video_ini: Path | None, output: Output) -> int:
    from touchline.formats.soccernet.versions import write_version

    inputs = Inputs("games", output=output)
    for game, path, read in _work(source, target, to=to):
        with inputs.one(game, type="error", game=game):
            found, named = read()
            timeline, shifted = _shifted(found, video_ini=video_ini)
            result = write_version(timeline, path, game=named or game)
            _tell(result, game=named or game, outside=shifted, output=output)
            inputs.done(EXIT_DEGRADED if result.lossy or shifted else EXIT_OK)
    return inputs.finish()


def _work(source: Path, target: Path, *, to: str | None) -> Iterator[tuple[str, Path, _Reader]]:
    """What to read and to write: name of the game, the file to write, and a reader of its events.

    Raises:
        UsageError: DST does not fit SRC.
        InputError: SRC is not there, or holds no events.

    """
    from touchline.formats.soccernet.source import missing_advice

    if not source.exists():
        raise InputError(f"{source}: no such file or folder{missing_advice(source.name)}")
    if (source / "events.json").is_file():
        yield _game_of(source), _file_in(target, to=to), _Reader(source / "events.json")
        return
    many = source.is_dir() or source.suffix.lower() == ".zip"
    if not many:
        yield _game_of(source.parent), _file_in(target, to=to), _Reader(source)
        return
    if to is None:
        raise UsageError(f"{source}: holds many games; give a folder as DST and --to NAME, for instance Labels-v2.json")
    for reader in _readers(source):
        yield reader.game, target / reader.game / to, reader


def _file_in(target: Path, *, to: str | None) -> Path:
    return target if to is None else target / to


def _game_of(folder: Path) -> str:
    """A game's name from the folder of its file."""
    name = folder.absolute().name
    return name.removesuffix(".touchline")


class _Reader:
    """Reads the events of one file, alone or in a zip."""

    def __init__(self, path: Path, *, name: str = "", game: str = "") -> None:
        self.path, self.name, self.game = path, name, game

    def __call__(self) -> tuple[Timeline, str]:
        """The events, and the game that the file itself names."""
        from touchline.formats.event_files import EventFiles
        from touchline.formats.soccernet.json import parse_object, read_bytes, url_local
        from touchline.formats.soccernet.labels import parse_labels

        source = f"{self.path}/{self.name}" if self.name else str(self.path)
        if self.name:
            ((_, data),) = EventFiles(self.path).read([self.name])
        else:
            data = read_bytes(self.path)
        document = parse_object(data, source=source)
        if "schema" in document:
            from touchline.formats.bundle import timeline_from_document

            return timeline_from_document(document, path=Path(source)), ""
        return parse_labels(data, source=source), url_local(document)


def _readers(source: Path) -> Iterator[_Reader]:
    """One reader for each game in a folder or zip: of its most telling event file."""
    import posixpath

    from touchline.formats.event_files import EventFiles
    from touchline.formats.soccernet.versions import TARGETS

    order = ["events.json", "Labels-v2.json", "Labels-ball.json", "Labels.json", "results_spotting.json"]
    best: dict[str, str] = {}
    for name in EventFiles(source).names:
        folder, file = posixpath.split(name)
        if file in TARGETS and (folder not in best or order.index(file) < order.index(best[folder])):
            best[folder] = file
    if not best:
        raise InputError(f"{source}: holds no event file by a name that is known: {', '.join(TARGETS)}")
    for folder, file in sorted(best.items()):
        game = folder.removesuffix(".touchline")
        yield _Reader(source, name=posixpath.join(folder, file), game=game)


def _shifted(timeline: Timeline, *, video_ini: Path | None) -> tuple[Timeline, int]:
    if video_ini is None:
        return timeline, 0
    from touchline.formats.soccernet.versions import trimmed
    from touchline.formats.soccernet.video_ini import read_video_ini

    return trimmed(timeline, read_video_ini(video_ini))


def _tell(result: Converted, *, game: str, outside: int, output: Output) -> None:
    notes = [f"{count} events of {label!r} have no class there" for label, count in sorted(result.dropped.items())]
    notes += result.notes
    if outside:
        notes.append(f"{outside} events lie outside the halves of video.ini")
    output.record(
        {
            "type": "converted",
            "game": game,
            "path": str(result.path),
            "events": result.events,
            "dropped": dict(result.dropped),
            "notes": notes,
        }
    )
    if not output.json:
        output.say(f"{result.path}: {result.events} events")
    for note in notes:
        output.note(f"touchline: {result.path}: left out: {note}")
