"""The options that several commands share, and a Typer command made of a data class of options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import typer

from touchline.analysis.speed import DEFAULT_SPEED, SpeedName
from touchline.cli.common import Device, Output, run_guarded
from touchline.render.radar_places import RADAR_PLACE, RadarPlace

VideosArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="VIDEO...", help="Video files, or folders: all videos in them and below.", show_default=False
    ),
]
FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Take the paths in this list as well, one a line; - reads it from stdin.",
        show_default="none",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line on stdout, and everything else on stderr.")
]
DeviceOption = Annotated[Device, typer.Option("--device", help="Run models on this device.")]
AnyDeviceOption = Annotated[Device, typer.Option("--device", help="Run models on this device; this command runs none.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Write the bundles to this folder.", show_default="beside each video"),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Spot events with this model, a name or a file; the scores of several are averaged.",
        show_default="the built-in spotter",
    ),
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        metavar="LABEL=VALUE",
        help="Set the confidence threshold of a label, 0 to 1; all=VALUE sets it for every label.",
        show_default="the model's own",
    ),
]
FeaturesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="MODEL|STREAM=FILE",
        help="Feed a spotting head with features that MODEL extracts, or read one of its streams from a .npy FILE.",
        show_default="the extractor the head was trained with",
    ),
]
ReductionOption = Annotated[
    Path | None,
    typer.Option(
        "--reduction",
        metavar="FILE",
        help="Reduce the features of a spotting head with this PCA.",
        show_default="the one the head was trained with",
    ),
]
FlipOption = Annotated[
    bool | None,
    typer.Option(
        "--flip/--no-flip",
        help="Average the scores of each frame and its mirror image, or score the frame alone.",
        show_default="the model's own setting",
    ),
]
StreamOption = Annotated[
    int | None,
    typer.Option(
        "--stream",
        metavar="N",
        help="Decode the stream with this index, in a file with several video streams.",
        show_default="the file's default stream",
    ),
]
AudioStreamOption = Annotated[
    int | None,
    typer.Option(
        "--audio-stream",
        metavar="N",
        help="Hear the sound track with this index, in a file with several; touchline check lists them.",
        show_default="the file's default track, or the loudest if that is silent",
    ),
]


def half_option(what: str, *, default: str) -> Any:
    """Return the option ``--half``; what is done with the half, and where it comes from without it, differ."""
    return typer.Option("--half", metavar="N", min=1, max=5, help=what, show_default=default)


HalfOption = Annotated[
    int | None,
    half_option(
        "Record events as of this half; 3 and 4 are extra time, 5 penalties.",
        default="that of a name such as 2_720p.mkv, else 1",
    ),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Continue a stopped run where it left off, or start again.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Repeat the work even if the results are up to date.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        help="Use this many CPU threads; the results are the same with any number.",
        show_default="all that are available",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print how long the analysis would take, and stop.")]
DetectorOption = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="MODEL",
        help="Detect people and the ball with this model, a name or a file.",
        show_default="the built-in detector",
    ),
]
PitchFinderOption = Annotated[
    str | None,
    typer.Option(
        "--pitch-finder",
        metavar="MODEL",
        help="Locate the pitch with this model, a name or a file.",
        show_default="the built-in pitch finder",
    ),
]
RecogniserOption = Annotated[
    str | None,
    typer.Option(
        "--recognizer",
        metavar="MODEL",
        help="Recognize each player's actions with this model, a name or a file.",
        show_default="none",
    ),
]
SpeedOption = Annotated[
    SpeedName | None,
    typer.Option(
        "--speed",
        help="Look at more pictures and find more, or at fewer and finish sooner.",
        show_default=DEFAULT_SPEED,
    ),
]
FastOption = Annotated[bool, typer.Option("--fast", help="Short for --speed fast.")]
FpsOption = Annotated[
    float | None,
    typer.Option("--fps", metavar="N", help="Frames analysed per second of video.", show_default="that of --speed"),
]
BoxesOption = Annotated[
    Path | None,
    typer.Option(
        "--boxes",
        metavar="FILE",
        help="Track only the people in these boxes: CSV or JSON of time_s,x0,y0,x1,y1[,name].",
        show_default="everyone",
    ),
]
OverlayOption = Annotated[
    bool, typer.Option("--overlay", help="Write overlay.mp4, the video with tracks and events drawn in.")
]
RadarOption = Annotated[
    RadarPlace, typer.Option("--radar", help="Show the pitch from above in this corner of the overlay.")
]
EventsOption = Annotated[
    Literal["fused", "pixels", "tracks"] | None,
    typer.Option(
        "--events",
        help="Name events from the tracks, fused with picture and sound; from the picture alone; or from tracks alone.",
        show_default="fused; pixels with another --model or without tracks",
    ),
]
TracksOption = Annotated[
    bool | None,
    typer.Option(
        "--tracks/--no-tracks",
        help="Track people and the ball as well, or spot events only.",
        show_default="--tracks if there is a detector",
    ),
]
ClockOption = Annotated[
    bool | None,
    typer.Option(
        "--clock/--no-clock",
        help="Read the match clock and the score off the broadcast's score board, or leave them out.",
        show_default="--clock if its reader of text is installed",
    ),
]


@dataclass(frozen=True, kw_only=True)
class SharedArguments:
    """What every command takes."""

    device: DeviceOption = "auto"
    json: JsonOption = False
    debug: DebugOption = False


@dataclass(frozen=True, kw_only=True)
class VideoArguments(SharedArguments):
    """What every analysis of videos takes."""

    videos: VideosArgument = None
    listed: FromOption = None
    out: OutOption = None
    stream: StreamOption = None
    resume: ResumeOption = True
    force: ForceOption = False
    threads: ThreadsOption = None
    dry_run: DryRunOption = False


@dataclass(frozen=True, kw_only=True)
class SpotArguments(VideoArguments):
    """What spotting events takes."""

    model: ModelOption = None
    threshold: ThresholdOption = None
    flip: FlipOption = None
    features: FeaturesOption = None
    reduction: ReductionOption = None
    audio_stream: AudioStreamOption = None
    half: HalfOption = None


@dataclass(frozen=True, kw_only=True)
class TrackArguments(VideoArguments):
    """What tracking takes."""

    detector: DetectorOption = None
    pitch_finder: PitchFinderOption = None
    speed: SpeedOption = None
    fast: FastOption = False
    fps: FpsOption = None
    boxes: BoxesOption = None
    recogniser: RecogniserOption = None
    overlay: OverlayOption = False
    radar: RadarOption = RADAR_PLACE


@dataclass(frozen=True, kw_only=True)
class AnalyzeArguments(SpotArguments, TrackArguments):
    """What all tasks together take."""

    tracks: TracksOption = None
    events: EventsOption = None
    clock: ClockOption = None


A = TypeVar("A", bound=SharedArguments)


def verb(arguments: type[A], run: Callable[[A, Output], int], *, about: str) -> Callable[..., None]:
    """A Typer command whose parameters are the fields of a data class.

    Args:
        arguments: the data class; its fields carry Typer's annotations.
        run: does the work, and returns an exit code.
        about: the help text.

    """

    def command(**values: Any) -> None:
        given = arguments(**values)
        output = Output(json=given.json, debug=given.debug)
        run_guarded(lambda: run(given, output), debug=given.debug, json=given.json)

    hints = get_type_hints(arguments, include_extras=True)
    parameters = [_parameter(field, hints[field.name]) for field in _own_first(arguments)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {field.name: hints[field.name] for field in fields(arguments)}
    command.__doc__ = about
    return command


def _own_first(arguments: type[SharedArguments]) -> list[Field[Any]]:
    """The fields: required ones first, then those of the command itself, then those of all analyses and commands."""
    shared = {cls: {field.name for field in fields(cls)} for cls in (VideoArguments, SharedArguments)}

    def place(field: Field[Any]) -> tuple[bool, ...]:
        wide = (issubclass(arguments, cls) and field.name in names for cls, names in shared.items())
        return (field.default is not MISSING, *wide)

    return sorted(fields(arguments), key=place)


def _parameter(field: Field[Any], hint: Any) -> inspect.Parameter:
    """A field as a parameter of a function."""
    default = inspect.Parameter.empty if field.default is MISSING else field.default
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
