"""``touchline clips``: clips and reels of what happened, cut out of the videos of bundles."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, one_line
from touchline.cli.inputs import Inputs
from touchline.cli.options import AnyDeviceOption, FromOption, SharedArguments, verb
from touchline.cli.progress import progress_bar
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.cli.given.paths import Given
    from touchline.render.clips.contents import Listed
    from touchline.render.clips.folder import ClipsMade
    from touchline.render.clips.match import Match

BundlesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="BUNDLE...",
        help="Bundles or the videos beside them, or folders: all bundles in them and below.",
        show_default=False,
    ),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="LABEL", help="Cut events of this label.", show_default="all labels"),
]
PlayerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--player",
        metavar="NAME|NUMBER",
        help="Cut what a player does: events with this player, time on the ball, actions a recognizer saw. "
        "A number is a shirt number, else that of a track.",
        show_default="all players",
    ),
]
TeamOption = Annotated[
    list[str] | None,
    typer.Option("--team", metavar="NAME", help="Cut what this team does, such as A.", show_default="both teams"),
]
MinConfidenceOption = Annotated[
    float, typer.Option("--min-confidence", metavar="X", help="Leave out what is less certain, 0 to 1.")
]
ReviewedOption = Annotated[bool, typer.Option("--reviewed", help="Cut only events that a person accepted.")]
SeenOption = Annotated[
    bool, typer.Option("--seen", help="Cut all that the players are on screen for, not only what they do.")
]
EachPlayerOption = Annotated[
    bool, typer.Option("--each-player", help="Make a folder for each player who has a name or number.")
]
LeadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--lead",
        metavar="SECONDS|LABEL=SECONDS",
        help="Begin clips this long before the event.",
        show_default="8, or that of the label set",
    ),
]
LagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--lag",
        metavar="SECONDS|LABEL=SECONDS",
        help="End clips this long after the event.",
        show_default="6, or that of the label set",
    ),
]
MergeOption = Annotated[
    bool,
    typer.Option(
        "--merge/--no-merge", help="Make one clip of clips that overlap or touch, or keep one for each event."
    ),
]
ReelOption = Annotated[bool, typer.Option("--reel", help="Write reel.mp4 as well, all clips one after another.")]
ClipsOption = Annotated[bool, typer.Option("--clips/--no-clips", help="Write a file for each clip, or only the reel.")]
TitlesOption = Annotated[
    bool, typer.Option("--titles", help="Burn label, time, player, team and confidence into the picture.")
]
CardsOption = Annotated[
    bool, typer.Option("--cards", help="Show them on a card of one second before each clip of a reel.")
]
FastOption = Annotated[
    bool,
    typer.Option(
        "--fast", help="Copy clips without encoding; they begin at the key frame before, often seconds early."
    ),
]
VideoOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--video",
        metavar="FILE|FOLDER",
        help="Take the videos from here, if they are not beside the bundles.",
        show_default="beside each bundle",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", help="Write to this folder.", show_default="BUNDLE-clips beside the first bundle"
    ),
]


@dataclass(frozen=True, kw_only=True)
class ClipsArguments(SharedArguments):
    """What ``clips`` takes."""

    bundles: BundlesArgument = None
    listed: FromOption = None
    label: LabelOption = None
    player: PlayerOption = None
    team: TeamOption = None
    min_confidence: MinConfidenceOption = 0.0
    reviewed: ReviewedOption = False
    seen: SeenOption = False
    each_player: EachPlayerOption = False
    lead: LeadOption = None
    lag: LagOption = None
    merge: MergeOption = True
    reel: ReelOption = False
    clips: ClipsOption = True
    titles: TitlesOption = False
    cards: CardsOption = False
    fast: FastOption = False
    video: VideoOption = None
    out: OutOption = None
    device: AnyDeviceOption = "auto"


def _run(arguments: ClipsArguments, output: Output) -> int:
    """Cut the clips of all bundles into one folder."""
    from touchline.cli.given.paths import given_bundles
    from touchline.render.clips.plan import ClipOptions
    from touchline.render.clips.selection import Selection
    from touchline.render.clips.spans import Margins
    from touchline.render.clips.work import cut_clips

    selection = Selection(
        labels=tuple(arguments.label or ()),
        players=tuple(arguments.player or ()),
        teams=tuple(arguments.team or ()),
        min_confidence=arguments.min_confidence,
        reviewed=arguments.reviewed,
        seen=arguments.seen,
        each_player=arguments.each_player,
    )
    options = ClipOptions(
        margins=Margins.of_words(arguments.lead or (), arguments.lag or ()),
        merge=arguments.merge,
        clips=arguments.clips,
        reel=arguments.reel,
        titles=arguments.titles,
        cards=arguments.cards,
        fast=arguments.fast,
    )
    inputs = Inputs("bundles", output=output)
    bundles = given_bundles(arguments.bundles, listed=arguments.listed, output=output)
    matches = _matches(bundles, arguments.video or (), inputs)
    if not matches:
        return inputs.finish()
    out = arguments.out or _usual_folder(matches)
    with progress_bar("clips") as progress:
        made = cut_clips(
            matches, out=out, selection=selection, options=options, progress=progress, guard=_guard(inputs)
        )
    for folder in made:
        _tell(folder, output=output)
    usable = any(clip.file for folder in made for clip in folder.clips) or any(folder.reel for folder in made)
    return inputs.finish_with(usable=usable or not inputs.failed, complete=not any(folder.degraded for folder in made))


def _guard(inputs: Inputs) -> Callable[[Match], contextlib.AbstractContextManager[None]]:
    """Return what lists a match whose video cannot be read among the failed, and goes on with the others."""
    return lambda match: inputs.again(match.bundle.path, type="error", bundle=str(match.bundle.path))


def _matches(bundles: Sequence[Given], videos: Sequence[Path], inputs: Inputs) -> list[Match]:
    """Open the bundles and find their videos; one that cannot be used is reported."""
    from touchline.formats.bundle import open_bundle
    from touchline.render.clips.match import Match, find_video

    matches = []
    for given in bundles:
        with inputs.one(given.path, type="error", bundle=str(given.path)):
            given.check()
            bundle = open_bundle(given.path)
            matches.append(Match(bundle, find_video(bundle, videos)))
    return matches


def _usual_folder(matches: Sequence[Match]) -> Path:
    first = matches[0]
    return first.bundle.path.parent / (f"{first.name}-clips" if len(matches) == 1 else "clips")


def _tell(made: ClipsMade, *, output: Output) -> None:
    """Print what is in one folder."""
    for clip in made.clips:
        output.record(_record(clip, made))
        for note in clip.notes:
            output.note(one_line(f"touchline: {clip.file or clip.match}: {note}"))
    for note in made.notes:
        output.note(one_line(f"touchline: note: {note}"))
    reel = None if made.reel is None else str(made.reel)
    files = sum(bool(clip.file) for clip in made.clips)
    output.record(
        {
            "type": "clips",
            "folder": str(made.folder),
            "clips": files,
            "reused": made.reused,
            "reel": reel,
            "contents": str(made.contents),
            "degraded": made.degraded,
            "notes": list(made.notes),
        }
    )
    if not output.json:
        reused = f" ({made.reused} of them were there already)" if made.reused else ""
        merged = sum(len(clip.moments) - 1 for clip in made.clips)
        joined = f", {counted(merged, 'overlapping one')} merged into others" if merged else ""
        output.say(one_line(f"{made.folder}: {counted(files, 'clip')}{reused}{joined}"))
        if reel is not None:
            output.say(one_line(f"reel: {reel}"))
        output.say(one_line(f"contents: {made.contents}"))


def _record(clip: Listed, made: ClipsMade) -> dict[str, object]:
    return {
        "type": "clip",
        "file": str(made.folder / clip.file) if clip.file else None,
        "match": clip.match,
        "start_us": clip.start_us,
        "end_us": clip.end_us,
        "reel_us": clip.reel_us,
        "moments": [
            {
                "label": moment.label,
                "start_us": moment.start_us,
                "end_us": moment.end_us,
                "player": clip.corrections.player_name(moment.player),
                "team": clip.corrections.team_name(moment.team),
                "confidence": round(moment.confidence, 6),
            }
            for moment in clip.moments
        ],
        "notes": list(clip.notes),
    }


command = verb(
    ClipsArguments,
    _run,
    about="""Cut clips and reels of what happened.

    Clips are encoded again to the exact frame, with sound; a clip that is there already is not cut again. The corrected
    events are used, all over their thresholds unless you choose. contents.csv lists the clips, reel.vtt the chapters of
    a reel. Lost parts of a video give exit code 4.

    Examples:
      touchline clips match.touchline --label GOAL --reel --titles
      touchline clips match.touchline --each-player --lead 4 --lead PASS=2
    """,
)
