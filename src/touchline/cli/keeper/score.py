"""``touchline keeper score``: how likely each shot is saved, and saves compared with expected saves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, one_line, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.keeper.options import Population, PopulationOption, SaveModelOption, ShotsOption, UnitsOption
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import InputError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.shots import Shot
    from touchline.goalkeeping.expected_saves import SaveEstimate, SaveModel

_DIGITS = 4
_FEW = "few such shots were learnt from"
_UNPLACED = "the keeper's place is unknown"


def score(
    shots: ShotsOption,
    units: UnitsOption = "yards",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the scores to this CSV file.", show_default="not written"),
    ] = None,
    population: PopulationOption = "all",
    model: SaveModelOption = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Estimate how likely each shot is saved.

    Prints the probability of a save, if the shot is on target, with a 95 % interval, and compares saves with expected
    saves. A CSV has columns x and y (the goal is at x=120, y=40) and may have under_pressure, keeper_x, keeper_y or
    engagement, id, keeper, outcome and technique.

    Examples:
      touchline keeper score --shots shots.csv --out scores.csv

    """
    output = Output(json=json, debug=debug)
    run_guarded(
        lambda: _score(shots, units=units, out=out, population=population, model=model, output=output),
        debug=debug,
        json=json,
    )


def _score(
    paths: Sequence[Path], *, units: Any, out: Path | None, population: Population, model: Path | None, output: Output
) -> int:
    """Score every file; return the exit code."""
    from touchline.formats.keeper.shots import read_shot_file
    from touchline.goalkeeping.expected_saves import load_expected_saves

    saves = load_expected_saves(model)
    rows: list[dict[str, Any]] = []
    shots: list[Shot] = []
    problems = 0
    inputs = Inputs("files", output=output)
    for path in paths:
        with inputs.one(path, file=str(path)):
            found = read_shot_file(path, units=units)
            problems += len(found.problems)
            for problem in found.problems:
                output.error(InputError(problem), file=str(path))
            for remark in found.remarks:
                output.note(f"touchline: note: {remark}")
            estimate = saves.predict(found.shots, techniques=_known(found.shots, saves), population=population)
            rows += [shot_record(path, shot, estimate, k, model=saves) for k, shot in enumerate(found.shots)]
            shots += found.shots
    _tell(rows, output)
    if rows:
        _sum_up(rows, shots, saves, population=population, output=output)
    if out is not None and rows:
        _write(out, rows)
    return inputs.finish_with(usable=bool(rows), complete=not problems)


def _known(shots: Sequence[Shot], model: SaveModel) -> list[str | None]:
    """The shots' techniques, lower case; names that the model does not know are left out."""
    named = [None if shot.technique is None else shot.technique.lower() for shot in shots]
    return [name if name in model.techniques.names else None for name in named]


def shot_record(path: Path, shot: Shot, estimate: SaveEstimate, row: int, *, model: SaveModel) -> dict[str, Any]:
    """A scored shot as a ``--json`` record."""
    near = float(estimate.shots_near[row])
    notes = [_FEW] if near < model.support.least else []
    notes += [_UNPLACED] if shot.engagement is None else []
    if shot.technique is not None and shot.technique.lower() not in model.techniques.names:
        notes.append(f"technique {shot.technique!r} is not one of {', '.join(model.techniques.names)}")
    return {
        "type": "shot",
        "file": str(path),
        "id": shot.id,
        "keeper": shot.keeper,
        "outcome": shot.outcome,
        "technique": shot.technique,
        "x_yd": round(shot.x_yd, 3),
        "y_yd": round(shot.y_yd, 3),
        "under_pressure": shot.under_pressure,
        "engagement": None if shot.engagement is None else round(shot.engagement, _DIGITS),
        "p_save": round(float(estimate.p[row]), _DIGITS),
        "low": round(float(estimate.low[row]), _DIGITS),
        "high": round(float(estimate.high[row]), _DIGITS),
        "shots_near": round(near, 1),
        "population": estimate.population,
        "notes": notes,
    }


def _tell(rows: Sequence[dict[str, Any]], output: Output) -> None:
    if not output.json and rows:
        width = min(max(len(one_line(row["id"])) for row in rows), 40)
        output.say(f"{'shot':{width}}  {'x':>6} {'y':>6}  saved if on target   outcome")
        for row in rows:
            chance = f"{row['p_save']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
            place = f"{row['x_yd']:6.1f} {row['y_yd']:6.1f}"
            words = f"{one_line(row['id'])[:width]:{width}}  {place}  {chance:19}  {row['outcome'] or '-':8}"
            output.say(f"{words} {'; '.join(row['notes'])}".rstrip())
    for row in rows:
        output.record(row)


def _sum_up(
    rows: Sequence[dict[str, Any]], shots: Sequence[Shot], model: SaveModel, *, population: Population, output: Output
) -> None:
    """Print the totals of all shots, and remarks on the model."""
    on_target = [row for row, shot in zip(rows, shots, strict=True) if shot.on_target]
    saved = sum(shot.saved for shot in shots)
    expected = sum(row["p_save"] for row in on_target)
    chance_sd = sum(row["p_save"] * (1 - row["p_save"]) for row in on_target) ** 0.5
    remarks = [model.said, model.techniques.said]
    output.record(
        {
            "type": "summary",
            "shots": len(rows),
            "on_target": len(on_target),
            "saved": saved,
            "expected_saves": round(expected, 3),
            "chance_sd": round(chance_sd, 3),
            "population": population,
            "remarks": remarks,
        }
    )
    if output.json:
        return
    if on_target:
        output.say(
            f"{counted(len(on_target), 'shot')} known to be on target: {saved} saved, {expected:.1f} expected; "
            f"chance alone moves that by {1.96 * chance_sd:.1f} either way (95 %)"
        )
    for remark in remarks:
        output.say(f"note: {remark}")


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    from touchline.formats.files.atomic import write_text_atomic
    from touchline.formats.files.csv_rows import csv_text

    names = [name for name in rows[0] if name != "type"]
    cells = [[{**row, "notes": "; ".join(row["notes"])}[name] for name in names] for row in rows]
    write_text_atomic(path, csv_text([names, *cells]))
