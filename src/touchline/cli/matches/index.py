"""``touchline index``: a season in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from touchline.cli.common import Output, one_line
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption, SharedArguments, verb
from touchline.cli.progress import progress_bar
from touchline.core.errors import EXIT_DEGRADED, EXIT_INPUT, EXIT_OK, ResourceError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from touchline.season.folder import SeasonFolder
    from touchline.season.index import IndexResult

QUESTIONS = ("matches", "labels", "passes", "shots", "players", "keepers", "names")
"""Names of the ready questions, so that help needs none of their modules; a test compares them with the registry."""
_USUAL_NAMES = "teams.csv"


@dataclass(frozen=True, kw_only=True)
class IndexArguments(SharedArguments):
    """What ``index`` takes."""

    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...", help="Folders with bundles, or bundles: all in them and below.", show_default=False
        ),
    ]
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Keep the tables and the page in this folder.",
            show_default="season.touchline in the first folder",
        ),
    ] = None
    names: Annotated[
        Path | None,
        typer.Option(
            "--names",
            metavar="CSV",
            help="Name matches, teams and players: columns bundle, team, person, name and date.",
            show_default="the file of the last time, else teams.csv in the first folder",
        ),
    ] = None
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="SQL", help="Print the answer to this query, by DuckDB.", show_default="none"),
    ] = None
    ask: Annotated[
        str | None,
        typer.Option(
            "--ask",
            metavar="QUESTION",
            help=f"Print the answer to a ready question: {', '.join(QUESTIONS)}.",
            show_default="none",
        ),
    ] = None
    form: Annotated[
        Literal["table", "csv", "jsonl"],
        typer.Option("--format", help="Print an answer as a table, as CSV, or as JSON, one object a line."),
    ] = "table"
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Write the page of the season, season.html, or leave it out.")
    ] = True
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read all bundles again, changed or not.")] = False
    device: AnyDeviceOption = "auto"
    json: JsonOption = False
    debug: DebugOption = False


def _run(given: IndexArguments, output: Output) -> int:
    """Bring the index up to date, write the page, and print an answer if one is wanted."""
    from touchline.season.folder import USUAL_NAME, SeasonFolder

    if given.query is not None and given.ask is not None:
        raise UsageError("--query and --ask both ask; give one of them")
    first = given.folders[0] if given.folders[0].suffix != ".touchline" else given.folders[0].parent
    folder = SeasonFolder(first / USUAL_NAME if given.out is None else given.out)
    asks = given.query is not None or given.ask is not None
    code = _update(given, folder, first, output=output, asks=asks)
    if asks:
        _print_answer(_answer(given, folder), form="jsonl" if given.json else given.form)
    return code


def _update(given: IndexArguments, folder: SeasonFolder, first: Path, *, output: Output, asks: bool) -> int:
    """Bring the index up to date; returns the exit code."""
    from touchline.season.index import index_season
    from touchline.season.page.page import write_season_page

    bundles = _bundles(given, output=output)
    try:
        with progress_bar("index", unit="bundles") as progress:
            result = index_season(
                bundles, folder.path, names=_names(given, first), rebuild=given.rebuild, progress=progress
            )
    except ResourceError as error:
        if not asks:
            raise
        output.note(f"touchline: {one_line(str(error))}; the answer is from the index as it is")
        return EXIT_OK
    if given.page and (result.changed or not folder.page.is_file()):
        write_season_page(folder)
    _tell(result, output=output, page=given.page, quiet=asks)
    if result.state.problems:
        return EXIT_DEGRADED if result.matches else EXIT_INPUT
    return EXIT_OK


def _bundles(given: IndexArguments, *, output: Output) -> list[Path]:
    """Return the bundles in the folders."""
    from touchline.cli.given.paths import given_bundles

    found = given_bundles(given.folders, listed=None, output=output)
    for one in found:
        if one.problem:
            output.note(f"touchline: {one_line(one.problem)}")
    return [one.path for one in found if not one.problem]


def _names(given: IndexArguments, first: Path) -> Path | None:
    usual = first / _USUAL_NAMES
    return given.names if given.names is not None or not usual.is_file() else usual


def _tell(result: IndexResult, *, output: Output, page: bool, quiet: bool) -> None:
    """Print what became of the index; with an answer on stdout only what went wrong."""
    for one in result.state.problems:
        output.note(f"touchline: left out: {one_line(one.problem)}")
    for remark in result.remarks:
        output.note(f"touchline: note: {one_line(remark)}")
    if quiet:
        return
    folder = result.folder
    output.record(
        {
            "type": "index",
            "season": str(folder.path),
            "page": str(folder.page) if page else None,
            "matches": result.matches,
            "read": result.read,
            "removed": list(result.removed),
            "problems": [{"bundle": one.bundle, "problem": one.problem} for one in result.state.problems],
            "notes": list(result.remarks),
        }
    )
    if output.json:
        return
    left_out = f", {counted(len(result.state.problems), 'bundle')} left out" if result.state.problems else ""
    removed = f", {len(result.removed)} removed" if result.removed else ""
    output.say(f"{folder.path}: {counted(result.matches, 'match', 'matches')}, {result.read} read{removed}{left_out}")
    if page:
        output.say(f"page: {folder.page}")


def _answer(given: IndexArguments, folder: SeasonFolder) -> pa.Table:
    from touchline.season.query import query_season
    from touchline.season.questions import ask_season

    return query_season(folder, given.query) if given.query is not None else ask_season(folder, given.ask or "")


def _print_answer(answer: pa.Table, *, form: Literal["table", "csv", "jsonl"]) -> None:
    """Print an answer on stdout."""
    from touchline.cli.matches.answers import answer_lines

    for line in answer_lines(answer, form=form):
        print(line)


command = verb(
    IndexArguments,
    _run,
    about="""Put a season of bundles into tables, and ask them.

    Events, passes, players, tracks, keepers and sound of all bundles become Parquet tables, with a page that shows the
    season. Bundles are only read, unchanged ones not again; of reviewed ones the corrected events count. A bundle that
    cannot be read is left out, with exit code 4. --query and --ask are answered once the tables are up to date.

    Examples:
      touchline index season/ --names teams.csv
      touchline index season/ --query "SELECT label, count(*) FROM events GROUP BY label" --format csv
    """,
)
