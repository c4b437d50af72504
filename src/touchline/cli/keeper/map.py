"""``touchline keeper map``: expected saves over the pitch, for a position of the keeper and a pressure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.keeper.options import PopulationOption, SaveModelOption
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_OK, UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from touchline.goalkeeping.maps import OptimalMap

_DIGITS = 4


def keeper_map(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Draw the map into this .png or .svg file.", show_default="not drawn"
        ),
    ] = None,
    pressure: Annotated[
        bool, typer.Option("--pressure", help="Put the shooter under pressure from a defender.")
    ] = False,
    keeper: Annotated[
        str | None,
        typer.Option(
            "--keeper",
            metavar="X,Y",
            help="Place the keeper here, in yards; the goal is at 120,40.",
            show_default="where keepers usually stand",
        ),
    ] = None,
    engagement: Annotated[
        float | None,
        typer.Option(
            "--engagement",
            metavar="NUMBER",
            help="Place the keeper at this share of the distance from shooter to goal; 1 is on the line.",
            show_default="where keepers usually stand",
        ),
    ] = None,
    closing: Annotated[
        float | None,
        typer.Option(
            "--closing",
            metavar="YARDS",
            help="Place the keeper this far out from the goal towards the shooter.",
            show_default="where keepers usually stand",
        ),
    ] = None,
    shot: Annotated[
        list[str] | None,
        typer.Option("--shot", metavar="X,Y", help="Mark a shot on the map.", show_default="none"),
    ] = None,
    sure: Annotated[
        float,
        typer.Option("--sure", metavar="NUMBER", help="Name a technique as best from this probability on, 0 to 1."),
    ] = 0.8,
    cell: Annotated[
        float, typer.Option("--cell", metavar="YARDS", help="Divide the pitch into cells of this side.")
    ] = 1.0,
    population: PopulationOption = "all",
    model: SaveModelOption = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Map the chance of a save over the pitch.

    Shows how likely a shot from each position is saved, how sure that is, and where a technique is shown to be best.

    Examples:
      touchline keeper map --out map.png
      touchline keeper map --out map.png --pressure --keeper 114,40

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.goalkeeping.expected_saves import load_expected_saves
        from touchline.goalkeeping.maps import KeeperPlace, optimal_map

        if out is None and not json:
            raise UsageError("there is nothing to write; add --out MAP.png, or --json")
        place = KeeperPlace(None if keeper is None else parse_place(keeper), engagement, closing)
        found = optimal_map(
            load_expected_saves(model), pressure=pressure, place=place, population=population, sure=sure, cell_yd=cell
        )
        if out is not None:
            draw_map(out, found, shots=[parse_place(text, option="--shot") for text in shot or []])
        output.record(map_record(found, picture=out))
        _tell(found, out, output)
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)


def parse_place(text: str, *, option: str = "--keeper") -> tuple[float, float]:
    """A place written as ``X,Y``.

    Raises:
        UsageError: it is not.

    """
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is not of the form X,Y, such as 114,40") from error
    return x, y


def draw_map(path: Path, found: OptimalMap, *, shots: Sequence[tuple[float, float]] = ()) -> None:
    """Write the picture of a map, places of some shots marked: chance, its interval's width, a step out, technique."""
    import numpy as np

    from touchline.render.pitch_picture import ChoicePanel, Mark, ValuePanel, draw_pitch_maps

    width = found.high - found.low
    panels = (
        ValuePanel("Chance of a save", found.p, (0.2, 0.9), lines=(0.4, 0.5, 0.6, 0.7, 0.8)),
        ValuePanel("Width of its 95 % interval", width, (0.0, 0.8), colours="Greys", lines=(0.2, 0.4, 0.6)),
        ValuePanel(
            f"What {found.closer_yd:g} yd farther out adds",
            np.where(found.closer_shown, found.closer_gain, np.nan),
            (-0.2, 0.2),
            form="{x:+.0%}",
            unsure=found.covered & ~found.closer_shown,
        ),
        ChoicePanel(f"Best technique, {found.sure:.0%} sure", found.best, found.covered, found.techniques, "unknown"),
    )
    marks = [Mark(*place, "shot") for place in shots]
    if found.place.keeper_yd is not None:
        marks.append(Mark(*found.place.keeper_yd, "keeper", "s"))
    draw_pitch_maps(
        path, panels, x_yd=found.x_yd, y_yd=found.y_yd, title=situation(found), notes=notes_of(found), marks=marks
    )


def situation(found: OptimalMap) -> str:
    """What the map is for, in words."""
    pressed = "under pressure" if found.pressure else "not under pressure"
    kind = "any shot on target" if found.population == "all" else "shots such as were pictured"
    return f"Shooter {pressed}, {found.place.said}; {kind}"


def notes_of(found: OptimalMap) -> list[str]:
    """The notes below the map, in lines that fit it."""
    import textwrap

    blank = (
        "Blank: too few shots were learnt from, or no keeper was seen that far out or back. Grey: no effect is shown. "
        "A step closer is how shots with keepers farther out ended; keepers chose when to come."
    )
    return [line for remark in (blank, *found.remarks) for line in textwrap.wrap(remark, 230)]


def map_record(found: OptimalMap, *, picture: Path | None) -> dict[str, Any]:
    """A map as a ``--json`` record: grids are lists of rows along x, null where there is nothing to say."""
    names = [*found.techniques, None]
    return {
        "type": "map",
        "picture": None if picture is None else str(picture),
        "situation": situation(found),
        "pressure": found.pressure,
        "keeper_yd": found.place.keeper_yd,
        "fixed_engagement": found.place.engagement,
        "closing_yd": found.place.closing_yd,
        "population": found.population,
        "sure": found.sure,
        "x_yd": found.x_yd.tolist(),
        "y_yd": found.y_yd.tolist(),
        "p": _grid(found.p),
        "low": _grid(found.low),
        "high": _grid(found.high),
        "engagement": _grid(found.engagement),
        "shots_near": _grid(found.shots_near),
        "best": [[names[k] for k in row] for row in found.best.tolist()],
        "closer_yd": found.closer_yd,
        "closer_gain": _grid(found.closer_gain),
        "closer_shown": found.closer_shown.tolist(),
        "by_technique": {n: _grid(v) for n, v in zip(found.techniques, found.by_technique, strict=True)},
        "chance_best": {n: _grid(v) for n, v in zip(found.techniques, found.chance_best, strict=True)},
        "remarks": list(found.remarks),
    }


def _grid(values: npt.NDArray[Any]) -> list[list[float | None]]:
    return [[round(v, _DIGITS) if v == v else None for v in row] for row in values.tolist()]


def _tell(found: OptimalMap, picture: Path | None, output: Output) -> None:
    if output.json:
        return
    import numpy as np

    if picture is not None:
        output.say(f"map: {picture}")
    output.table(situation(found))
    if found.covered.any():
        low, high = np.nanmin(found.p), np.nanmax(found.p)
        named = float((found.best >= 0).sum() / found.covered.sum())
        output.say(
            f"chance of a save {low:.0%} to {high:.0%} over {found.covered.sum()} of {found.covered.size} cells; a "
            f"technique is shown to be best in {named:.0%} of them"
        )
    else:
        output.say("nothing can be said: no keeper in the data stood there")
    for remark in found.remarks:
        output.say(f"note: {remark}")
