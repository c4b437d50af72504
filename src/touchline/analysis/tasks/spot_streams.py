"""The task that spots events with a head over feature streams, extracted in the same decode as everything else.

The streams are kept in the bundle's ``features`` folder. They are identified by the video's content, the model and the
settings that made them, so another head over the same features, or the same head with other thresholds, reuses them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from touchline.analysis.features import FeatureTask, feature_settings
from touchline.analysis.stream_sources import PictureStream, StreamSources, sources_of
from touchline.analysis.tasks.event_files import half_key, write_event_files
from touchline.analysis.tasks.spot_summary import SpotSummary, candidate_thresholds, spot_summary
from touchline.analysis.tasks.task import Job, Task
from touchline.core.clock import us_from_frame
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, Timeline
from touchline.features.reduction import Reduction, load_reduction
from touchline.formats.bundle import CANDIDATES, EVENTS, FEATURES, RESULTS, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.features.vectors import FeatureInfo, Features, holds, read_features
from touchline.formats.files.atomic import make_own_folder
from touchline.media.frame import Frame
from touchline.media.sound.tracks import NoAudioError
from touchline.models.runtime.device import choose_device
from touchline.models.specs.spec import DEFAULT_THRESHOLD
from touchline.models.specs.stream_spec import StreamHeadConfig
from touchline.spotting.stream_spotter import StreamEvents, StreamSpotter, load_stream_spotter


class VideoStreamSpotter:
    """A head with the sources of its streams; otherwise it looks like :class:`~touchline.spotting.BaseSpotter`.

    Args:
        head: the spotter over feature streams.
        sha256: SHA-256 of the head's file.
        sources: the sources of its streams.
        device_reason: the head's device and the reason for it.

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
        """The spotter itself, as the only member."""
        return (self,)

    def thresholds_with(self, changed: Mapping[str, float]) -> dict[str, float]:
        """Return the model's thresholds by label, replaced by those in ``changed``; the default where it has none.

        Raises:
            UsageError: a threshold is outside 0 to 1, or for a label that the model does not have.

        """
        for label, value in changed.items():
            if label not in self.labels or not 0 <= value <= 1:
                known = ", ".join(self.labels)
                raise UsageError(
                    f"threshold {label}={value}: {self.name} has the labels {known}; a threshold is 0 to 1"
                )
        return {**{label: self.config.thresholds.get(label, DEFAULT_THRESHOLD) for label in self.labels}, **changed}


class StreamSpotTask(Task):
    """The task that spots events with a head over feature streams.

    Args:
        spotter: the head and the sources of its streams.
        thresholds: confidence threshold by label, 0 to 1; other labels keep the head's threshold.

    Raises:
        UsageError: a threshold is outside 0 to 1, or for a label that the head does not have.

    """

    name = "spot"
    files = (EVENTS, CANDIDATES, RESULTS, SCORES)
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
        """Start on a video."""
        self._job = job
        self._found, self._tasks, self.resumed_from_us = None, {}, None
        self._video = {"name": job.video.name, "fingerprint": job.fingerprint}
        sources = self.spotter.sources
        for other in sources.others:
            if other.check is not None:
                other.check(job.video)
        self._settings = {
            stream.name: feature_settings(stream.extractor, options=stream.options, info=job.info)
            for stream in sources.pictures
        }
        tracked = "track" in job.keys or (job.bundle.path / TRACKS).exists()
        others = {
            stream.name: {
                **stream.key,
                **({"tracked": tracked} if stream.of_tracks else {}),
                **({"audio_stream": job.heard} if stream.of_sound else {}),
            }
            for stream in sources.others
        }
        reductions = {s.name: s.reduction.sha256 for s in sources.pictures if s.reduction is not None}
        key = {"head": self.spotter.sha256, "streams": self._settings, "reductions": reductions, "others": others}
        self.key = json.loads(json.dumps({**job.origin, **half_key(job), **key, "thresholds": self._thresholds}))

    def open(self) -> None:
        """Find the streams that exist and the rows an earlier run saved; without resuming, extract all again."""
        pictures, resume = self.spotter.sources.pictures, self._job.resume
        self._tasks = {s.name: self._feature_task(s) for s in pictures if not resume or not self._holds(s)}
        self.watches = bool(self._tasks)
        timed = all(stream.options.sampling == "time-exact" for stream in pictures)
        self.rates = tuple(stream.options.rate_hz for stream in pictures) if timed else None
        rows = [task.resumed_row for task in self._tasks.values()]
        known = [row for row in rows if row is not None]
        if known and len(known) == len(rows):
            self.resumed_from_us = us_from_frame(min(known), fps=pictures[0].options.rate_hz)

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged; extract and save the missing features on the way."""
        for task in self._tasks.values():
            frames = task.watch(frames)
        return iter(frames)

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Store the streams, find the events, and write the task's files."""
        make_own_folder(bundle.path / FEATURES)
        for stream in self.spotter.sources.pictures:
            if stream.name in self._tasks:
                about = self._about(stream, coverage)
                self._tasks[stream.name].write(self._path(stream.name), info=about)
        self._found = found = self._spot(coverage)
        timeline = surest(found.timeline, thresholds=self._thresholds)
        bundle.write_scores(found.scores)
        candidates = surest(found.timeline, thresholds=candidate_thresholds(self._thresholds))
        write_event_files(bundle, timeline, candidates=candidates, job=self._job)

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return the remarks on the events, and whether a stream was missing or differed in length from the video."""
        if self._found is None:
            return {}
        return {"spotting": {"remarks": list(self._found.remarks), "degraded": self._found.degraded}}

    def summary(self, bundle: Bundle, manifest: Manifest) -> SpotSummary:
        """Return the events in the bundle."""
        return spot_summary(bundle, manifest)

    def discard(self) -> None:
        """Remove the saved chunks; the finished streams stay."""
        for task in self._tasks.values():
            task.discard()

    def _feature_task(self, stream: PictureStream) -> FeatureTask:
        """Return the extraction of a stream from the video."""
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
        """Return whether the stream exists, made from the same video with the same settings."""
        settings = self._settings[stream.name]
        return holds(self._path(stream.name), video=self._video, settings=settings) is not None

    def _spot(self, coverage: Coverage) -> StreamEvents:
        """Run the head on the streams."""
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
        """Return the head's available streams by name, and the reasons why the others are missing."""
        found, missing = {}, dict(self.spotter.sources.missing)
        for stream in self.spotter.sources.pictures:
            features = read_features(self._path(stream.name))
            found[stream.name] = features if stream.reduction is None else _reduced(features, stream.reduction)
        for other in self.spotter.sources.others:
            try:
                found[other.name] = other.take(self._job.info.path, self._path(other.name), self._job.audio_stream)
            except NoAudioError:
                missing[other.name] = "the video has no sound"
            except InputError as error:
                if not other.optional:
                    raise
                missing[other.name] = str(error)
        return found, missing


def surest(timeline: Timeline, *, thresholds: Mapping[str, float]) -> Timeline:
    """Return the events whose confidence reaches their label's threshold."""
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
    """Load a head by name or path, with the sources of its streams.

    Args:
        model: name or path of the head.
        device: device for the models.
        features: name or file of the feature extractor for frames; None for the one the head was trained with.
        reduction: file of the feature dimension reduction; needed if the head reads fewer dimensions than the
            extractor makes.
        given: stream name -> existing feature file.

    Raises:
        UsageError: ``given`` names a stream that the head does not read.
        InputError: a model does not exist, or the width of the features does not fit the head.

    """
    head = load_stream_spotter(model, device=device)
    reducing = None if reduction is None else load_reduction(reduction)
    sources = sources_of(head.config, device=device, features=features, reduction=reducing, given=given)
    _, reason = choose_device(device)
    return VideoStreamSpotter(head, sha256=head.sha256, sources=sources, device_reason=reason)
