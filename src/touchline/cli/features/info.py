"""``touchline features info``: what a feature file holds, and whether it can be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.features.options import FileRateOption
from touchline.cli.inputs import Inputs
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK
from touchline.core.wording import counted


def command(
    files: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Feature files, or the folder of SoccerNet's games.")
    ],
    video: Annotated[
        Path | None,
        typer.Option(
            "--video",
            metavar="FILE",
            help="Compare the length of the features with this video.",
            show_default="not compared",
        ),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option("--width", metavar="N", help="Require this many numbers in each row.", show_default="any", min=1),
    ] = None,
    rate: FileRateOption = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Inspect feature files.

    Prints the model, the rate and the length of each file, lost rows and every other fault. For the folder of
    SoccerNet's games, lists which files are there and how to get the missing ones.

    Examples:
      touchline features info match.npy --video match.mp4

    """
    output = Output(json=json, debug=debug)
    run_guarded(lambda: _all(files, video=video, width=width, rate=rate, output=output), debug=debug, json=json)


def _all(files: Sequence[Path], *, video: Path | None, width: int | None, rate: float | None, output: Output) -> int:
    duration_us = _duration_us(video)
    inputs = Inputs("files", output=output)
    for file in files:
        with inputs.one(file, type="error", path=str(file)):
            if file.is_dir():
                inputs.done(_folder(file, output=output))
            else:
                inputs.done(_one(file, duration_us=duration_us, width=width, rate=rate, output=output))
    return inputs.finish()


def _one(file: Path, *, duration_us: int, width: int | None, rate: float | None, output: Output) -> int:
    from touchline.core.clock import format_clock
    from touchline.formats.features.vectors import length_remark, published_head_remark, read_features

    features = read_features(file, width=width, rate_hz=rate)
    info = features.info
    length = length_remark(features, duration_us=duration_us)
    sound = info.sampling == "sound"
    head = None if sound else published_head_remark(info, head="a published head")
    lost, absent = int(features.lost_rows().sum()), sum(end - first for first, end in info.absent)
    remarks = [*info.remarks, *([length] if length else []), *([head] if head else [])]
    facts: dict[str, Any] = {
        "path": str(file),
        "rows": len(features),
        "width": features.width,
        "rate_hz": info.rate_hz,
        "start_us": info.start_us,
        "end_us": features.end_us,
        "model": info.model,
        "model_sha256": info.model_sha256,
        "sampling": info.sampling,
        "reduction": None if info.reduction is None else dict(info.reduction),
        "published": info.published,
        "video": dict(info.video),
        "lost_rows": lost,
        "absent_rows": absent,
        "remarks": remarks,
    }
    output.record({"type": "features", **facts})
    if not output.json:
        until = format_clock(features.end_us, decimals=1)
        output.say(f"{file}: {len(features)} x {features.width}, {info.rate_hz:g} a second, until {until}")
        taken = "of the sound" if sound else f"frames sampled {info.sampling}"
        output.say(f"  model {info.model}, {taken}" + _without(lost, absent))
        for remark in remarks:
            output.say(f"  {remark}")
    return EXIT_DEGRADED if lost > absent or length else EXIT_OK


def _without(lost: int, absent: int) -> str:
    """How many rows are empty, and why."""
    nothing = f", {counted(absent, 'row')} with nothing to see" if absent else ""
    return nothing + (f", {counted(lost - absent, 'row')} lost" if lost > absent else "")


def _folder(folder: Path, *, output: Output) -> int:
    """Print which files of SoccerNet a folder holds."""
    from touchline.formats.soccernet.folder import find_games, holdings

    games = find_games(folder)
    if not output.json:
        output.say(f"{folder}: {counted(len(games), 'game')}")
    for holding in holdings(games):
        missing = len(games) - holding.games
        advice = holding.advice if missing else ""
        fields = {"file": holding.name, "games": holding.games, "missing": missing, "advice": advice}
        output.record({"type": "holding", "path": str(folder), **fields})
        if not output.json:
            output.say(f"  {holding.name}: {holding.games} of {len(games)}" + (f"; {advice}" if advice else ""))
    return EXIT_OK


def _duration_us(video: Path | None) -> int:
    if video is None:
        return 0
    from touchline.media.video import probe

    return probe(video).duration_us
