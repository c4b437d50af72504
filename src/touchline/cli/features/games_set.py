"""``touchline features set``: features and labels of games collected for training a spotting head."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.features.games import GamesSet

_SHOWN = 10
_TO_DO = {"train": "train", "valid": "validate", "test": "test"}


def command(
    games: Annotated[
        Path,
        typer.Argument(metavar="GAMES", help="Folder of games, each with a label file and HALF_KIND.npy features."),
    ],
    stream: Annotated[
        list[str],
        typer.Option("--stream", metavar="NAME=KIND", help="Add a stream, such as picture=ResNET_TF2_PCA512."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Write the set to this folder.")],
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="NAME",
            help="Read events from label files of this name.",
            show_default="the only kind there is",
        ),
    ] = None,
    parts: Annotated[
        Path | None,
        typer.Option(
            "--parts",
            metavar="FILE",
            help="Split games by this CSV of game,part (train, valid or test).",
            show_default="3, 1 and 1 of five games",
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", metavar="N", help="Sample streams this many times per second.", min=0.01, max=100)
    ] = 2.0,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Collect the features of games for training.

    The set lists the streams and events of each game and whether it trains, validates or tests. Features at the
    set's rate stay where they are; others are resampled into the set.

    Examples:
      touchline features set games/ --stream picture=ResNET_TF2_PCA512 --out set/

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.features.games import write_games_set

        made = write_games_set(games, out, streams=_streams(stream), labels=labels, rate_hz=rate, parts=parts)
        _tell(made, out, output)
        return EXIT_DEGRADED if made.remarks else EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _tell(made: GamesSet, out: Path, output: Output) -> None:
    """Print what the set holds, and what was left out of it."""
    from touchline.features.games import PARTS

    data = made.data
    counts = {part: len(data.part(part)) for part in PARTS}
    events = sum(len(recording.label) for recording in data.recordings)
    output.record(
        {
            "type": "set",
            "folder": str(out),
            "recordings": counts,
            "labels": list(data.labels),
            "events": events,
            "widths": dict(data.widths),
            "copied": made.copied,
            "remarks": list(made.remarks),
        }
    )
    if not output.json:
        uses = ", ".join(f"{count} to {_TO_DO[part]}" for part, count in counts.items())
        found = f"{counted(events, 'event')} of {counted(len(data.labels), 'label')}"
        output.say(f"{counted(len(data), 'recording')} ({uses}), {found}: {out}")
        if counts["train"] and counts["valid"]:
            output.say(f"train a head: touchline train recipes/stream-head.yaml --set data_root={out}")
    for remark in made.remarks[:_SHOWN]:
        output.note(f"touchline: note: {remark}")
    if len(made.remarks) > _SHOWN:
        output.note(f"touchline: note: and {len(made.remarks) - _SHOWN} more such")


def _streams(texts: list[str]) -> dict[str, str]:
    """Read the streams of ``NAME=KIND``.

    Raises:
        UsageError: another form, or a name given twice.

    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, kind = text.partition("=")
        if not sign or not name or not kind:
            raise UsageError(f"--stream {text!r} is not of the form NAME=KIND, such as picture=ResNET_TF2_PCA512")
        if name in found:
            raise UsageError(f"--stream {text!r}: {name} is {found[name]} already; give each stream its own name")
        found[name] = kind
    return found
