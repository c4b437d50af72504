"""``touchline keeper match``: pages for the coach about the shots of a tracked match."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.keeper.options import PoseModelOption, SaveModelOption
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.core.errors import EXIT_OK, InputError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.events import Timeline
    from touchline.formats.bundle import Bundle


def match(
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="Video that was analysed with touchline track or touchline analyze.")
    ],
    events: Annotated[
        Path | None,
        typer.Option(
            "--events",
            metavar="FILE",
            help="Read the shots from this label or result file of SoccerNet.",
            show_default="the bundle's events",
        ),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle", metavar="FOLDER", help="Read the tracks from this bundle.", show_default="beside the video"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", help="Write the pages to this folder.", show_default="keepers/ in the bundle"
        ),
    ] = None,
    pose_model: PoseModelOption = None,
    model: SaveModelOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Report on the keepers of a tracked match.

    Writes a page for each keeper with every shot faced: where it came from, where the keeper was and which technique
    was used. Shots are the events labelled shot, goal or penalty in SoccerNet's spellings.

    Examples:
      touchline keeper match match.mp4

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
            placed = sum(m.saves is not None for m in made.moments)
            output.say(f"{counted(len(made.moments), 'shot')}, {placed} with a known position")
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
