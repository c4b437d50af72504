"""``touchline features extract --model sound|vggish``: features of a video's sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from touchline.cli.common import Device, Output
from touchline.errors import EXIT_DEGRADED, EXIT_OK, InputError, TouchlineError, UsageError


def refuse_picture_options(model: str, given: Mapping[str, bool]) -> None:
    """Refuse options that mean nothing for a model of the sound.

    Args:
        model: as it was asked for.
        given: option -> whether it was given.

    Raises:
        UsageError: one was.

    """
    wrong = [option for option, there in given.items() if there]
    if wrong:
        raise UsageError(f"--model {model} is of the sound; {', '.join(wrong)} go with models of pictures")


def extract_sound(
    videos: Sequence[Path], *, model: str, out: Path | None, force: bool, device: Device, output: Output
) -> int:
    """The sound of every video in turn; those that cannot be used are told and the rest go on. The exit code."""
    from touchline.analysis.sound_features import extract_sound_features
    from touchline.cli.batch import batch_code
    from touchline.formats.soccernet_source import missing_advice
    from touchline.spotting.sound_extractor import load_sound_extractor

    extractor = load_sound_extractor(model, device=device)
    output.note(f"touchline: model {extractor.name}, {extractor.device_reason}")
    codes = []
    for video in videos:
        try:
            if not video.exists():
                raise InputError(f"{video}: no such file{missing_advice(video.name) or '; check the path'}")
            result = extract_sound_features(video, extractor=extractor, out=out, force=force)
        except TouchlineError as error:
            output.error(error, type="error", video=str(video))
            codes.append(error.exit_code)
            continue
        coverage = result.info.coverage
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
                "lost_s": 0.0 if coverage is None else round(coverage.lost_us / 1e6, 3),
                "remarks": list(result.info.remarks),
            }
        )
        for remark in result.info.remarks:
            output.note(f"touchline: {video.name}: {remark}")
        if not output.json:
            how = " (up to date)" if result.reused else ""
            output.say(f"{result.path}: {result.rows} x {result.width}, {result.info.rate_hz:.4g} a second{how}")
        codes.append(EXIT_DEGRADED if result.degraded else EXIT_OK)
    return batch_code(codes)
