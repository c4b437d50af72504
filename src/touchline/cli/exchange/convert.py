"""``touchline convert``: event files from one format to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.exchange.cameras import TO_CAMERAS, convert_cameras
from touchline.cli.exchange.convert_arguments import ConvertArguments
from touchline.cli.exchange.event_inputs import EventInput, event_inputs, file_in, holds_many
from touchline.cli.exchange.halves import Halves
from touchline.cli.exchange.trim import is_video, trim
from touchline.cli.exchange.written import report_written
from touchline.cli.inputs import Inputs
from touchline.cli.options import verb
from touchline.cli.progress import each_with_progress
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.events import Timeline
    from touchline.formats.events.event_format import Converted, EventFormat, FoundEvents, ReadOptions


def _run(given: ConvertArguments, output: Output) -> int:
    """Convert files of events, write the camera of a bundle, or cut a video to its half."""
    if given.to == TO_CAMERAS:
        return convert_cameras(given.source, given.target, output=output)
    if is_video(given.target):
        ini, half, fast = given.video_ini, given.half, given.fast
        return trim(given.source, given.target, video_ini=ini, half=half, fast=fast, output=output)
    if is_video(given.source):
        raise UsageError(f"{given.source}: is a video; give {given.target} an ending of a video too, .mp4 or .mkv")
    if given.fast:
        raise UsageError("--fast is for videos, which it copies without encoding; leave it out")
    return _convert_events(given, output=output)


command = verb(
    ConvertArguments,
    _run,
    about="""Convert event files between formats.

    The name of the file to write selects its format, such as Labels-v2.json, match.xml (Sportscode) or match.csv; --to
    selects it by name. A folder or zip of games is converted game by game. Of a bundle, the corrected events are read;
    --to soccernet-cameras writes its camera. What the format cannot hold is listed, with exit code 4. A video is cut to
    its half by SoccerNet's video.ini, copied if a key frame is at its start, else encoded.

    Examples:
      touchline convert tags.csv match.xml --columns label=Name --columns start=Position
      touchline convert game/1_HQ.mkv game/1_720p.mkv

    """,
)


def _convert_events(given: ConvertArguments, *, output: Output) -> int:
    """Convert files of events, as asked for."""
    from dataclasses import replace

    from touchline.formats.events.providers.provider_events import parse_period_starts, provider_named
    from touchline.formats.events.registry import format_named

    known = None if given.from_ is None else provider_named(given.from_) or format_named(given.from_)
    starts_us = parse_period_starts(given.period_start or [])
    options = read_options(given.columns, item=given.item, fps=given.fps)
    options = replace(options, beside=given.beside, period_starts_us=starts_us, labels=given.labels)
    halves = Halves(given.half, given.video_ini)
    return _convert(given.source, given.target, to=given.to, halves=halves, options=options, known=known, output=output)


def read_options(columns: list[str] | None, *, item: str | None, fps: float | None) -> ReadOptions:
    """What the user states about the files to read.

    Raises:
        UsageError: the columns cannot be understood.

    """
    from touchline.core.clock import exact_rate
    from touchline.formats.events.event_format import ReadOptions
    from touchline.formats.events.tables.columns import parse_columns

    rate = None if fps is None else exact_rate(fps)
    return ReadOptions(columns=parse_columns(columns or []), fps=rate, item=item)


def _convert(
    source: Path,
    target: Path,
    *,
    to: str | None,
    halves: Halves,
    options: ReadOptions,
    known: EventFormat | None,
    output: Output,
) -> int:
    inputs = Inputs("games", output=output)
    for given, path in each_with_progress(list(_work(source, target, to=to)), unit="games"):
        with inputs.one(given.game, type="error", game=given.game):
            found = given.read(options, known)
            game = found.game or given.game
            timeline, outside = halves.of(found.timeline, given)
            result = _write(timeline, path, found=found, game=game, options=options, to=to)
            more = [f"{counted(outside, 'event')} outside the halves of video.ini"] if outside else []
            record = {"type": "converted", "game": game}
            report_written(result, output=output, record=record, more=more, read_notes=found.notes)
            inputs.done(EXIT_DEGRADED if result.lossy or outside else EXIT_OK)
    return inputs.finish()


def _write(
    timeline: Timeline, path: Path, *, found: FoundEvents, game: str, options: ReadOptions, to: str | None
) -> Converted:
    """Write a timeline with what its file says about the video and its labels."""
    from dataclasses import replace

    from touchline.formats.events.export_context import ExportContext
    from touchline.formats.events.registry import write_events

    video = found.video if found.video.fps is not None else replace(found.video, fps=options.fps)
    context = ExportContext(game=game, video=video, styles=found.styles, kept=found.kept)
    chosen = _format_of(to)
    if chosen is None:
        return write_events(timeline, path, context=context)
    return chosen.write(timeline, path, context=context)


def _format_of(to: str | None) -> EventFormat | None:
    """The format that ``--to`` names; None for the name of a file."""
    from touchline.formats.events.registry import FORMATS

    return next((known for known in FORMATS if known.name == to), None)


def _work(source: Path, target: Path, *, to: str | None) -> Iterator[tuple[EventInput, Path]]:
    """What to read, and the file to write for it.

    Raises:
        UsageError: DST does not fit SRC.
        InputError: SRC does not exist, or holds no events.

    """
    chosen = _format_of(to)
    many = source.exists() and holds_many(source)
    if many and to is None:
        raise UsageError(
            f"{source}: is a folder or zip of games; give a folder as DST and --to NAME, such as Labels-v2.json"
        )
    for given in event_inputs(source):
        if chosen is not None:
            yield given, file_in(target, given, chosen) if many or target.is_dir() else target
        elif to is not None:
            yield given, target / given.game / to if many else target / to
        else:
            yield given, target
