"""``touchline keeper fit``: techniques from tables of poses, or published numbers reproduced."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from touchline.analysis.evaluate.wording import no_nan
from touchline.cli.common import Output, run_guarded
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_OK, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.goalkeeping.technique import Techniques
    from touchline.studies.keeper_reference import Comparison, ReferenceTables

_STABILITY = {
    "bootstrap_rand_index": "same clusters on bootstrap samples (adjusted Rand index)",
    "published_bootstrap_rand_index": "the same with the published recipe",
}
_AGREEMENT = {
    "two_pictures": "two pictures of one shot get the same name",
    "two_pictures_published_recipe": "the same with the published recipe",
    "two_pictures_with_engagement": "the same, engagement known",
    "two_pictures_published_recipe_with_engagement": "the published recipe, engagement known",
}


def fit(
    tables: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Folder of poses and shots to fit techniques on.", show_default=False),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="FOLDER",
            help="Compare the published numbers with those calculated from this folder.",
            show_default="none",
        ),
    ] = None,
    penalties: Annotated[
        Path | None,
        typer.Option(
            "--penalties",
            metavar="FOLDER",
            help="Measure what poses at penalties in this folder say about saves.",
            show_default="none",
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--pictures",
            metavar="FOLDER",
            help="With --reference, draw techniques and maps into this folder.",
            show_default="not drawn",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the techniques to this .json file.", show_default="not written"
        ),
    ] = None,
    bootstraps: Annotated[
        int, typer.Option("--bootstraps", metavar="N", min=2, help="Measure stability on this many bootstrap samples.")
    ] = 200,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Fit goalkeeping techniques to poses and shots.

    With --reference, compares the published numbers with those calculated here. With --penalties, measures what poses
    at penalties say about saves, keepers kept apart. Folders have the layout of "Learning From The Pros": events/,
    pose/, filters.json.

    Examples:
      touchline keeper fit learning-from-the-pros/ --out techniques.json
      touchline keeper fit --reference learning-from-the-pros/ --pictures pictures/

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if sum(folder is not None for folder in (tables, reference, penalties)) != 1:
            raise UsageError("give exactly one folder: by itself to fit techniques, or with --reference or --penalties")
        if pictures is not None and reference is None:
            raise UsageError("--pictures draws what --reference compares; give both")
        if reference is not None:
            return _reproduce(reference, pictures=pictures, output=output)
        if penalties is not None:
            return _penalties(penalties, output=output)
        return _fit(cast(Path, tables), out=out, bootstraps=bootstraps, output=output)

    run_guarded(run, debug=debug, json=json)


def _penalties(folder: Path, *, output: Output) -> int:
    """Print each model of penalties, compared with the share of saves."""
    from touchline.formats.keeper.tables import read_choices, read_penalties
    from touchline.goalkeeping.penalties import kept_penalties
    from touchline.studies.penalty_measure import measure_penalties

    found = measure_penalties(kept_penalties(read_penalties(folder), read_choices(folder)))
    for model in found.models:
        output.record(
            {
                "model": model.name,
                "log_loss": model.log_loss.to_json(),
                "more_than_share_of_saves": model.more.to_json(),
                "auc": no_nan(model.auc),
            }
        )
    output.record({"penalties": found.penalties, "keepers": found.keepers, "saved": found.saved, "said": found.said})
    if not output.json:
        width = max(len(model.name) for model in found.models)
        output.say(f"{'model':<{width}}  log loss  more than the share of saves [95 %]   AUC")
        for model in found.models:
            more = f"{model.more.value:+.4f} [{model.more.low:+.4f}, {model.more.high:+.4f}]"
            ranked = "-" if model.auc != model.auc else f"{model.auc:.3f}"
            output.say(f"{model.name:<{width}}  {model.log_loss.value:>8.4f}  {more:<35}  {ranked}")
        output.table(found.said)
    return EXIT_OK


def _fit(folder: Path, *, out: Path | None, bootstraps: int, output: Output) -> int:
    """Fit techniques, print how reliable they are, and write them to a file if asked to."""
    from touchline.formats.files.atomic import write_bytes_atomic
    from touchline.goalkeeping.technique import techniques_json
    from touchline.studies.keeper_reference import read_tables
    from touchline.studies.keeper_techniques import fit_techniques

    techniques = fit_techniques(read_tables(folder), bootstraps=bootstraps)
    if out is not None:
        text = json_module.dumps(techniques_json(techniques), separators=(",", ":"), ensure_ascii=False)
        write_bytes_atomic(out, text.encode("utf-8") + b"\n")
    output.record({"techniques": str(out) if out else None, **techniques.facts})
    if not output.json:
        output.table(_facts(techniques))
    return EXIT_OK


def _facts(techniques: Techniques) -> str:
    """How reliable the techniques are, as lines of text."""
    facts = techniques.facts
    lines = [
        f"{counted(facts['pictures'], 'image')} of {counted(facts['shots'], 'shot')}",
        "",
        f"{'technique':<12} shots  engagement  saved",
    ]
    for k, name in enumerate(techniques.names):
        saves = facts["saves"][name]
        lines.append(
            f"{name:<12} {facts['shots_each'][k]:>5} {techniques.engagement_mean[k]:>11.2f}  "
            f"{saves['saved']} of {saves['on_target']} on target"
        )
    lines.append(
        "(shots with an image were saved less often than others: compare techniques, but trust no share by itself)"
    )
    for key, words in _STABILITY.items():
        found = facts[key]
        lines.append(f"{words}: {found['median']:.2f} (90 %: {found['low']:.2f} to {found['high']:.2f})")
    for key, words in _AGREEMENT.items():
        found = facts[key]
        span = f"95 %: {100 * found['low']:.0f} to {100 * found['high']:.0f}"
        lines.append(f"{words}: {100 * found['agree']:.0f} % ({span}), kappa {found['kappa']:.2f}")
    pairs = facts["two_pictures"]
    lines.append(
        f"where both images have a clear technique ({100 * pairs['told']:.0f} %), "
        f"{100 * pairs['agree_told']:.0f} % agree"
        if pairs["agree_told"] is not None
        else "no shot has two images with a clear technique"
    )
    return "\n".join(lines)


def _reproduce(folder: Path, *, pictures: Path | None, output: Output) -> int:
    """Print the comparison, and draw the pictures if asked to."""
    from touchline.studies.keeper_reference import compare_with_published, read_tables

    tables = read_tables(folder)
    rows = compare_with_published(tables)
    for row in rows:
        output.record(_record(row))
    if not output.json:
        output.table(table_of(rows))
    if pictures is not None:
        _draw(tables, pictures, output=output)
    return EXIT_OK


def _draw(tables: ReferenceTables, folder: Path, *, output: Output) -> None:
    from touchline.studies.keeper_pictures import draw_reference

    for picture in draw_reference(tables, folder):
        output.record({"type": "picture", "picture": str(picture.path), "what": picture.what, **picture.facts})
        if not output.json:
            output.say(f"{picture.what}: {picture.path}")


def _record(row: Comparison) -> dict[str, Any]:
    return {
        "part": row.part,
        "quantity": row.quantity,
        "published": row.published,
        "computed": no_nan(row.computed),
        "verdict": row.verdict,
        "note": row.note,
    }


def table_of(rows: Sequence[Comparison]) -> str:
    """The comparisons as lines of text, part by part."""
    width = max(len(row.quantity) for row in rows)
    counts = {word: sum(row.verdict == word for row in rows) for word in ("same", "differs", "not published")}
    lines = [f"{'quantity':<{width}}  {'published':>10} {'computed':>10}  verdict"]
    part = ""
    for row in rows:
        if row.part != part:
            part = row.part
            lines += ["", part]
        published = "-" if row.published is None else _number(row.published)
        line = f"{row.quantity:<{width}}  {published:>10} {_number(row.computed):>10}  {row.verdict}"
        lines.append(f"{line}: {row.note}" if row.note else line)
    return "\n".join([*lines, "", ", ".join(f"{count} {word}" for word, count in counts.items())])


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3f}" if value > 1000 else f"{value:.5g}"
