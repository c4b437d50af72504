"""``touchline features extract --model sound|vggish``: features of a video's sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Device, Output
from touchline.cli.features.each import extract_each, tell_record
from touchline.core.errors import UsageError

if TYPE_CHECKING:
    from touchline.analysis.features import Extraction


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
    from touchline.features.sound_extractor import load_sound_extractor

    extractor = load_sound_extractor(model, device=device)
    output.note(f"touchline: model {extractor.name}, {extractor.device_reason}")

    def take(video: Path) -> Extraction:
        return extract_sound_features(video, extractor=extractor, out=out, force=force)

    def tell(video: Path, result: Extraction) -> None:
        tell_record(video, result, remarks=result.info.remarks, output=output)
        if not output.json:
            how = " (up to date)" if result.reused else ""
            output.say(f"{result.path}: {result.rows} x {result.width}, {result.info.rate_hz:.4g} a second{how}")

    return extract_each(videos, take=take, tell=tell, output=output)
