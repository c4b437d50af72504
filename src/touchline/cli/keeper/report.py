"""``touchline keeper report``: a page for each keeper, from images and a table of shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Device, Output
from touchline.cli.inputs import Inputs
from touchline.cli.keeper.options import (
    BoxesOption,
    ImagesArgument,
    KeeperDetectorOption,
    Population,
    PopulationOption,
    PoseModelOption,
    SaveModelOption,
    UnitsOption,
    WholeOption,
)
from touchline.cli.keeper.pose import locator, pictures_in
from touchline.cli.options import SharedArguments, verb
from touchline.cli.progress import each_with_progress
from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.shots import Shot
    from touchline.goalkeeping.moments import Locate, Moment, SeenKeeper


@dataclass(frozen=True, kw_only=True)
class ReportArguments(SharedArguments):
    """What a report on keepers takes."""

    images: ImagesArgument
    shots: Annotated[
        Path | None,
        typer.Option(
            "--shots",
            metavar="FILE",
            help="Read shots from this CSV, whose ids are names of images; 382-2.png is a second view of shot 382.",
            show_default="poses and techniques only",
        ),
    ] = None
    units: UnitsOption = "yards"
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Write the pages to this folder.")] = Path(
        "keeper-report"
    )
    keeper: Annotated[
        str | None,
        typer.Option("--keeper", metavar="NAME", help="Report on this keeper only.", show_default="all keepers"),
    ] = None
    boxes: BoxesOption = None
    whole: WholeOption = False
    pose_model: PoseModelOption = None
    detector: KeeperDetectorOption = None
    population: PopulationOption = "all"
    model: SaveModelOption = None


def _report(arguments: ReportArguments, output: Output) -> int:
    """Write the pages of all keepers."""
    boxes, whole, model, device = arguments.boxes, arguments.whole, arguments.model, arguments.device
    if boxes is not None and whole:
        raise UsageError("--boxes and --whole exclude each other; give one of them")
    locate = locator(boxes, whole=whole, detector=arguments.detector, device=device)
    inputs = Inputs("images", output=output)
    paths = list(pictures_in(arguments.images))
    seen = _look(paths, locate=locate, model=arguments.pose_model, device=device, inputs=inputs, output=output)
    if not seen:
        return inputs.finish_with(usable=False, complete=False)
    table, problems = _shots(arguments.shots, units=arguments.units, output=output)
    moments = _moments(seen, table, model=model, population=arguments.population)
    if arguments.keeper is not None:
        from touchline.goalkeeping.moments import require_known

        moments = require_known(arguments.keeper, moments)
    _write(arguments.out, moments, model=model, source=_source(len(seen), arguments.shots), output=output)
    return inputs.finish_with(usable=True, complete=not problems)


report = verb(
    ReportArguments,
    _report,
    about="""Report on keepers from images and shots.

    Writes a page for each keeper with image, skeleton, pose, technique, chance of a save, map and similar examples.
    Several images of one shot count as one observation. An image without a shot gets its pose and technique only.

    Examples:
      touchline keeper report images/ --shots shots.csv --out pages
    """,
)


def _look(
    paths: Sequence[Path], *, locate: Locate, model: str | None, device: Device, inputs: Inputs, output: Output
) -> list[SeenKeeper]:
    """Find the keeper in each image."""
    from touchline.goalkeeping.moments import look_at
    from touchline.goalkeeping.pose_finder import load_pose_finder

    finder = load_pose_finder(model, device=device)
    output.note(f"touchline: model {finder.name}, {finder.device_reason}")
    seen = []
    for path in each_with_progress(paths, unit="images"):
        with inputs.one(path, path=str(path)):
            seen.append(look_at(path, finder=finder, locate=locate))
    return seen


def _shots(path: Path | None, *, units: Any, output: Output) -> tuple[Sequence[Shot], int]:
    """The shots of a table, and how many of its rows cannot be used."""
    if path is None:
        return (), 0
    from touchline.formats.keeper.shots import read_shot_file

    found = read_shot_file(path, units=units)
    for problem in found.problems:
        output.error(InputError(problem), file=str(path))
    for remark in found.remarks:
        output.note(f"touchline: note: {remark}")
    return found.shots, len(found.problems)


def _moments(
    seen: Sequence[SeenKeeper], shots: Sequence[Shot], *, model: Path | None, population: Population
) -> list[Moment]:
    from touchline.goalkeeping.expected_saves import load_expected_saves
    from touchline.goalkeeping.moments import moments_of
    from touchline.goalkeeping.technique import load_techniques

    saves, techniques = load_expected_saves(model), load_techniques()
    return moments_of(seen, shots, model=saves, techniques=techniques, population=population)


def _write(out: Path, moments: Sequence[Moment], *, model: Path | None, source: str, output: Output) -> None:
    from touchline.goalkeeping.expected_saves import load_expected_saves
    from touchline.goalkeeping.technique import load_techniques
    from touchline.report.keepers.page import write_keeper_pages

    pages = write_keeper_pages(
        out, moments, model=load_expected_saves(model), techniques=load_techniques(), source=source
    )
    for moment in moments:
        output.record(moment_record(moment))
    clear = sum(moment.reading.name is not None for moment in moments)
    output.record({"type": "report", "index": str(out / "index.html"), "pages": {k: str(p) for k, p in pages.items()}})
    if not output.json:
        output.say(f"{counted(len(moments), 'moment')}{_of_whom(moments)}, {clear} with a clear technique")
        output.say(f"report: {out / 'index.html'}")


def _of_whom(moments: Sequence[Moment]) -> str:
    """Return whose moments they are, in words: keepers without a name cannot be counted."""
    named = {moment.keeper for moment in moments if moment.keeper}
    if not named:
        return " of keepers without a name"
    others = "" if all(moment.keeper for moment in moments) else " and of some without a name"
    return f" of {counted(len(named), 'keeper')}{others}"


def moment_record(moment: Moment) -> dict[str, Any]:
    """A moment as a ``--json`` record."""
    saves = moment.saves
    return {
        "type": "moment",
        "title": moment.title,
        "keeper": moment.keeper,
        "pictures": [one.name for one in moment.seen],
        **moment.reading.to_json(),
        "p_save": None if saves is None else round(saves.p, 4),
        "low": None if saves is None else round(saves.low, 4),
        "high": None if saves is None else round(saves.high, 4),
        "notes": [*moment.notes, *(one.note for one in moment.seen if one.note)],
    }


def _source(pictures: int, shots: Path | None) -> str:
    said = counted(pictures, "image")
    return said if shots is None else f"{said}, shots of {shots.name}"
