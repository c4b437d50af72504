"""``touchline features extract``: one vector for every half second of a video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from touchline.cli.common import DebugOption, Device, DeviceOption, JsonOption, Output, progress_bar, run_guarded
from touchline.cli.options import ResumeOption, StreamOption, VideosArgument
from touchline.errors import EXIT_DEGRADED, EXIT_OK, InputError, TouchlineError, UsageError

if TYPE_CHECKING:
    from touchline.analysis.features import Extraction, FeatureOptions
    from touchline.spotting.feature_extractor import FeatureExtractor

Sampling = Literal["time-exact", "opencv", "skvideo"]


def command(
    videos: VideosArgument,
    model: Annotated[
        str, typer.Option("--model", help="builtin, an imported encoder, or a file of a ResNet's weights.")
    ] = "builtin",
    out: Annotated[
        Path | None, typer.Option("--out", help="The .npy file, or a folder; without it beside each video.")
    ] = None,
    rate: Annotated[float, typer.Option("--rate", help="Rows a second.", min=0.01, max=100)] = 2.0,
    sampling: Annotated[
        Sampling, typer.Option("--sampling", help="Pictures exactly in time, or as SoccerNet's two extractors counted.")
    ] = "time-exact",
    fit: Annotated[
        Literal["crop", "resize", "pad"] | None,
        typer.Option("--fit", help="Cut to the network's shape, stretch to it, or pad; else as the model wants it."),
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Pictures at once.", min=1, max=4096)] = None,
    backend: Annotated[
        Literal["auto", "torch", "openvino"], typer.Option("--backend", help="auto: OpenVINO on a CPU, torch on a GPU.")
    ] = "auto",
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
    output = Output(json=json)

    def run() -> int:
        from touchline.analysis.features import FeatureOptions

        if out is not None and out.suffix == ".npy" and len(videos) > 1:
            raise UsageError(f"--out {out}: one file for {len(videos)} videos; give a folder")
        options = FeatureOptions(out=out, rate_hz=rate, sampling=sampling, stream=stream, resume=resume, force=force)
        extractor = _load(model, device=device, backend=backend, batch=batch, fit=fit, output=output)
        return _extract_all(videos, extractor=extractor, options=options, output=output)

    run_guarded(run, debug=debug, json=json)


def _load(
    model: str,
    *,
    device: Device,
    backend: Literal["auto", "torch", "openvino"],
    batch: int | None,
    fit: Literal["crop", "resize", "pad"] | None,
    output: Output,
) -> FeatureExtractor:
    from touchline.spotting.feature_extractor import load_feature_extractor

    extractor = load_feature_extractor(model, device=device, backend=backend, batch=batch, fit=fit)
    output.note(f"touchline: model {extractor.name}, {extractor.device_reason}")
    return extractor


def _extract_all(
    videos: Sequence[Path], *, extractor: FeatureExtractor, options: FeatureOptions, output: Output
) -> int:
    """Every video in turn; those that cannot be used are told and the rest go on."""
    from touchline.analysis.features import extract_features
    from touchline.cli.batch import batch_code

    codes = []
    for video in videos:
        try:
            if not video.exists():
                raise InputError(f"{video}: no such file; check the path")
            with progress_bar(video.name) as progress:
                result = extract_features(video, extractor=extractor, options=options, progress=progress)
        except TouchlineError as error:
            output.error(error, type="error", video=str(video))
            codes.append(error.exit_code)
            continue
        _tell(video, result, output=output)
        codes.append(EXIT_DEGRADED if result.degraded else EXIT_OK)
    return batch_code(codes)


def _tell(video: Path, result: Extraction, *, output: Output) -> None:
    coverage = result.info.coverage
    lost_s = 0.0 if coverage is None else coverage.lost_us / 1e6
    remarks = [*result.info.remarks, *(() if coverage is None else coverage.repairs)]
    output.record(
        {
            "type": "features",
            "video": str(video),
            "path": str(result.path),
            "rows": result.rows,
            "width": result.width,
            "rate_hz": result.info.rate_hz,
            "model": result.info.model,
            "reused": result.reused,
            "resumed_row": result.resumed_row,
            "lost_s": round(lost_s, 3),
            "remarks": remarks,
        }
    )
    for remark in remarks:
        output.note(f"touchline: {video.name}: {remark}")
    if not output.json:
        how = " (up to date)" if result.reused else f" (from row {result.resumed_row} on)" if result.resumed_row else ""
        lost = f", {lost_s:.1f} s of the video lost" if lost_s else ""
        output.say(f"{result.path}: {result.rows} x {result.width}, {result.info.rate_hz:g} a second{how}{lost}")
