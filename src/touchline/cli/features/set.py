"""``touchline features set``: games with features and labels become a set that heads are trained from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError

_SHOWN = 10
_TO_DO = {"train": "train", "valid": "validate", "test": "test"}


def command(
    games: Annotated[Path, typer.Argument(help="Folder of games: a label file in each, and HALF_KIND.npy.")],
    stream: Annotated[
        list[str],
        typer.Option("--stream", metavar="NAME=KIND", help="E.g. picture=ResNET_TF2_PCA512; repeat it."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the set.")],
    labels: Annotated[
        str | None, typer.Option("--labels", help="Name of the label files, where there are several.")
    ] = None,
    parts: Annotated[
        Path | None, typer.Option("--parts", help="CSV with game,part (train, valid, test); else 3, 1 and 1 of five.")
    ] = None,
    rate: Annotated[float, typer.Option("--rate", help="Samples a second.", min=0.01, max=100)] = 2.0,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write what `touchline train` reads: where each game's streams are, its events, and what it is for.

    Features on the set's grid are read where they lie; others are brought onto it and written into the set.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.features.games import PARTS, write_games_set

        made = write_games_set(games, out, streams=_streams(stream), labels=labels, rate_hz=rate, parts=parts)
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
            said = ", ".join(f"{count} to {_TO_DO[part]}" for part, count in counts.items())
            output.say(f"{len(data)} recordings ({said}), {events} events of {len(data.labels)} labels: {out}")
            if counts["train"] and counts["valid"]:
                output.say(f"train a head: touchline train recipes/stream-head.yaml --set data_root={out}")
        for remark in made.remarks[:_SHOWN]:
            output.note(f"touchline: note: {remark}")
        if len(made.remarks) > _SHOWN:
            output.note(f"touchline: note: and {len(made.remarks) - _SHOWN} more such")
        return EXIT_DEGRADED if made.remarks else EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _streams(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, sign, kind = text.partition("=")
        if not sign or not name or not kind:
            raise UsageError(f"--stream {text!r} is not of the form NAME=KIND, such as picture=ResNET_TF2_PCA512")
        if name in found:
            raise UsageError(f"--stream {text!r}: {name} is {found[name]} already; give each stream a name of its own")
        found[name] = kind
    return found
