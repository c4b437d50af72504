"""``touchline keeper compare``: keepers beside each other, and attempts beside what professionals do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.analysis.evaluate.wording import no_nan
from touchline.cli.common import Output, one_line, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.keeper.options import ShotsOption, UnitsOption
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from touchline.core.shots import Shot
    from touchline.goalkeeping.against_professionals import Attempt
    from touchline.goalkeeping.expected_saves import SaveModel
    from touchline.goalkeeping.keeper_table import KeeperTable
    from touchline.goalkeeping.technique import TechniqueReading, Techniques

_DIGITS = 4
_LEAST_DIFFERENCE = 0.05
"""Below this lower end of the keepers' spread nobody can say that they differ at all."""


@dataclass(slots=True)
class _Given:
    """What could be read, and how many rows could not."""

    inputs: Inputs
    shots: list[Shot] = field(default_factory=list)
    readings: list[TechniqueReading | None] = field(default_factory=list)
    problems: int = 0


def compare(
    shots: ShotsOption,
    poses: Annotated[
        list[Path] | None,
        typer.Option(
            "--poses",
            metavar="FILE",
            help="Read the poses of the shots, one file of touchline keeper pose per --shots, in the same order.",
            show_default="techniques are not compared",
        ),
    ] = None,
    keeper: Annotated[
        list[str] | None,
        typer.Option(
            "--keeper",
            metavar="NAME",
            help="Show this keeper only; several are also compared with each other.",
            show_default="all keepers",
        ),
    ] = None,
    units: UnitsOption = "yards",
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare keepers with each other and with professionals.

    Saves are compared with expected saves, and estimates from few shots are shrunk towards the average. Attempts with
    a known position of the keeper show how far professionals come out there and what that would change; with --poses
    also the technique, or the reason why it is unclear.

    Examples:
      touchline keeper compare --shots shots.csv
      touchline keeper compare --shots shots.csv --keeper "First Keeper" --keeper "Second Keeper"

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if poses and len(poses) != len(shots):
            raise UsageError(
                f"{len(poses)} --poses do not fit {len(shots)} --shots; give one --poses per --shots, in the same order"
            )
        given = _read(shots, poses or [None] * len(shots), units=units, output=output)
        if given.shots:
            _compare(given, keeper or [], output=output)
        return given.inputs.finish_with(usable=bool(given.shots), complete=not given.problems)

    run_guarded(run, debug=debug, json=json)


def _read(paths: Sequence[Path], poses: Sequence[Path | None], *, units: Any, output: Output) -> _Given:
    """Read every file; errors are reported, and the work goes on with the other files."""
    from touchline.formats.keeper.shots import read_shot_file
    from touchline.goalkeeping.technique import load_techniques

    given, techniques = _Given(Inputs("files", output=output)), load_techniques()
    for path, pose_path in zip(paths, poses, strict=True):
        with given.inputs.one(path, file=str(path)):
            found = read_shot_file(path, units=units)
            readings = _readings(found.shots, pose_path, techniques)
            for problem in found.problems:
                output.error(InputError(problem), file=str(path))
            for remark in found.remarks:
                output.note(f"touchline: note: {remark}")
            given.problems += len(found.problems)
            given.shots += found.shots
            given.readings += readings
    return given


def _readings(shots: Sequence[Shot], path: Path | None, techniques: Techniques) -> list[TechniqueReading | None]:
    """The technique of each shot with a pose; all images of a shot count as one."""
    import numpy as np

    from touchline.formats.keeper.shot_poses import poses_by_shot, read_space_poses
    from touchline.goalkeeping.pose_finder import SURE
    from touchline.goalkeeping.technique import name_technique

    if path is None:
        return [None] * len(shots)
    views = poses_by_shot(read_space_poses(path, least_confidence=SURE), [shot.id for shot in shots])
    readings: list[TechniqueReading | None] = []
    for number, shot in enumerate(shots):
        mine = views.get(number)
        if mine is None:
            readings.append(None)
            continue
        joints, seen = np.stack([pose.joints for pose in mine]), np.stack([pose.seen for pose in mine])
        readings.append(name_technique(joints, engagement=shot.engagement, visible=seen, techniques=techniques))
    return readings


def _compare(given: _Given, wanted: Sequence[str], *, output: Output) -> None:
    from touchline.goalkeeping.expected_saves import load_expected_saves
    from touchline.goalkeeping.keeper_names import find_keeper, one_spelling

    model = load_expected_saves()
    spelling = one_spelling([shot.keeper for shot in given.shots if shot.keeper])
    chosen = list(dict.fromkeys(find_keeper(name, spelling.values()) for name in wanted))
    table = _keeper_table(given.shots, spelling, model)
    if table is not None:
        _tell_keepers(table, chosen, output=output)
    elif chosen:
        raise InputError(
            f"no shot at {chosen[0]} is known to be on target (outcome Saved or Goal), so there is nothing to compare"
        )
    mine = [
        (shot, reading)
        for shot, reading in zip(given.shots, given.readings, strict=True)
        if not chosen or spelling.get(shot.keeper or "") in chosen
    ]
    shown = table is None or any(given.readings)
    _tell_attempts([s for s, _ in mine], [r for _, r in mine], model=model, shown=shown, output=output)


def _keeper_table(shots: Sequence[Shot], spelling: Any, model: SaveModel) -> KeeperTable | None:
    """The table of all keepers, whoever was asked for: all show how much keepers differ."""
    from touchline.goalkeeping.keeper_table import keeper_table

    named = [shot for shot in shots if shot.keeper and shot.on_target]
    if not named:
        return None
    names = [spelling[shot.keeper] for shot in named]
    return keeper_table(names, [shot.saved for shot in named], model.predict(named).p)


def _tell_keepers(table: KeeperTable, chosen: Sequence[str], *, output: Output) -> None:
    rows = [row for row in table.rows if not chosen or row.keeper in chosen]
    for row in rows:
        output.record({"type": "keeper", **_rounded(asdict(row))})
    pairs = [(a.keeper, b.keeper) for i, a in enumerate(rows) for b in rows[i + 1 :]] if len(chosen) > 1 else []
    for first, second in pairs:
        better = table.better_than(first, second)
        output.record({"type": "pair", "keeper": first, "than": second, "better": round(better, _DIGITS)})
    spread = {"type": "spread", "spread": table.spread, "low": table.spread_low, "high": table.spread_high}
    said = _spread_said(table)
    output.record({**_rounded(spread), "said": said})
    if output.json:
        return
    width = max(len(one_line(row.keeper)) for row in rows)
    output.say(f"{'keeper':<{width}}  shots saved expected  raw       shrunk [95 %]             better than average")
    for row in rows:
        drawn = f"{row.above:+5.1f} [{row.low:+.1f}, {row.high:+.1f}]"
        output.say(
            f"{one_line(row.keeper):<{width}}  {row.shots:>5} {row.saved:>5} {row.expected:>8.1f}  {row.raw:>+8.1f}  "
            f"{drawn:<25} {100 * row.better:>3.0f} %"
        )
    output.say("(saves above those of an average keeper in 100 such shots)")
    for first, second in pairs:
        output.say(f"{first} better than {second}: {100 * table.better_than(first, second):.0f} % likely")
    output.say(said)


def _spread_said(table: KeeperTable) -> str:
    """Whether keepers differ at all, in a sentence."""
    span = f"{table.spread:.2f} (95 %: {table.spread_low:.2f} to {table.spread_high:.2f}) log odds"
    if table.spread_low < _LEAST_DIFFERENCE:
        return f"These shots do not show that keepers differ: their spread is {span}. A ranking would be chance."
    return f"Keepers differ: their spread is {span}."


def _tell_attempts(
    shots: Sequence[Shot],
    readings: Sequence[TechniqueReading | None],
    *,
    model: SaveModel,
    shown: bool,
    output: Output,
) -> None:
    """Attempts one by one, where the keeper's place or pose is known, and together."""
    from touchline.goalkeeping.against_professionals import compare_attempts, technique_shares
    from touchline.goalkeeping.technique import load_techniques

    attempts = compare_attempts(shots, readings, model=model)
    shares = technique_shares(readings, techniques=load_techniques()) if any(readings) else ()
    for attempt in attempts:
        output.record({"type": "attempt", **_attempt_record(attempt)})
    for share in shares:
        output.record({"type": "technique", **_rounded(asdict(share))})
    remarks = [model.said, model.techniques.said]
    output.record({"type": "summary", **_summary(attempts), "remarks": remarks})
    if output.json:
        return
    if shown:
        _say_attempts([a for a in attempts if a.reading is not None or a.gain == a.gain], output)
    if any(share.count for share in shares):
        output.table("\nrecognized techniques, compared with professionals:")
        for share in shares:
            span = f"[{100 * share.low:.0f}, {100 * share.high:.0f}]"
            output.say(
                f"  {share.technique:<11} {share.count:>4}  {100 * share.share:>3.0f} % {span:<10} "
                f"professionals {100 * share.professionals:.0f} %"
            )
        output.say(_best_said(_summary(attempts)))
    for remark in remarks:
        output.say(f"note: {remark}")


def _say_attempts(attempts: Sequence[Attempt], output: Output) -> None:
    if not attempts:
        return
    width = min(max(len(one_line(a.shot.id)) for a in attempts), 30)
    output.table(f"\n{'shot':<{width}}  saved if on target   came  usual  as usual would change   technique")
    for a in attempts:
        chance = f"{a.p:.2f} [{a.low:.2f}, {a.high:.2f}]"
        change = "" if a.gain != a.gain else f"{a.gain:+.2f} [{a.gain_low:+.2f}, {a.gain_high:+.2f}]"
        came = "" if a.shot.engagement is None else f"{a.shot.engagement:.2f}"
        usual = "" if a.usual != a.usual else f"{a.usual:.2f}"
        line = f"{one_line(a.shot.id)[:width]:<{width}}  {chance:<19}  {came:<4}  {usual:<5}  {change:<23}"
        output.say(f"{line}  {_technique_said(a.reading)}".rstrip())
    output.say(
        "(came: how far the keeper came out; usual: how far professionals do; as usual would change: how "
        "much more often professionals save who come out that far, which nobody has tried out)"
    )


def _technique_said(reading: TechniqueReading | None) -> str:
    if reading is None:
        return ""
    return reading.reason if reading.name is None else f"{reading.name} ({100 * reading.confidence:.0f} %)"


def _attempt_record(attempt: Attempt) -> dict[str, Any]:
    shot, reading = attempt.shot, attempt.reading
    values = {k: v for k, v in asdict(attempt).items() if isinstance(v, float)}
    return {
        "id": shot.id,
        "keeper": shot.keeper,
        "outcome": shot.outcome,
        "engagement": None if shot.engagement is None else round(shot.engagement, _DIGITS),
        **_rounded(values),
        "best": attempt.best,
        "reading": None if reading is None else reading.to_json(),
    }


def _best_said(summary: dict[str, Any]) -> str:
    """How often the technique that is most likely best was used, and how sure that is."""
    above = 100 * summary["mean_above_average_technique"]
    return (
        f"the technique most likely to be best was used in {summary['showed_likeliest_best']} of "
        f"{summary['technique_told']} attempts ({above:+.1f} percentage points of saves over an average technique); "
        f"it is the best with a probability of {100 * summary['mean_chance_that_best_is_best']:.0f} % (25 % is chance)"
    )


def _summary(attempts: Sequence[Attempt]) -> dict[str, Any]:
    """How far keepers came beside professionals, over the attempts of which that is known."""
    known = [a for a in attempts if a.gain == a.gain]
    named = [a for a in attempts if a.above_average == a.above_average]
    count = len(known)
    return {
        "attempts": len(attempts),
        "with_keeper_place": count,
        "farther_than": round(sum(a.farther_than for a in known) / count, _DIGITS) if count else None,
        "mean_change_as_usual": round(sum(a.gain for a in known) / count, _DIGITS) if count else None,
        "technique_told": len(named),
        "showed_likeliest_best": sum(a.reading is not None and a.reading.name == a.best for a in named),
        "mean_above_average_technique": round(sum(a.above_average for a in named) / len(named), _DIGITS)
        if named
        else None,
        "mean_chance_that_best_is_best": round(sum(a.best_chance for a in named) / len(named), _DIGITS)
        if named
        else None,
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: no_nan(round(v, _DIGITS) if isinstance(v, float) else v) for key, v in values.items()}
