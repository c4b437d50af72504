"""``touchline convert``: event files from one format to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.cli.progress import each_with_progress
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.events import Timeline
    from touchline.formats.events.event_format import Converted


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC", help="Label file, result file, events.json or bundle; or a folder or zip of them."
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="DST", help="File to write, named after its format, such as Labels-v2.json; or a folder."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="NAME", help="Write a file of this name for each game.", show_default="DST is the file"
        ),
    ] = None,
    video_ini: Annotated[
        Path | None,
        typer.Option(
            "--video-ini",
            metavar="FILE",
            help="Convert times of SoccerNet's untrimmed HQ videos to times in the halves of this video.ini.",
            show_default="times stay as they are",
        ),
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Convert event files between formats.

    The name of the file to write selects its format: Labels.json (3 classes of SoccerNet), Labels-v2.json (17),
    Labels-ball.json (12 ball actions), results_spotting.json (predictions) or events.json (all that touchline knows).
    A folder or zip of games is converted game by game into the folder DST. Events that the format cannot hold are
    listed, and the exit code is 4.

    Examples:
      touchline convert match.touchline Labels-v2.json
      touchline convert games.zip converted --to Labels-ball.json

    """
    output = Output(json=json, debug=debug)
    run_guarded(lambda: _convert(source, target, to=to, video_ini=video_ini, output=output), debug=debug, json=json)


def _convert(source: Path, target: Path, *, to: str | None, video_ini: Path | None, output: Output) -> int:
    from touchline.formats.events.registry import write_events

    inputs = Inputs("games", output=output)
    for game, path, read in each_with_progress(list(_work(source, target, to=to)), unit="games"):
        with inputs.one(game, type="error", game=game):
            found, named = read()
            timeline, shifted = _shifted(found, video_ini=video_ini)
            result = write_events(timeline, path, game=named or game)
            _report(result, game=named or game, outside=shifted, output=output)
            inputs.done(EXIT_DEGRADED if result.lossy or shifted else EXIT_OK)
    return inputs.finish()


def _work(source: Path, target: Path, *, to: str | None) -> Iterator[tuple[str, Path, _Reader]]:
    """What to read and to write: name of the game, the file to write, and a reader of its events.

    Raises:
        UsageError: DST does not fit SRC.
        InputError: SRC does not exist, or holds no events.

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
        raise UsageError(
            f"{source}: is a folder or zip of games; give a folder as DST and --to NAME, such as Labels-v2.json"
        )
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
        from touchline.formats.events.event_files import EventFiles
        from touchline.formats.events.registry import read_events
        from touchline.formats.files.json_files import read_bytes

        if not self.name:
            return read_events(read_bytes(self.path), source=str(self.path))
        ((_, data),) = EventFiles(self.path, endings=(Path(self.name).suffix,)).read([self.name])
        return read_events(data, source=f"{self.path}/{self.name}")


def _readers(source: Path) -> Iterator[_Reader]:
    """One reader for each game in a folder or zip, of the event file that holds most."""
    import posixpath

    from touchline.formats.events.event_files import EventFiles
    from touchline.formats.events.registry import FORMATS, file_endings, format_taking, known_files

    best: dict[str, tuple[int, str]] = {}
    for name in EventFiles(source, endings=file_endings()).names:
        folder, file = posixpath.split(name)
        known = format_taking(file)
        if known is not None:
            rank = FORMATS.index(known), file
            best[folder] = min(best.get(folder, rank), rank)
    if not best:
        raise InputError(f"{source}: holds no event file; looked for {known_files()}")
    for folder, (_, file) in sorted(best.items()):
        game = folder.removesuffix(".touchline")
        yield _Reader(source, name=posixpath.join(folder, file), game=game)


def _shifted(timeline: Timeline, *, video_ini: Path | None) -> tuple[Timeline, int]:
    if video_ini is None:
        return timeline, 0
    from touchline.formats.soccernet.video_ini import read_video_ini, trimmed

    return trimmed(timeline, read_video_ini(video_ini))


def _report(result: Converted, *, game: str, outside: int, output: Output) -> None:
    notes = [
        f"{counted(count, 'event')} of {label!r} {'has' if count == 1 else 'have'} no class there"
        for label, count in sorted(result.dropped.items())
    ]
    notes += result.notes
    if outside:
        notes.append(f"{counted(outside, 'event')} outside the halves of video.ini")
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
        output.say(f"{result.path}: {counted(result.events, 'event')}")
    for note in notes:
        output.note(f"touchline: {result.path}: left out: {note}")
