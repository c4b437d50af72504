"""Where each stream of a head over features comes from: the video's pictures, its sound, or a file that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from touchline.analysis.ball_stream import NAME as BALL_VIEW
from touchline.analysis.ball_stream import ball_path, ball_view
from touchline.analysis.features import FeatureOptions, extract_features
from touchline.analysis.sound_features import extract_sound_features
from touchline.core.errors import InputError, UsageError
from touchline.features.picture_extractor import BUILTIN, FeatureExtractor, load_feature_extractor
from touchline.features.reduction import Reduction
from touchline.features.sound_extractor import SoundExtractor, is_sound_model, load_sound_extractor
from touchline.formats.boxes.tracks_parquet import read_tracks_parquet
from touchline.formats.bundle import TRACKS, video_fingerprint
from touchline.formats.features.vectors import SOCCERNET_RATE_HZ, Features, read_features
from touchline.formats.files.checksum import file_sha256
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec

Device = Literal["auto", "cpu", "cuda"]
_BALL = f"{BALL_VIEW}_"
"""Features of the ball alone carry this before their model's name."""


@dataclass(frozen=True, slots=True)
class PictureStream:
    """A stream of a video's pictures, taken as they are decoded."""

    name: str
    extractor: FeatureExtractor
    reduction: Reduction | None
    options: FeatureOptions


@dataclass(frozen=True, slots=True)
class OtherStream:
    """A stream that is not taken of whole pictures as they are decoded.

    Attributes:
        name: of the stream.
        key: everything that decides it besides the video, as JSON.
        take: gives it of a video, kept in a file; an InputError where the video has none.
        about: what it is, for people.
        optional: go on without it where it cannot be had.
        of_tracks: whether it is made of the tracks in the video's bundle.

    """

    name: str
    key: Mapping[str, object]
    take: Callable[[Path, Path], Features]
    about: str
    optional: bool = False
    of_tracks: bool = False


@dataclass(frozen=True, slots=True)
class StreamSources:
    """All that a head reads, and why some of it is missing: ``missing``, stream -> reason."""

    pictures: tuple[PictureStream, ...]
    others: tuple[OtherStream, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


def sources_of(
    config: StreamHeadConfig,
    *,
    device: Device = "auto",
    features: str | None = None,
    reduction: Reduction | None = None,
    given: Mapping[str, Path] | None = None,
) -> StreamSources:
    """What makes the streams of a head.

    Args:
        config: of the head.
        device: where models run.
        features: what makes features of pictures; None takes what the head was trained on.
        reduction: makes those narrower, where the head wants that.
        given: stream -> file of features that is there already.

    Raises:
        UsageError: a file for a stream that the head does not read.
        InputError: features of pictures that are not to be had or do not fit, or no stream at all.

    """
    given = dict(given or {})
    names = [stream.name for stream in config.streams]
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise UsageError(f"--features {unknown[0]}=...: {config.name} reads the streams {', '.join(names)}")
    pictures, others, missing = [], [], {}
    for stream in config.streams:
        if stream.name in given:
            others.append(_given_stream(stream, given[stream.name]))
        elif stream.model and is_sound_model(stream.model):
            try:
                others.append(_sound_stream(stream, device=device))
            except InputError as error:
                missing[stream.name] = str(error)
        elif stream.model.startswith(_BALL):
            try:
                others.append(_ball_stream(stream, config=config, device=device))
            except InputError as error:
                missing[stream.name] = str(error)
        else:
            pictures.append(
                _picture_stream(stream, config=config, device=device, features=features, reduction=reduction)
            )
    if not pictures and not others:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
        raise InputError(f"{config.name}: none of its streams is to be had: {reasons}")
    return StreamSources(tuple(pictures), tuple(others), missing)


def _given_stream(stream: StreamSpec, path: Path) -> OtherStream:
    read_features(path, width=stream.width, check=False)

    def take(video: Path, kept: Path) -> Features:
        features = read_features(path, width=stream.width)
        made_of = features.info.video
        if not made_of or made_of.get("fingerprint") == video_fingerprint(video):
            return features
        remark = f"{path.name} was made of another video file, {made_of.get('name', 'unknown')}"
        return replace(features, info=replace(features.info, remarks=(*features.info.remarks, remark)))

    return OtherStream(stream.name, {"given": file_sha256(path)}, take, f"as given, {path}")


def _sound_stream(stream: StreamSpec, *, device: Device) -> OtherStream:
    extractor = load_sound_extractor(stream.model, device=device)
    return OtherStream(stream.name, extractor.settings, partial(_hear, extractor), extractor.name, optional=True)


def _hear(extractor: SoundExtractor, video: Path, kept: Path) -> Features:
    """The sound of a video."""
    return read_features(extract_sound_features(video, extractor=extractor, out=kept).path)


def _ball_stream(stream: StreamSpec, *, config: StreamHeadConfig, device: Device) -> OtherStream:
    """How a stream of the ball is made: along the tracks in the video's bundle, by one more decode.

    Raises:
        InputError: what makes its features is not there, or makes another number of them.

    """
    extractor = load_feature_extractor(stream.model.removeprefix(_BALL), device=device)
    if extractor.width != stream.width:
        raise InputError(f"{extractor.name} makes rows of {extractor.width} numbers, not {stream.width}")
    options = FeatureOptions(rate_hz=max(config.rate_hz, SOCCERNET_RATE_HZ))
    key = {"model": extractor.sha256, "rate_hz": options.rate_hz}
    take = partial(_see_ball, extractor, options, stream.name)
    return OtherStream(stream.name, key, take, f"the ball, {extractor.name}", optional=True, of_tracks=True)


def _see_ball(extractor: FeatureExtractor, options: FeatureOptions, name: str, video: Path, kept: Path) -> Features:
    """Features of the ball along its track."""
    bundle = kept.parent.parent
    if not (bundle / TRACKS).exists():
        raise InputError(
            "the ball has not been followed yet: `touchline analyze` and `track` do that, or "
            f"`touchline features extract {video.name} --ball --model {extractor.name}`, for --features {name}=FILE.npy"
        )
    tracks = read_tracks_parquet(bundle / TRACKS)
    if not len(ball_path(tracks).times_us):
        raise InputError("the tracks hold no ball")
    done = extract_features(video, extractor=extractor, options=replace(options, out=kept), view=ball_view(tracks))
    return read_features(done.path)


def _picture_stream(
    stream: StreamSpec,
    *,
    config: StreamHeadConfig,
    device: Device,
    features: str | None,
    reduction: Reduction | None,
) -> PictureStream:
    """How a stream of pictures is made.

    Raises:
        InputError: its features are not to be had, or do not fit the head; the message says what to give.

    """
    head = config.name
    try:
        extractor = load_feature_extractor(features or stream.model or BUILTIN, device=device)
    except InputError as error:
        raise InputError(
            f"{head} reads {stream.name!r}, features of {stream.model!r}; give a file, --features {stream.name}=FILE, "
            f"or another model, --features MODEL ({error})"
        ) from error
    fitting = None if extractor.width == stream.width else reduction
    if extractor.width != stream.width and reduction is None:
        raise InputError(
            f"{head} reads rows of {stream.width} numbers as {stream.name!r}, {extractor.name} makes rows of "
            f"{extractor.width}; give the reduction it was trained with, --reduction FILE, or other --features MODEL"
        )
    if fitting is not None and (fitting.width, fitting.size) != (extractor.width, stream.width):
        raise InputError(
            f"reduction {fitting.name} makes {fitting.size} numbers of {fitting.width}; {head} needs {stream.width} "
            f"of the {extractor.width} of {extractor.name}"
        )
    rate_hz = max(config.rate_hz, SOCCERNET_RATE_HZ)
    return PictureStream(stream.name, extractor, fitting, FeatureOptions(rate_hz=rate_hz))
