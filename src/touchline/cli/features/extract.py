"""``touchline features extract``: one vector for every half second of a video."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from touchline.cli.common import DebugOption, Device, DeviceOption, JsonOption, Output, progress_bar, run_guarded
from touchline.cli.features.each import extract_each, tell_record
from touchline.cli.options import ResumeOption, StreamOption, VideosArgument
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from touchline.analysis.features import Extraction, FeatureOptions, View
    from touchline.features.picture_extractor import FeatureExtractor

Sampling = Literal["time-exact", "opencv", "skvideo"]
_RATE_HZ = 2.0
_MARGIN = 0.2
_SAMPLING: Sampling = "time-exact"


def command(
    videos: VideosArgument,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="builtin, an imported encoder, or a file of a ResNet's weights; of the sound: sound (whistles and "
            "crowd), or an imported vggish.",
        ),
    ] = "builtin",
    out: Annotated[
        Path | None, typer.Option("--out", help="The .npy file, or a folder; without it beside each video.")
    ] = None,
    rate: Annotated[float, typer.Option("--rate", help="Rows a second.", min=0.01, max=100)] = _RATE_HZ,
    sampling: Annotated[
        Sampling, typer.Option("--sampling", help="Pictures exactly in time, or as SoccerNet's two extractors counted.")
    ] = _SAMPLING,
    fit: Annotated[
        Literal["crop", "resize", "pad"] | None,
        typer.Option("--fit", help="Cut to the network's shape, stretch to it, or pad; else as the model wants it."),
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Pictures at once.", min=1, max=4096)] = None,
    backend: Annotated[
        Literal["auto", "torch", "openvino"], typer.Option("--backend", help="auto: OpenVINO on a CPU, torch on a GPU.")
    ] = "auto",
    precision: Annotated[
        Literal["f32", "bf16"] | None,
        typer.Option("--precision", help="Arithmetic on a CPU: bf16 is faster, and a bit different."),
    ] = None,
    ball: Annotated[bool, typer.Option("--ball", help="Of the ball alone, cut out along its track.")] = False,
    margin: Annotated[
        float, typer.Option("--margin", help="With --ball: share of its box that is added on each side.", min=0, max=50)
    ] = _MARGIN,
    tracks: Annotated[
        Path | None,
        typer.Option("--tracks", help="With --ball: tracks.parquet or a bundle; else the ball is followed first."),
    ] = None,
    stream: StreamOption = None,
    resume: ResumeOption = True,
    force: Annotated[bool, typer.Option("--force", help="Extract again even where the file is up to date.")] = False,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Take features of videos: a .npy file in SoccerNet's layout, and a side-car that says what is in it.

    A file that is up to date is left as it is; a run that was stopped goes on where it was.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.analysis.features import FeatureOptions
        from touchline.cli.features.sound import extract_sound, refuse_picture_options
        from touchline.features.sound_extractor import is_sound_model

        _check_requests(videos, out=out)
        if is_sound_model(model):
            refuse_picture_options(
                model,
                {
                    "--ball": ball,
                    "--tracks": tracks is not None,
                    "--margin": margin != _MARGIN,
                    "--rate": rate != _RATE_HZ,
                    "--sampling": sampling != _SAMPLING,
                    "--fit": fit is not None,
                    "--batch": batch is not None,
                    "--backend": backend != "auto",
                    "--precision": precision is not None,
                    "--stream": stream is not None,
                },
            )
            return extract_sound(videos, model=model, out=out, force=force, device=device, output=output)
        options = FeatureOptions(out=out, rate_hz=rate, sampling=sampling, stream=stream, resume=resume, force=force)
        if tracks is not None and (not ball or len(videos) > 1):
            raise UsageError(f"--tracks {tracks}: goes with --ball and one video")
        if margin != _MARGIN and not ball:
            raise UsageError(f"--margin {margin}: goes with --ball")
        given = {"backend": backend, "batch": batch, "fit": fit, "precision": precision}
        extractor = _load(model, device=device, given=given, output=output)
        views = _Ball(tracks, margin=margin, device=device, output=output) if ball else None
        return _extract_all(videos, extractor=extractor, options=options, views=views, output=output)

    run_guarded(run, debug=debug, json=json)


def _check_requests(videos: Sequence[Path], *, out: Path | None) -> None:
    """Refuse what can be no video, and two videos whose features would be one file, before any work is done.

    Raises:
        UsageError: one of these.

    """
    from touchline.analysis.features import feature_path
    from touchline.cli.batch import check_kind

    if out is not None and out.suffix == ".npy" and len(videos) > 1:
        raise UsageError(f"--out {out}: one file for {len(videos)} videos; give a folder")
    taken: dict[Path, Path] = {}
    for video in videos:
        check_kind(video)
        path = feature_path(video, out=out, name="MODEL").absolute()
        if path in taken:
            raise UsageError(f"{taken[path]} and {video} would both be written to {path}; give each its own --out")
        taken[path] = video


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
    """Finds where the ball of a video is: from tracks that are there, or by following it now."""

    def __init__(self, tracks: Path | None, *, margin: float, device: Device, output: Output) -> None:
        self._path, self._margin, self._device, self._output = tracks, margin, device, output

    def of(self, video: Path) -> View:
        """What of the video's pictures is looked at."""
        from touchline.analysis.ball_stream import ball_path, ball_view

        if self._path is not None:
            from touchline.analysis.track_actions import read_known_tracks

            found = read_known_tracks(self._path, video=video)
        else:
            from touchline.analysis.tasks.track import load_tracker
            from touchline.analysis.track_video import track_video

            self._output.note(f"touchline: {video.name}: following the ball first; its tracks go into the bundle")
            found = track_video(video, tracker=load_tracker(device=self._device))
        if not len(ball_path(found).times_us):
            raise InputError(f"{video}: the tracks hold no ball, so there is nothing to take features of")
        return ball_view(found, margin=self._margin)


def _extract_all(
    videos: Sequence[Path],
    *,
    extractor: FeatureExtractor,
    options: FeatureOptions,
    views: _Ball | None,
    output: Output,
) -> int:
    """Every video in turn; those that cannot be used are told and the rest go on."""
    from touchline.analysis.features import extract_features

    def take(video: Path) -> Extraction:
        view = None if views is None else views.of(video)
        with progress_bar(video.name) as progress:
            return extract_features(video, extractor=extractor, options=options, view=view, progress=progress)

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
        without = f", {absent} rows without a ball" if absent else ""
        shape = f"{result.rows} x {result.width}, {result.info.rate_hz:g} a second"
        output.say(f"{result.path}: {shape}{how}{lost}{without}")
