"""Heads over feature streams on the command line of ``spot`` and ``analyze``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.options import SpotArguments
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from touchline.analysis.tasks.spot_streams import VideoStreamSpotter


def is_stream_head(name: str) -> bool:
    """Whether a name or file is of a head over feature streams; False for anything that is none or not there."""
    from touchline.models.store import find_model, read_config

    try:
        return read_config(find_model(name)).task == "spot-streams"
    except InputError:
        return False


def load_head(names: Sequence[str], *, spotting: SpotArguments, output: Output) -> VideoStreamSpotter:
    """The head that is named; where it runs and what makes its streams goes to stderr.

    Raises:
        UsageError: it is not alone, or is to be mirrored.

    """
    from touchline.analysis.tasks.spot_streams import load_video_stream_spotter

    if len(names) > 1:
        raise UsageError(f"--model {' --model '.join(names)}: a head over feature streams is used alone; name one")
    if spotting.flip:
        raise UsageError("--flip: a head over feature streams sees no pictures to mirror")
    made, given = _features(spotting.features or ())
    spotter = load_video_stream_spotter(
        names[0], device=spotting.device, features=made, reduction=spotting.reduction, given=given
    )
    output.note(f"touchline: model {spotter.name}, {spotter.device_reason}")
    for stream in spotter.sources.pictures:
        by = "" if stream.reduction is None else f", narrower by {stream.reduction.name}"
        output.note(f"touchline: its stream {stream.name}: {stream.extractor.name}{by}")
    for other in spotter.sources.others:
        output.note(f"touchline: its stream {other.name}: {other.about}")
    if given and len(spotting.videos) > 1:
        raise UsageError(
            f"--features {spotting.features}: a file belongs to one video, {len(spotting.videos)} are given"
        )
    return spotter


def _features(words: Sequence[str]) -> tuple[str | None, dict[str, Path]]:
    """A model and files by stream, of ``MODEL`` and ``STREAM=FILE``.

    Raises:
        UsageError: two models.

    """
    made: list[str] = []
    given: dict[str, Path] = {}
    for word in words:
        stream, equals, file = word.partition("=")
        if equals and file.endswith(".npy"):
            given[stream] = Path(file)
        else:
            made.append(word)
    if len(made) > 1:
        raise UsageError(f"--features {' --features '.join(made)}: name one model; files are STREAM=FILE.npy")
    return (made[0] if made else None), given
