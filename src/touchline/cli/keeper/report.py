"""``touchline keeper report``: a coach's page for each keeper, from pictures and a table of shots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from touchline.cli.common import DebugOption, Device, DeviceOption, JsonOption, Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.keeper.map import Population, PopulationOption, SaveModelOption
from touchline.cli.keeper.pose import locator, pictures_in
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from touchline.core.shots import Shot
    from touchline.goalkeeping.moments import Locate, Moment, SeenKeeper


def report(
    images: Annotated[list[Path], typer.Argument(help="Pictures of keepers, or folders of them.")],
    shots: Annotated[
        Path | None,
        typer.Option(
            "--shots", help="CSV of shots whose id is a picture's name, 382-2.png being a second view of 382."
        ),
    ] = None,
    units: Annotated[
        Literal["yards", "metres", "percent"], typer.Option("--units", help="Of places in the CSV.")
    ] = "yards",
    out: Annotated[Path, typer.Option("--out", help="Folder for the pages.")] = Path("keeper-report"),
    keeper: Annotated[str | None, typer.Option("--keeper", help="Only this keeper of the table.")] = None,
    boxes: Annotated[
        Path | None, typer.Option("--boxes", help="CSV with file,x0,y0,x1,y1: where the keeper is, in pixels.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Every picture is cut to its keeper already.")] = False,
    pose_model: Annotated[
        str | None, typer.Option("--pose-model", help="A pose finder's name or file, or hf:OWNER/NAME of a ViTPose.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option("--detector", help="What finds the keeper where there is no box.")
    ] = None,
    population: PopulationOption = "all",
    model: SaveModelOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a page for each keeper: picture with skeleton, pose, technique, chance of a save, map, nearest examples.

    Several pictures of one shot are one observation. A picture without a shot gets its pose and technique only.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if boxes is not None and whole:
            raise UsageError("--boxes and --whole: the keeper is either in a box or fills the picture")
        locate = locator(boxes, whole=whole, detector=detector, device=device)
        inputs = Inputs("pictures", output=output)
        paths = list(pictures_in(images))
        seen = _look(paths, locate=locate, model=pose_model, device=device, inputs=inputs, output=output)
        if not seen:
            return inputs.finish_with(usable=False, complete=False)
        table, problems = _shots(shots, units=units, output=output)
        moments = _moments(seen, table, model=model, population=population)
        if keeper is not None:
            from touchline.goalkeeping.moments import require_known

            moments = require_known(keeper, moments)
        _write(out, moments, model=model, source=_source(len(seen), shots), output=output)
        return inputs.finish_with(usable=True, complete=not problems)

    run_guarded(run, debug=debug, json=json)


def _look(
    paths: Sequence[Path], *, locate: Locate, model: str | None, device: Device, inputs: Inputs, output: Output
) -> list[SeenKeeper]:
    """The keeper in each picture that can be read."""
    from touchline.goalkeeping.moments import look_at
    from touchline.goalkeeping.pose_finder import load_pose_finder

    finder = load_pose_finder(model, device=device)
    output.note(f"touchline: model {finder.name}, {finder.device_reason}")
    seen = []
    for path in paths:
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
    told = sum(moment.reading.name is not None for moment in moments)
    output.record({"type": "report", "index": str(out / "index.html"), "pages": {k: str(p) for k, p in pages.items()}})
    if not output.json:
        output.say(f"{len(moments)} moments of {len(pages)} keepers; technique told in {told}")
        output.say(f"report: {out / 'index.html'}")


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
    said = f"{pictures} {'picture' if pictures == 1 else 'pictures'}"
    return said if shots is None else f"{said}, shots of {shots.name}"
