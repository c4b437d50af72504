"""Events of raw video by a head over feature streams: extract, reduce, head, in the same decode as everything else.

The streams are kept in the bundle's ``features`` folder. Another head over the same features, or the same head with
other thresholds, finds them there: they are known by the video's content, the model and the settings that made them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from touchline.analysis.features import FeatureOptions, FeatureTask, feature_settings
from touchline.clock import us_from_frame
from touchline.errors import InputError, UsageError
from touchline.formats.bundle import EVENTS, RESULTS, SCORES, Bundle
from touchline.formats.features import SOCCERNET_RATE_HZ, FeatureInfo, Features, holds, read_features
from touchline.media.frame import Frame
from touchline.media.frame_rules import FrameRule, frame_rule
from touchline.models.stream_spec import StreamHeadConfig, StreamSpec
from touchline.spotting.feature_extractor import BUILTIN, FeatureExtractor, load_feature_extractor
from touchline.spotting.reduction import Reduction, load_reduction
from touchline.spotting.stream_decoding import DenseScores
from touchline.spotting.stream_spotter import StreamSpotter, load_stream_spotter
from touchline.types import Coverage, Scores, Timeline, VideoInfo

FEATURES = "features"
"""Folder of a bundle that keeps the streams."""
SoundStream = Callable[[Path], Features | None]
"""Makes a sound stream of a video; None where it has no sound."""


@dataclass(frozen=True, slots=True)
class PictureStream:
    """How one stream of a head is taken of a video's pictures."""

    name: str
    extractor: FeatureExtractor
    reduction: Reduction | None
    options: FeatureOptions


class VideoStreamSpotter:
    """A head with what makes its streams of a video; what else looks like :class:`~touchline.spotting.BaseSpotter`.

    Args:
        head: gives events of streams.
        sha256: of its file.
        pictures: how its streams of pictures are made.
        sounds: how its streams of sound are made, by name.
        device_reason: where the head runs and why.

    """

    def __init__(
        self,
        head: StreamSpotter,
        *,
        sha256: str,
        pictures: tuple[PictureStream, ...],
        sounds: Mapping[str, SoundStream],
        device_reason: str,
    ) -> None:
        self.head, self.sha256, self.device_reason = head, sha256, device_reason
        self.pictures, self.sounds = pictures, dict(sounds)
        self.config: StreamHeadConfig = head.config
        self.name = self.config.name
        self.labels = self.config.labels

    @property
    def members(self) -> tuple[VideoStreamSpotter, ...]:
        """Itself alone."""
        return (self,)

    def try_on(self, frames: Iterable[Frame], *, info: VideoInfo) -> None:
        """Take the features of some frames and forget them, to learn how long that takes."""
        for stream in self.pictures:
            rule = frame_rule(stream.options.sampling, rate_hz=stream.options.rate_hz, fps=info.fps)
            frames = _looked_at(frames, rule, stream.extractor)
        deque(frames, maxlen=0)

    def thresholds_with(self, changed: Mapping[str, float]) -> dict[str, float]:
        """The model's thresholds, those of ``changed`` put in their place.

        Raises:
            UsageError: a label that the model does not have, or a value outside 0 to 1.

        """
        for label, value in changed.items():
            if label not in self.labels or not 0 <= value <= 1:
                known = ", ".join(self.labels)
                raise UsageError(f"threshold {label}={value}: {self.name} has the labels {known}, from 0 to 1")
        floor = self.config.suppression.floor
        return {**{label: self.config.thresholds.get(label, floor) for label in self.labels}, **changed}

    def events(self, scores: Scores, *, thresholds: Mapping[str, float] | None = None) -> Timeline:
        """Events of scores alone, without the head's displacements, as candidates for a report's sliders."""
        found = self.head.events(DenseScores(scores.values.astype("float64")))
        return surest(found, thresholds=self.thresholds_with(thresholds or {}))


class StreamSpotTask:
    """The events of one video by a head over its streams.

    Args:
        spotter: the head, and what makes its streams.
        thresholds: confidence an event needs, by label; the head's where none is named.
        origin: what the video is, as part of the key.
        info: of the video.

    Attributes:
        name: of the task.
        key: everything that decides the results, as JSON: equal keys mean equal files.
        files: what it writes into the bundle.
        models: with what.
        resumed_from_us: where an earlier run had stopped; None for a run from the start.
        coverage: what of the video was decoded; to be set before :meth:`write`.
        remarks: after :meth:`write`, what a user should know.

    """

    name = "spot"
    files = (EVENTS, RESULTS, SCORES)

    def __init__(
        self,
        spotter: VideoStreamSpotter,
        *,
        thresholds: Mapping[str, float],
        origin: Mapping[str, Any],
        info: VideoInfo,
    ) -> None:
        self.spotter = spotter
        self.resumed_from_us: int | None = None
        self.coverage: Coverage | None = None
        self.remarks: tuple[str, ...] = ()
        self._info = info
        self._thresholds = spotter.thresholds_with(thresholds)
        self._video = {"name": info.path.name, "fingerprint": str(origin["video_fingerprint"])}
        self._settings = {
            stream.name: feature_settings(stream.extractor, options=stream.options, info=info)
            for stream in spotter.pictures
        }
        reductions = {s.name: s.reduction.sha256 for s in spotter.pictures if s.reduction is not None}
        key = {"head": spotter.sha256, "streams": self._settings, "reductions": reductions, "sounds": [*spotter.sounds]}
        self.key: dict[str, Any] = json.loads(json.dumps({**origin, **key, "thresholds": self._thresholds}))
        named = [(spotter.name, spotter.sha256), *((s.extractor.name, s.extractor.sha256) for s in spotter.pictures)]
        self.models = tuple({"task": self.name, "name": name, "sha256": sha256} for name, sha256 in named)
        self._folder: Path | None = None
        self._tasks: dict[str, FeatureTask] = {}

    def open(self, bundle: Path, *, resume: bool) -> None:
        """Find what an earlier run saved, and which streams are there already."""
        self._folder = bundle / FEATURES
        for stream in self.spotter.pictures:
            settings = self._settings[stream.name]
            if holds(self._path(stream.name), video=self._video, settings=settings) is None:
                self._tasks[stream.name] = FeatureTask(
                    stream.extractor,
                    info=self._info,
                    options=replace(stream.options, resume=resume),
                    key={"video": self._video, **settings},
                    folder=bundle,
                    task=f"{FEATURES}-{stream.name}",
                )
        rows = [task.resumed_row for task in self._tasks.values()]
        known = [row for row in rows if row is not None]
        if known and len(known) == len(rows):
            self.resumed_from_us = us_from_frame(min(known), fps=self.spotter.pictures[0].options.rate_hz)

    @property
    def needs_frames(self) -> bool:
        """Whether any stream has to be taken of the video's pictures, once :meth:`open` has looked."""
        return bool(self._tasks)

    def consume(self, frames: Iterable[Frame], *, chunk_s: float) -> None:
        """Take the features that are missing of all frames of the video, saving on the way."""
        for task in self._tasks.values():
            frames = task.watch(frames)
        deque(frames, maxlen=0)

    def write(self, bundle: Bundle, *, game: str) -> None:
        """Keep the streams, find the events, and write the task's files."""
        for stream in self.spotter.pictures:
            task = self._tasks.get(stream.name)
            if task is not None:
                task.write(self._path(stream.name), info=self._about(stream))
        duration_us = self.coverage.duration_us if self.coverage is not None else self._info.duration_us
        found = self.spotter.head.spot(self._streams(), duration_us=duration_us)
        timeline = surest(found.timeline, thresholds=self._thresholds)
        self.remarks = found.remarks
        bundle.write_scores(found.scores)
        bundle.write_events(timeline)
        bundle.write_results(timeline, game=game)

    def discard(self) -> None:
        """Remove what was saved meanwhile; the finished streams stay."""
        for task in self._tasks.values():
            task.discard()

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise ValueError("open() comes before the work")
        return self._folder / f"{name}.npy"

    def _about(self, stream: PictureStream) -> FeatureInfo:
        return FeatureInfo(
            model=stream.extractor.name,
            model_sha256=stream.extractor.sha256,
            rate_hz=stream.options.rate_hz,
            sampling=stream.options.sampling,
            coverage=self.coverage,
            video=self._video,
            settings=self._settings[stream.name],
        )

    def _streams(self) -> dict[str, Features]:
        """Every stream of the head that there is."""
        found = {}
        for stream in self.spotter.pictures:
            features = read_features(self._path(stream.name))
            found[stream.name] = features if stream.reduction is None else _reduced(features, stream.reduction)
        for name, listen in self.spotter.sounds.items():
            heard = listen(self._info.path)
            if heard is not None:
                found[name] = heard
        return found


def _looked_at(frames: Iterable[Frame], rule: FrameRule, extractor: FeatureExtractor) -> Iterator[Frame]:
    """The same frames; those a rule takes go through an extractor."""
    for frame in frames:
        for _, taken in rule.push(frame):
            extractor.features([taken.to_rgb()])
        yield frame


def surest(timeline: Timeline, *, thresholds: Mapping[str, float]) -> Timeline:
    """The events whose confidence reaches their label's threshold."""
    return Timeline(tuple(event for event in timeline if event.confidence >= thresholds[event.label]))


def _reduced(features: Features, reduction: Reduction) -> Features:
    return Features(reduction.apply(features.values), replace(features.info, reduction=reduction.about))


def load_video_stream_spotter(
    model: str,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    features: str | None = None,
    reduction: Path | None = None,
    sounds: Mapping[str, SoundStream] | None = None,
) -> VideoStreamSpotter:
    """A head by name or path, with what makes its streams.

    Args:
        model: the head.
        device: where models run.
        features: what makes its features of pictures; None takes what the head was trained on.
        reduction: makes them narrower; needed where the head's rows are narrower than the features.
        sounds: model of a sound stream -> what makes it; the head's streams of these models are made by them.

    Raises:
        InputError: a model that is not there, or features whose width does not fit the head.

    """
    from touchline.models.running import pick_device
    from touchline.models.store import find_model

    head = load_stream_spotter(model, device=device)
    known = dict(sounds or {})
    heard = {stream.name: known[stream.model] for stream in head.config.streams if stream.model in known}
    rate_hz = max(head.config.rate_hz, SOCCERNET_RATE_HZ)
    narrow = None if reduction is None else load_reduction(reduction)
    pictures = tuple(
        _picture_stream(
            stream, head=head.config.name, device=device, features=features, reduction=narrow, rate_hz=rate_hz
        )
        for stream in head.config.streams
        if stream.name not in heard
    )
    with find_model(model).open("rb") as file:
        from hashlib import file_digest

        sha256 = file_digest(file, "sha256").hexdigest()
    _, reason = pick_device(device)
    return VideoStreamSpotter(head, sha256=sha256, pictures=pictures, sounds=heard, device_reason=reason)


def _picture_stream(
    stream: StreamSpec,
    *,
    head: str,
    device: Literal["auto", "cpu", "cuda"],
    features: str | None,
    reduction: Reduction | None,
    rate_hz: float,
) -> PictureStream:
    """How a stream is made.

    Raises:
        InputError: its features are not to be had, or do not fit the head; the message says what to give.

    """
    try:
        extractor = load_feature_extractor(features or stream.model or BUILTIN, device=device)
    except InputError as error:
        raise InputError(f"{head} reads {stream.name!r}, features of {stream.model!r}: {error}") from error
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
    return PictureStream(stream.name, extractor, fitting, FeatureOptions(rate_hz=rate_hz))
