"""Spotting heads, which read feature streams, on the command line of ``spot`` and ``analyze``."""

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
    """Whether a name or file is a spotting head over feature streams; False if it is missing or something else."""
    from touchline.models.store import find_model, read_config

    try:
        return read_config(find_model(name)).task == "spot-streams"
    except InputError:
        return False


def load_head(names: Sequence[str], *, spotting: SpotArguments, output: Output) -> VideoStreamSpotter:
    """Load a spotting head; its device and the sources of its streams go to stderr.

    Raises:
        UsageError: several models are given, or --flip.

    """
    from touchline.analysis.tasks.spot_streams import load_video_stream_spotter

    if len(names) > 1:
        raise UsageError(
            f"--model {' --model '.join(names)}: a spotting head cannot be averaged with other models; give one --model"
        )
    if spotting.flip:
        raise UsageError("--flip: a spotting head reads features, not frames that could be mirrored; leave --flip out")
    made, given = _features(spotting.features or ())
    spotter = load_video_stream_spotter(
        names[0], device=spotting.device, features=made, reduction=spotting.reduction, given=given
    )
    output.note(f"touchline: model {spotter.name}, {spotter.device_reason}")
    for stream in spotter.sources.pictures:
        by = "" if stream.reduction is None else f", reduced with {stream.reduction.name}"
        output.note(f"touchline: stream {stream.name}: {stream.extractor.name}{by}")
    for other in spotter.sources.others:
        output.note(f"touchline: stream {other.name}: {other.about}")
    if given and len(spotting.videos or ()) > 1:
        raise UsageError(
            f"--features {' '.join(spotting.features or ())}: a file of features belongs to one video, but "
            f"{len(spotting.videos or ())} are given; analyse them one at a time"
        )
    return spotter


def _features(words: Sequence[str]) -> tuple[str | None, dict[str, Path]]:
    """Split ``--features`` into a model (``MODEL``) and files by stream (``STREAM=FILE``).

    Raises:
        UsageError: several models.

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
        raise UsageError(f"--features {' --features '.join(made)}: give one model; files are written STREAM=FILE.npy")
    return (made[0] if made else None), given
