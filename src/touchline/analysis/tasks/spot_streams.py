"""Events of raw video by a head over feature streams: extract, reduce, head, in the same decode as everything else.

The streams are kept in the bundle's ``features`` folder. Another head over the same features, or the same head with
other thresholds, finds them there: they are known by the video's content, the model and the settings that made them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from touchline.analysis.features import FeatureTask, feature_settings
from touchline.analysis.stream_sources import PictureStream, StreamSources, sources_of
from touchline.analysis.tasks.spot_summary import SpotSummary, spot_summary
from touchline.analysis.tasks.task import Job, Task
from touchline.core.clock import us_from_frame
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, Timeline
from touchline.features.reduction import Reduction, load_reduction
from touchline.formats.bundle import EVENTS, RESULTS, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.features.vectors import FeatureInfo, Features, holds, read_features
from touchline.media.audio import NoAudioError
from touchline.media.frame import Frame
from touchline.models.runtime.device import choose_device
from touchline.models.specs.spec import DEFAULT_THRESHOLD
from touchline.models.specs.stream_spec import StreamHeadConfig
from touchline.spotting.stream_spotter import StreamEvents, StreamSpotter, load_stream_spotter

FEATURES = "features"
"""Folder of a bundle that keeps the streams."""


class VideoStreamSpotter:
    """A head with what makes its streams of a video; what else looks like :class:`~touchline.spotting.BaseSpotter`.

    Args:
        head: gives events of streams.
        sha256: of its file.
        sources: where its streams come from.
        device_reason: where the head runs and why.

    """

    def __init__(
        self,
        head: StreamSpotter,
        *,
        sha256: str,
        sources: StreamSources,
        device_reason: str,
    ) -> None:
        self.head, self.sha256, self.device_reason = head, sha256, device_reason
        self.sources = sources
        self.config: StreamHeadConfig = head.config
        self.name = self.config.name
        self.labels = self.config.labels

    @property
    def members(self) -> tuple[VideoStreamSpotter, ...]:
        """Itself alone."""
        return (self,)

    def thresholds_with(self, changed: Mapping[str, float]) -> dict[str, float]:
        """The model's thresholds, those of ``changed`` put in their place; the usual one where it names none.

        Raises:
            UsageError: a label that the model does not have, or a value outside 0 to 1.

        """
        for label, value in changed.items():
            if label not in self.labels or not 0 <= value <= 1:
                known = ", ".join(self.labels)
                raise UsageError(f"threshold {label}={value}: {self.name} has the labels {known}, from 0 to 1")
        return {**{label: self.config.thresholds.get(label, DEFAULT_THRESHOLD) for label in self.labels}, **changed}


class StreamSpotTask(Task):
    """The events of videos by a head over their streams.

    Args:
        spotter: the head, and what makes its streams.
        thresholds: confidence an event needs, by label; the head's where none is named.

    Raises:
        UsageError: a threshold for a label that the head does not have, or outside 0 to 1.

    """

    name = "spot"
    files = (EVENTS, RESULTS, SCORES)
    needs = ("track",)

    def __init__(self, spotter: VideoStreamSpotter, *, thresholds: Mapping[str, float] | None = None) -> None:
        self.spotter = spotter
        pictures = spotter.sources.pictures
        named = [(spotter.name, spotter.sha256), *((s.extractor.name, s.extractor.sha256) for s in pictures)]
        self.models = tuple({"task": self.name, "name": name, "sha256": sha256} for name, sha256 in named)
        self._thresholds = spotter.thresholds_with(thresholds or {})
        self._job: Job
        self._video: dict[str, str] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        self._found: StreamEvents | None = None
        self._tasks: dict[str, FeatureTask] = {}

    def begin(self, job: Job) -> None:
        """Take up a video."""
        self._job = job
        self._found, self._tasks, self.resumed_from_us = None, {}, None
        self._video = {"name": job.video.name, "fingerprint": job.fingerprint}
        sources = self.spotter.sources
        self._settings = {
            stream.name: feature_settings(stream.extractor, options=stream.options, info=job.info)
            for stream in sources.pictures
        }
        tracked = "track" in job.keys or (job.bundle.path / TRACKS).exists()
        others = {
            stream.name: {**stream.key, "tracked": tracked} if stream.of_tracks else dict(stream.key)
            for stream in sources.others
        }
        reductions = {s.name: s.reduction.sha256 for s in sources.pictures if s.reduction is not None}
        key = {"head": self.spotter.sha256, "streams": self._settings, "reductions": reductions, "others": others}
        self.key = json.loads(json.dumps({**job.origin, **key, "thresholds": self._thresholds}))

    def open(self) -> None:
        """Find what an earlier run saved, and which streams are there; all are taken anew unless the job resumes."""
        pictures, resume = self.spotter.sources.pictures, self._job.resume
        self._tasks = {s.name: self._feature_task(s) for s in pictures if not resume or not self._holds(s)}
        self.watches = bool(self._tasks)
        rows = [task.resumed_row for task in self._tasks.values()]
        known = [row for row in rows if row is not None]
        if known and len(known) == len(rows):
            self.resumed_from_us = us_from_frame(min(known), fps=pictures[0].options.rate_hz)

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The very same frames; features that are missing are taken of them, and saved on the way."""
        for task in self._tasks.values():
            frames = task.watch(frames)
        return iter(frames)

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Keep the streams, find the events, and write the task's files."""
        for stream in self.spotter.sources.pictures:
            if stream.name in self._tasks:
                about = self._about(stream, coverage)
                self._tasks[stream.name].write(self._path(stream.name), info=about)
        self._found = found = self._spot(coverage)
        timeline = surest(found.timeline, thresholds=self._thresholds)
        bundle.write_scores(found.scores)
        bundle.write_events(timeline)
        bundle.write_results(timeline, game=self._job.video.stem)

    def manifest_parts(self) -> Mapping[str, Any]:
        """The remarks on the events, and whether a stream was missing or of another length than the video."""
        if self._found is None:
            return {}
        return {"spotting": {"remarks": list(self._found.remarks), "degraded": self._found.degraded}}

    def summary(self, bundle: Bundle, manifest: Manifest) -> SpotSummary:
        """The events in the bundle."""
        return spot_summary(bundle, manifest)

    def candidates(self, bundle: Bundle, *, thresholds: Mapping[str, float]) -> Timeline | None:
        """Every event that reaches the thresholds, for a report's sliders; None where the streams were not kept."""
        if self._found is None:
            if not all(self._holds(stream) for stream in self.spotter.sources.pictures):
                return None
            self._found = self._spot(bundle.read_manifest().coverage)
        return surest(self._found.timeline, thresholds=thresholds)

    def discard(self) -> None:
        """Remove what was saved meanwhile; the finished streams stay."""
        for task in self._tasks.values():
            task.discard()

    def _feature_task(self, stream: PictureStream) -> FeatureTask:
        """What takes a stream's features of the video."""
        return FeatureTask(
            stream.extractor,
            info=self._job.info,
            options=replace(stream.options, resume=self._job.resume),
            key={"video": self._video, **self._settings[stream.name]},
            folder=self._job.bundle.path,
            task=f"{FEATURES}-{stream.name}",
        )

    def _path(self, name: str) -> Path:
        return self._job.bundle.path / FEATURES / f"{name}.npy"

    def _holds(self, stream: PictureStream) -> bool:
        """Whether a stream of this very video, made in this very way, is there."""
        settings = self._settings[stream.name]
        return holds(self._path(stream.name), video=self._video, settings=settings) is not None

    def _spot(self, coverage: Coverage) -> StreamEvents:
        """What the head says of the streams."""
        streams, missing = self._streams()
        return self.spotter.head.spot(streams, duration_us=coverage.duration_us, missing=missing)

    def _about(self, stream: PictureStream, coverage: Coverage) -> FeatureInfo:
        return FeatureInfo(
            model=stream.extractor.name,
            model_sha256=stream.extractor.sha256,
            rate_hz=stream.options.rate_hz,
            sampling=stream.options.sampling,
            coverage=coverage,
            video=self._video,
            settings=self._settings[stream.name],
        )

    def _streams(self) -> tuple[dict[str, Features], dict[str, str]]:
        """Every stream of the head that there is, and why the others are missing."""
        found, missing = {}, dict(self.spotter.sources.missing)
        for stream in self.spotter.sources.pictures:
            features = read_features(self._path(stream.name))
            found[stream.name] = features if stream.reduction is None else _reduced(features, stream.reduction)
        for other in self.spotter.sources.others:
            try:
                found[other.name] = other.take(self._job.info.path, self._path(other.name))
            except NoAudioError:
                missing[other.name] = "the video has no sound"
            except InputError as error:
                if not other.optional:
                    raise
                missing[other.name] = str(error)
        return found, missing


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
    given: Mapping[str, Path] | None = None,
) -> VideoStreamSpotter:
    """A head by name or path, with what makes its streams.

    Args:
        model: the head.
        device: where models run.
        features: what makes its features of pictures; None takes what the head was trained on.
        reduction: makes them narrower; needed where the head's rows are narrower than the features.
        given: stream -> file of features that is there already.

    Raises:
        UsageError: a file for a stream that the head does not read.
        InputError: a model that is not there, or features whose width does not fit the head.

    """
    head = load_stream_spotter(model, device=device)
    narrow = None if reduction is None else load_reduction(reduction)
    sources = sources_of(head.config, device=device, features=features, reduction=narrow, given=given)
    _, reason = choose_device(device)
    return VideoStreamSpotter(head, sha256=head.sha256, sources=sources, device_reason=reason)
