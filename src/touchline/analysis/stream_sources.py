"""The sources of a head's feature streams: the video's frames, its sound, the tracked ball, or a given file."""

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
from touchline.formats.soccernet.game_names import require_same_game
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec

Device = Literal["auto", "cpu", "cuda"]
_BALL = f"{BALL_VIEW}_"
"""Prefix of the model name of features taken from crops of the ball."""


@dataclass(frozen=True, slots=True)
class PictureStream:
    """A stream of features extracted from whole frames as they are decoded."""

    name: str
    extractor: FeatureExtractor
    reduction: Reduction | None
    options: FeatureOptions


@dataclass(frozen=True, slots=True)
class OtherStream:
    """A stream that is not extracted from whole frames as they are decoded.

    Attributes:
        name: name of the stream.
        key: everything besides the video that determines the stream, as JSON.
        take: returns the stream of a video, heard from a sound track if it is one of sound, and keeps it in a file;
            raises InputError if the video has none.
        about: description for people.
        optional: whether the head runs without the stream if it is unavailable.
        of_tracks: whether the stream is made from the tracks in the video's bundle.
        of_sound: whether the stream is made from the video's sound.
        check: raises InputError for a video that the stream is plainly not of.

    """

    name: str
    key: Mapping[str, object]
    take: Callable[[Path, Path, int | None], Features]
    about: str
    optional: bool = False
    of_tracks: bool = False
    of_sound: bool = False
    check: Callable[[Path], None] | None = None


@dataclass(frozen=True, slots=True)
class StreamSources:
    """The sources of all streams of a head; ``missing`` maps each unavailable stream to the reason."""

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
    """Return the sources of a head's streams.

    Args:
        config: configuration of the head.
        device: device for the models.
        features: name or file of the feature extractor for frames; None for the one the head was trained with.
        reduction: feature dimension reduction for frame features, if the head needs it.
        given: stream name -> existing feature file.

    Raises:
        UsageError: ``given`` names a stream that the head does not read.
        InputError: frame features are unavailable or do not fit the head, or no stream is available.

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
        raise InputError(f"{config.name}: none of its streams is available: {reasons}")
    return StreamSources(tuple(pictures), tuple(others), missing)


def _given_stream(stream: StreamSpec, path: Path) -> OtherStream:
    read_features(path, width=stream.width, check=False)

    def take(video: Path, kept: Path, audio_stream: int | None) -> Features:
        features = read_features(path, width=stream.width)
        made_of = features.info.video
        if not made_of or made_of.get("fingerprint") == video_fingerprint(video):
            return features
        remark = f"{path.name} was made from another video file, {made_of.get('name', 'unknown')}"
        return replace(features, info=replace(features.info, remarks=(*features.info.remarks, remark)))

    check = partial(require_same_game, path)
    return OtherStream(stream.name, {"given": file_sha256(path)}, take, f"given file {path}", check=check)


def _sound_stream(stream: StreamSpec, *, device: Device) -> OtherStream:
    extractor = load_sound_extractor(stream.model, device=device)
    take = partial(_hear, extractor)
    return OtherStream(stream.name, extractor.settings, take, extractor.name, optional=True, of_sound=True)


def _hear(extractor: SoundExtractor, video: Path, kept: Path, audio_stream: int | None) -> Features:
    """Extract the sound features of a video."""
    done = extract_sound_features(video, extractor=extractor, out=kept, audio_stream=audio_stream)
    return read_features(done.path)


def _ball_stream(stream: StreamSpec, *, config: StreamHeadConfig, device: Device) -> OtherStream:
    """Return the source of a ball stream: crops along the tracks in the video's bundle, in a second decode.

    Raises:
        InputError: the feature extractor is unavailable, or its rows have another width.

    """
    extractor = load_feature_extractor(stream.model.removeprefix(_BALL), device=device)
    if extractor.width != stream.width:
        raise InputError(f"{extractor.name} makes rows of {extractor.width} numbers; the head needs {stream.width}")
    options = FeatureOptions(rate_hz=max(config.rate_hz, SOCCERNET_RATE_HZ))
    key = {"model": extractor.sha256, "rate_hz": options.rate_hz}
    take = partial(_see_ball, extractor, options, stream.name)
    return OtherStream(stream.name, key, take, f"the ball, {extractor.name}", optional=True, of_tracks=True)


def _see_ball(
    extractor: FeatureExtractor,
    options: FeatureOptions,
    name: str,
    video: Path,
    kept: Path,
    audio_stream: int | None,
) -> Features:
    """Extract features of the ball along its track."""
    bundle = kept.parent.parent
    if not (bundle / TRACKS).exists():
        raise InputError(
            "the ball has not been tracked yet: run `touchline analyze` or `touchline track` first, or run "
            f"`touchline features extract {video.name} --ball --model {extractor.name}` and give the file with "
            f"--features {name}=FILE.npy"
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
    """Return the source of a stream of frame features.

    Raises:
        InputError: the features are unavailable or do not fit the head; the message names the option to use.

    """
    head = config.name
    try:
        extractor = load_feature_extractor(features or stream.model or BUILTIN, device=device)
    except InputError as error:
        raise InputError(
            f"{head} reads the stream {stream.name!r}, features of {stream.model!r}; give a file with --features "
            f"{stream.name}=FILE, or another model with --features MODEL ({error})"
        ) from error
    fitting = None if extractor.width == stream.width else reduction
    if extractor.width != stream.width and reduction is None:
        raise InputError(
            f"{head} reads rows of {stream.width} numbers as {stream.name!r}, but {extractor.name} makes rows of "
            f"{extractor.width}; give the reduction it was trained with (--reduction FILE) or another model "
            "(--features MODEL)"
        )
    if fitting is not None and (fitting.width, fitting.size) != (extractor.width, stream.width):
        raise InputError(
            f"reduction {fitting.name} makes {fitting.size} numbers of {fitting.width}; {head} needs {stream.width} "
            f"of the {extractor.width} of {extractor.name}; give another --reduction"
        )
    rate_hz = max(config.rate_hz, SOCCERNET_RATE_HZ)
    return PictureStream(stream.name, extractor, fitting, FeatureOptions(rate_hz=rate_hz))
