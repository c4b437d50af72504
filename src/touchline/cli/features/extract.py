"""``touchline features extract``: feature vectors of a video at a fixed rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from touchline.cli.common import Device, Output
from touchline.cli.features.extract_videos import extract_each, tell_record
from touchline.cli.options import (
    AudioStreamOption,
    ForceOption,
    FromOption,
    ResumeOption,
    SharedArguments,
    StreamOption,
    VideosArgument,
    half_option,
    verb,
)
from touchline.cli.progress import progress_bar
from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.features import Extraction, FeatureOptions, View
    from touchline.cli.given.paths import Given
    from touchline.features.picture_extractor import FeatureExtractor

Sampling = Literal["time-exact", "opencv", "skvideo"]
_RATE_HZ = 2.0
_MARGIN = 0.2
_SAMPLING: Sampling = "time-exact"


@dataclass(frozen=True, kw_only=True)
class ExtractArguments(SharedArguments):
    """What extracting features takes."""

    videos: VideosArgument = None
    listed: FromOption = None
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Extract features with this model: builtin, sound (whistles and crowd), or the name or file of an "
            "imported image or sound encoder.",
        ),
    ] = "builtin"
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="PATH", help="Write to this .npy file or folder.", show_default="beside each video"
        ),
    ] = None
    rate: Annotated[
        float, typer.Option("--rate", metavar="N", help="Extract this many rows per second.", min=0.01, max=100)
    ] = _RATE_HZ
    sampling: Annotated[
        Sampling,
        typer.Option("--sampling", help="Take frames exactly in time, or as SoccerNet's two extractors count them."),
    ] = _SAMPLING
    fit: Annotated[
        Literal["crop", "resize", "pad"] | None,
        typer.Option(
            "--fit", help="Crop, stretch or pad frames to the network's shape.", show_default="the model's own setting"
        ),
    ] = None
    batch: Annotated[
        int | None,
        typer.Option(
            "--batch",
            metavar="N",
            help="Pass this many frames through the network at once.",
            show_default="chosen for the device",
            min=1,
            max=4096,
        ),
    ] = None
    backend: Annotated[
        Literal["auto", "torch", "openvino"],
        typer.Option("--backend", help="Run the network with this library; auto is OpenVINO on a CPU, torch on a GPU."),
    ] = "auto"
    precision: Annotated[
        Literal["f32", "bf16"] | None,
        typer.Option(
            "--precision",
            help="Calculate on a CPU with this precision; bf16 is faster and slightly different.",
            show_default="the model's own setting",
        ),
    ] = None
    ball: Annotated[bool, typer.Option("--ball", help="Extract features of the ball, cropped along its track.")] = False
    margin: Annotated[
        float,
        typer.Option(
            "--margin",
            metavar="NUMBER",
            help="With --ball, add this share of the ball's box on each side.",
            min=0,
            max=50,
        ),
    ] = _MARGIN
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks",
            metavar="PATH",
            help="With --ball, read the ball's track from this tracks.parquet or bundle.",
            show_default="the ball is tracked first",
        ),
    ] = None
    stream: StreamOption = None
    audio_stream: AudioStreamOption = None
    half: Annotated[
        int | None,
        half_option(
            "Name the file after this half, such as 2_MODEL.npy.",
            default="that of a name such as 2_720p.mkv, else the video's name",
        ),
    ] = None
    resume: ResumeOption = True
    force: ForceOption = False


def _run(arguments: ExtractArguments, output: Output) -> int:
    """Extract the features of each video with a model of images or of sound."""
    from touchline.cli.features.extract_sound import extract_sound, refuse_image_options
    from touchline.cli.given.paths import given_videos
    from touchline.features.sound_extractor import is_sound_model

    out, model, device = arguments.out, arguments.model, arguments.device
    videos = given_videos(arguments.videos, listed=arguments.listed, output=output)
    _check_requests(videos, named=len(arguments.videos or ()), out=out, half=arguments.half)
    if is_sound_model(model):
        refuse_image_options(model, _image_options(arguments))
        return extract_sound(
            videos,
            model=model,
            out=out,
            force=arguments.force,
            audio_stream=arguments.audio_stream,
            half=arguments.half,
            device=device,
            output=output,
        )
    if arguments.audio_stream is not None:
        raise UsageError(f"--audio-stream {arguments.audio_stream}: {model} sees the picture; name a model of sound")
    return _extract_images(arguments, videos, output)


command = verb(
    ExtractArguments,
    _run,
    about="""Extract features of videos or their sound.

    Writes one .npy file per video in SoccerNet's layout, and a side-car file that describes it. Files that are up to
    date are left as they are.

    Examples:
      touchline features extract match.mp4
      touchline features extract match.mp4 --model sound
    """,
)


def _image_options(arguments: ExtractArguments) -> dict[str, bool]:
    """The options that only models of images take, and whether each was given."""
    return {
        "--ball": arguments.ball,
        "--tracks": arguments.tracks is not None,
        "--margin": arguments.margin != _MARGIN,
        "--rate": arguments.rate != _RATE_HZ,
        "--sampling": arguments.sampling != _SAMPLING,
        "--fit": arguments.fit is not None,
        "--batch": arguments.batch is not None,
        "--backend": arguments.backend != "auto",
        "--precision": arguments.precision is not None,
        "--stream": arguments.stream is not None,
    }


def _extract_images(arguments: ExtractArguments, videos: Sequence[Given], output: Output) -> int:
    """Extract features of the frames of each video."""
    from touchline.analysis.features import FeatureOptions

    tracks, margin, device = arguments.tracks, arguments.margin, arguments.device
    if tracks is not None and (not arguments.ball or len(videos) > 1):
        raise UsageError(f"--tracks {tracks}: goes with --ball and a single video")
    if margin != _MARGIN and not arguments.ball:
        raise UsageError(f"--margin {margin}: goes with --ball")
    options = FeatureOptions(
        out=arguments.out,
        rate_hz=arguments.rate,
        sampling=arguments.sampling,
        stream=arguments.stream,
        half=arguments.half,
        resume=arguments.resume,
        force=arguments.force,
    )
    given = {name: getattr(arguments, name) for name in ("backend", "batch", "fit", "precision")}
    extractor = _load(arguments.model, device=device, given=given, output=output)
    views = _Ball(tracks, margin=margin, device=device, output=output) if arguments.ball else None
    return _extract_all(videos, extractor=extractor, options=options, views=views, output=output)


def _check_requests(videos: Sequence[Given], *, named: int, out: Path | None, half: int | None) -> None:
    """Refuse what cannot be a video, and two videos with the same output file, before any work is done.

    Raises:
        UsageError: one of these.

    """
    from touchline.analysis.features import feature_path
    from touchline.cli.running import check_kind

    if out is not None and out.suffix == ".npy" and max(len(videos), named) > 1:
        raise UsageError(f"--out {out}: is one file, but {max(len(videos), named)} videos are given; give a folder")
    if half is not None and len(videos) > 1:
        raise UsageError(f"--half {half} belongs to one video, but {len(videos)} are given; name them one at a time")
    taken: dict[Path, Path] = {}
    for video in (given.path for given in videos if not given.problem):
        check_kind(video)
    for given in videos:
        video = given.path
        path = feature_path(video, out=_out_of(given, out), name="MODEL", half=half).absolute()
        if path in taken:
            raise UsageError(
                f"{taken[path]} and {video} would both be written to {path}; "
                "extract them one at a time, each with its own --out"
            )
        taken[path] = video


def _out_of(given: Given, out: Path | None) -> Path | None:
    """Where the features of a video go: the file, or the folder for it."""
    return out if out is not None and out.suffix == ".npy" else given.out(out)


def _load(
    model: str,
    *,
    device: Device,
    given: dict[str, Any],
    output: Output,
) -> FeatureExtractor:
    from touchline.features.picture_extractor import load_feature_extractor

    extractor = load_feature_extractor(model, device=device, **given)
    output.note(f"touchline: model {extractor.name}, {extractor.device_reason}")
    return extractor


class _Ball:
    """Finds the ball of a video: in existing tracks, or by tracking it now."""

    def __init__(self, tracks: Path | None, *, margin: float, device: Device, output: Output) -> None:
        self._path, self._margin, self._device, self._output = tracks, margin, device, output

    def of(self, video: Path) -> View:
        """The part of each frame to extract features of."""
        from touchline.analysis.ball_stream import ball_path, ball_view

        if self._path is not None:
            from touchline.analysis.track_actions import read_known_tracks

            found = read_known_tracks(self._path, video=video)
        else:
            from touchline.analysis.tasks.track import load_tracker
            from touchline.analysis.track_video import track_video

            self._output.note(f"touchline: {video.name}: tracking the ball first; its tracks go into the bundle")
            found = track_video(video, tracker=load_tracker(device=self._device))
        if not len(ball_path(found).times_us):
            raise InputError(f"{video}: the tracks hold no ball; use other --tracks, or leave out --ball")
        return ball_view(found, margin=self._margin)


def _extract_all(
    videos: Sequence[Given],
    *,
    extractor: FeatureExtractor,
    options: FeatureOptions,
    views: _Ball | None,
    output: Output,
) -> int:
    """Extract from each video in turn; those that fail are reported, and the work goes on with the others."""
    from touchline.analysis.features import extract_features

    def take(given: Given) -> Extraction:
        video, own = given.path, replace(options, out=_out_of(given, options.out))
        view = None if views is None else views.of(video)
        with progress_bar(video.name) as progress:
            return extract_features(video, extractor=extractor, options=own, view=view, progress=progress)

    return extract_each(videos, take=take, tell=partial(_tell, output=output), output=output)


def _tell(video: Path, result: Extraction, *, output: Output) -> None:
    coverage = result.info.coverage
    absent = sum(end - first for first, end in result.info.absent)
    remarks = [*result.info.remarks, *(() if coverage is None else coverage.repairs)]
    more = {"resumed_row": result.resumed_row, "absent_rows": absent}
    tell_record(video, result, remarks=remarks, more=more, output=output)
    if not output.json:
        lost_s = 0.0 if coverage is None else coverage.lost_us / 1e6
        how = " (up to date)" if result.reused else f" (from row {result.resumed_row} on)" if result.resumed_row else ""
        lost = f", {lost_s:.1f} s of the video lost" if lost_s else ""
        doubtful_s = 0.0 if coverage is None else coverage.doubtful_us / 1e6
        lost += f", {doubtful_s:.1f} s doubtful" if doubtful_s else ""
        without = f", {counted(absent, 'row')} without a ball" if absent else ""
        shape = f"{result.rows} x {result.width}, {result.info.rate_hz:g} a second"
        output.say(f"{result.path}: {shape}{how}{lost}{without}")
