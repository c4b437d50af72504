"""``touchline keeper fit``: techniques from tables of poses, or the published numbers reproduced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.cli.evaluate_common import no_nan
from touchline.errors import EXIT_OK

if TYPE_CHECKING:
    from touchline.training.keeper_reference import Comparison


def fit(
    reference: Annotated[
        Path,
        typer.Option(
            "--reference", metavar="DATA_ROOT", help="Folder of the published tables: events/, pose/, filters.json."
        ),
    ],
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """The published numbers of "Learning From The Pros" beside those that come out of its tables."""
    output = Output(json=json)
    run_guarded(lambda: _reproduce(reference, output=output), debug=debug, json=json)


def _reproduce(folder: Path, *, output: Output) -> int:
    from touchline.training.keeper_reference import compare_with_published, read_tables

    rows = compare_with_published(read_tables(folder))
    for row in rows:
        output.record(_record(row))
    if not output.json:
        output.say(table_of(rows))
    return EXIT_OK


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
