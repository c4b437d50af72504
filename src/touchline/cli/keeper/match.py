"""``touchline keeper match``: the coach's pages for the shots of a match that was tracked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import DebugOption, DeviceOption, JsonOption, Output, run_guarded
from touchline.cli.keeper.map import SaveModelOption
from touchline.core.errors import EXIT_OK, InputError

if TYPE_CHECKING:
    from touchline.core.events import Timeline
    from touchline.formats.bundle import Bundle


def match(
    video: Annotated[Path, typer.Argument(help="A video that `touchline track` or `analyze` has been run on.")],
    events: Annotated[
        Path | None, typer.Option("--events", help="SoccerNet label or result file with the shots; else the bundle's.")
    ] = None,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="The bundle, if not beside the video.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the pages; else keepers/ in it.")] = None,
    pose_model: Annotated[str | None, typer.Option("--pose-model", help="A pose finder's name or file.")] = None,
    model: SaveModelOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a page for each keeper of a match: every shot at him, where from, where he was, and what he did.

    Shots are the events labelled shot, goal or penalty, in SoccerNet's spellings. Ball, keeper and pitch are those of
    the tracks; what was not found is said.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.analysis.keeper_match import write_match_pages
        from touchline.cli.keeper.report import moment_record
        from touchline.formats.bundle import Bundle
        from touchline.goalkeeping.expected_saves import load_expected_saves
        from touchline.goalkeeping.pose_finder import load_pose_finder

        folder = Bundle(bundle) if bundle is not None else Bundle.for_video(video)
        finder = load_pose_finder(pose_model, device=device)
        output.note(f"touchline: model {finder.name}, {finder.device_reason}")
        made = write_match_pages(
            video,
            out or folder.path / "keepers",
            timeline=_timeline(events, folder),
            tracks=folder.read_tracks(),
            finder=finder,
            model=load_expected_saves(model),
        )
        for moment in made.moments:
            output.record(moment_record(moment))
        output.record({"type": "report", "index": str(made.index), "moments": len(made.moments)})
        if not output.json:
            output.say(f"{len(made.moments)} shots, {sum(m.saves is not None for m in made.moments)} of them placed")
            output.say(f"report: {made.index}")
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _timeline(events: Path | None, folder: Bundle) -> Timeline:
    from touchline.formats.soccernet.labels import read_labels

    if events is not None:
        return read_labels(events)
    try:
        return folder.read_events()
    except InputError as error:
        raise InputError(f"{error}; or give the shots with --events") from error
