"""The options that the verbs on videos share, and a Typer command made of a data class of options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from touchline.cli.common import DebugOption, DeviceOption, JsonOption, OutOption, Output, run_guarded

VideosArgument = Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Media files.", show_default=False)]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", help="A built-in model's name or a model file; the scores of several are averaged."),
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold", metavar="LABEL=VALUE", help="Confidence, 0 to 1, that events of a label (or all) need."
    ),
]
FeaturesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="MODEL|STREAM=FILE",
        help="With a head over features: what makes them, else what it was trained on; or a file of a stream of its.",
    ),
]
ReductionOption = Annotated[
    Path | None,
    typer.Option("--reduction", metavar="FILE", help="With a head over features: what makes them narrower."),
]
FlipOption = Annotated[
    bool | None,
    typer.Option("--flip/--no-flip", help="Average with the mirrored picture, or not; else as the model wants it."),
]
StreamOption = Annotated[int | None, typer.Option("--stream", help="Which video stream, where a file has several.")]
ResumeOption = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on where a stopped run left off.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Analyse again even where the bundle is up to date.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say how long it would take.")]
DetectorOption = Annotated[
    str | None, typer.Option("--detector", help="What finds people and ball: a built-in model's name or a model file.")
]
PitchFinderOption = Annotated[
    str | None, typer.Option("--pitch-finder", help="What finds the pitch's points: a built-in model's name or a file.")
]
RecogniserOption = Annotated[
    str | None,
    typer.Option("--recognizer", help="What says what each player does: a model's name or a file; none by default."),
]
FpsOption = Annotated[
    float | None, typer.Option("--fps", help="Pictures looked at in a second of video; 12.5 where nothing is said.")
]
BoxesOption = Annotated[
    Path | None,
    typer.Option("--boxes", metavar="FILE", help="Follow only these: CSV or JSON of time_s,x0,y0,x1,y1[,name]."),
]
OverlayOption = Annotated[
    bool, typer.Option("--overlay", help="Write overlay.mp4: the video with the tracks drawn in.")
]
TracksOption = Annotated[
    bool | None, typer.Option("--tracks/--no-tracks", help="Follow people and ball as well, or find events only.")
]


@dataclass(frozen=True, kw_only=True)
class VideoArguments:
    """What every verb on videos takes."""

    videos: VideosArgument
    out: OutOption = None
    stream: StreamOption = None
    resume: ResumeOption = True
    force: ForceOption = False
    dry_run: DryRunOption = False
    device: DeviceOption = "auto"
    json: JsonOption = False
    debug: DebugOption = False


@dataclass(frozen=True, kw_only=True)
class SpotArguments(VideoArguments):
    """What finding events takes."""

    model: ModelOption = None
    threshold: ThresholdOption = None
    flip: FlipOption = None
    features: FeaturesOption = None
    reduction: ReductionOption = None


@dataclass(frozen=True, kw_only=True)
class TrackArguments(VideoArguments):
    """What following people takes."""

    detector: DetectorOption = None
    pitch_finder: PitchFinderOption = None
    fps: FpsOption = None
    boxes: BoxesOption = None
    recogniser: RecogniserOption = None
    overlay: OverlayOption = False


@dataclass(frozen=True, kw_only=True)
class AnalyzeArguments(SpotArguments, TrackArguments):
    """What all tasks together take."""

    tracks: TracksOption = None


A = TypeVar("A", bound=VideoArguments)


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


def _own_first(arguments: type[VideoArguments]) -> list[Field[Any]]:
    """The fields: what must be given, then those of the verb itself, then those that all verbs have."""
    shared = [field.name for field in fields(VideoArguments)]
    return sorted(fields(arguments), key=lambda field: (field.default is not MISSING, field.name in shared))


def _parameter(field: Field[Any], hint: Any) -> inspect.Parameter:
    """A field as a parameter of a function."""
    default = inspect.Parameter.empty if field.default is MISSING else field.default
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
