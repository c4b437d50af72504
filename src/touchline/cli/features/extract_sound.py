"""``touchline features extract --model sound|vggish``: features of a video's sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Device, Output
from touchline.cli.features.extract_videos import extract_each, tell_record
from touchline.core.errors import UsageError

if TYPE_CHECKING:
    from touchline.analysis.features import Extraction
    from touchline.cli.given.paths import Given


def refuse_image_options(model: str, given: Mapping[str, bool]) -> None:
    """Refuse options that a model of sound does not take.

    Args:
        model: the value of ``--model``.
        given: whether each option was given.

    Raises:
        UsageError: one was.

    """
    wrong = [option for option, there in given.items() if there]
    if wrong:
        raise UsageError(f"--model {model} reads sound; leave out {', '.join(wrong)}, which models of images take")


def extract_sound(
    videos: Sequence[Given],
    *,
    model: str,
    out: Path | None,
    force: bool,
    audio_stream: int | None,
    half: int | None,
    device: Device,
    output: Output,
) -> int:
    """Extract from the sound of each video in turn, also after one has failed; return the exit code of all."""
    from touchline.analysis.sound_features import extract_sound_features
    from touchline.features.sound_extractor import load_sound_extractor

    extractor = load_sound_extractor(model, device=device)
    output.note(f"touchline: model {extractor.name}, {extractor.device_reason}")

    def take(given: Given) -> Extraction:
        own = out if out is not None and out.suffix == ".npy" else given.out(out)
        return extract_sound_features(
            given.path, extractor=extractor, out=own, force=force, audio_stream=audio_stream, half=half
        )

    def tell(video: Path, result: Extraction) -> None:
        tell_record(video, result, remarks=result.info.remarks, output=output)
        if not output.json:
            how = " (up to date)" if result.reused else ""
            output.say(f"{result.path}: {result.rows} x {result.width}, {result.info.rate_hz:.4g} a second{how}")

    return extract_each(videos, take=take, tell=tell, output=output)
