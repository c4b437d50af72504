"""One decode of a video feeds every task; what they find goes into the video's bundle.

Scores are saved chunk by chunk (:mod:`touchline.analysis.checkpoint`). A run that was killed decodes the video again
from its start, so that its coverage is the same, but puts only the frames of the missing chunks through the model.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from touchline.analysis.checkpoint import Checkpoint, bundle_lock
from touchline.analysis.report import write_report
from touchline.analysis.scoring import Progress, saved_scores, score_missing, telling_progress
from touchline.clock import us_from_frame
from touchline.errors import InputError
from touchline.formats.bundle import EVENTS, REPORT, RESULTS, SCORES, Bundle, Manifest, video_fingerprint
from touchline.media.video import VideoReader, probe
from touchline.spotting.spotter import BaseSpotter
from touchline.types import Coverage, Timeline, VideoInfo

_CANDIDATE_THRESHOLD = 0.05
"""Peaks from here on go into the report, for its sliders."""


@dataclass(frozen=True, slots=True)
class AnalyzeOptions:
    """How a video is analysed; only ``stream`` and ``thresholds`` change the results.

    Attributes:
        out: folder for the bundle; None for beside the video.
        stream: which video stream; None for the default one.
        thresholds: confidence an event needs, by label; the spotter's where none is named.
        resume: go on from the chunks a killed run left.
        force: analyse even where an up-to-date bundle is there.
        report: write ``report.html``.
        embed_video: put the video inside the report; for short clips.
        truth: known events, shown in the report beside those found.
        chunk_s: seconds of video between two saves.

    """

    out: Path | None = None
    stream: int | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    resume: bool = True
    force: bool = False
    report: bool = False
    embed_video: bool = False
    truth: Timeline | None = None
    chunk_s: float = 20.0


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What one analysis gave.

    Attributes:
        bundle: folder of the results.
        info: of the video.
        timeline: the events found.
        coverage: what of the video was analysed.
        reused: an up-to-date bundle was there already.
        resumed_from_us: where an interrupted run was taken up; None for a run from the start.
        timings_s: seconds spent, by stage.

    """

    bundle: Path
    info: VideoInfo
    timeline: Timeline
    coverage: Coverage
    reused: bool = False
    resumed_from_us: int | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def degraded(self) -> bool:
        """Whether parts of the video were lost."""
        return not self.coverage.complete

    @property
    def report(self) -> Path | None:
        """The report, where there is one."""
        path = self.bundle / REPORT
        return path if path.is_file() else None


def analyze_video(
    video: Path, *, spotter: BaseSpotter, options: AnalyzeOptions | None = None, progress: Progress | None = None
) -> AnalysisResult:
    """Analyse one video into its bundle, or find that its bundle is up to date.

    Raises:
        UsageError: a threshold for a label the spotter does not have, or outside 0 to 1.
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the bundle cannot be written, or another process is writing it.

    """
    options = options or AnalyzeOptions()
    thresholds = spotter.thresholds_with(options.thresholds)
    info = probe(video, stream=options.stream)
    key = work_key(video_fingerprint(video), spotter=spotter, stream=info.stream_index, thresholds=thresholds)
    bundle = Bundle.create(options.out, video)
    work = _Work(video=video, bundle=bundle, key=key, spotter=spotter, options=options)
    with bundle_lock(bundle.path), _no_empty_folder(bundle.path):
        result = None if options.force else work.reuse(info)
        if result is None:
            result = work.run(progress)
        if options.report and not (result.reused and result.report):
            work.report(result)
    return result


def work_key(fingerprint: str, *, spotter: BaseSpotter, stream: int, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Everything that decides the results, as JSON: equal keys mean equal files."""
    models = [
        {
            "name": member.name,
            "sha256": member.sha256,
            "flip": member.flip,
            "backend": member.backend_name,
            "device": member.device_reason.partition(":")[0],
        }
        for member in spotter.members
    ]
    return {
        "video_fingerprint": fingerprint,
        "stream": stream,
        "models": models,
        "thresholds": dict(thresholds),
        "peaks": spotter.config.peaks.model_dump(mode="json"),
        "touchline": version("touchline"),
    }


@dataclass(frozen=True, slots=True)
class _Work:
    """One video to be analysed into one bundle; ``key`` is what decides the results."""

    video: Path
    bundle: Bundle
    key: Mapping[str, Any]
    spotter: BaseSpotter
    options: AnalyzeOptions

    def reuse(self, info: VideoInfo) -> AnalysisResult | None:
        """The result in the bundle where the same work made it and its files are whole; None otherwise."""
        try:
            manifest = self.bundle.read_manifest()
        except InputError:
            return None
        if manifest.settings != self.key or self.bundle.checksums(EVENTS, RESULTS, SCORES) != dict(manifest.files):
            return None
        timeline = self.bundle.read_events()
        return AnalysisResult(
            self.bundle.path, info, timeline, manifest.coverage, reused=True, timings_s=manifest.timings_s
        )

    def run(self, progress: Progress | None) -> AnalysisResult:
        """Decode, score, find the events, write the bundle."""
        started_s = time.monotonic()
        checkpoint = Checkpoint(self.bundle.path, key=self.key, resume=self.options.resume)
        resumed_at = checkpoint.next_index
        info, coverage = self._score(checkpoint, progress)
        scored_s = time.monotonic()
        scores = saved_scores(checkpoint, spotter=self.spotter)
        timeline = self.spotter.events(scores, thresholds=self.options.thresholds)
        self.bundle.write_scores(scores)
        self.bundle.write_events(timeline)
        self.bundle.write_results(timeline, game=self.video.stem)
        timings_s = {"score": round(scored_s - started_s, 3), "events": round(time.monotonic() - scored_s, 3)}
        self.bundle.discard_report()
        self._write_manifest(coverage, timings_s=timings_s)
        checkpoint.discard()
        return AnalysisResult(
            self.bundle.path,
            info,
            self.bundle.read_events(),
            coverage,
            resumed_from_us=None if resumed_at is None else us_from_frame(resumed_at, fps=self.spotter.fps),
            timings_s=timings_s,
        )

    def report(self, result: AnalysisResult) -> None:
        """Write ``report.html`` from what the bundle holds."""
        scores = self.bundle.read_scores()
        thresholds = self.spotter.thresholds_with(self.options.thresholds)
        models = self.spotter.members
        low = {label: min(threshold, _CANDIDATE_THRESHOLD) for label, threshold in thresholds.items()}
        write_report(
            self.bundle.path / REPORT,
            video=self.video,
            info=result.info,
            timeline=result.timeline,
            scores=scores,
            coverage=result.coverage,
            thresholds=thresholds,
            title=self.video.name,
            embed_video=self.options.embed_video,
            candidates=self.spotter.events(scores, thresholds=low),
            truth=self.options.truth,
            model_name=self.spotter.name,
            model_sha256=models[0].sha256 if len(models) == 1 else "",
        )

    def _score(self, checkpoint: Checkpoint, progress: Progress | None) -> tuple[VideoInfo, Coverage]:
        """Decode the video once, its scores going into the checkpoint; refuse a video that gave nothing or changed."""
        with VideoReader(self.video, stream=self.options.stream) as reader:
            info = reader.info
            frames = telling_progress(reader.frames(), duration_us=info.duration_us, progress=progress)
            score_missing(frames, spotter=self.spotter, checkpoint=checkpoint, chunk_s=self.options.chunk_s)
            coverage = reader.coverage()
        if coverage.frames_decoded == 0:
            checkpoint.discard()
            raise InputError(f"{self.video}: no picture could be decoded; see what `touchline check` says of it")
        if video_fingerprint(self.video) != self.key["video_fingerprint"]:
            checkpoint.discard()
            raise InputError(f"{self.video}: changed while it was read; run again when its recording is finished")
        return info, coverage

    def _write_manifest(self, coverage: Coverage, *, timings_s: Mapping[str, float]) -> None:
        """Write the manifest, last of all: only one whose checksums hold makes a bundle up to date."""
        models = tuple({"task": "spot", "name": m.name, "sha256": m.sha256} for m in self.spotter.members)
        self.bundle.write_manifest(
            Manifest(
                video_name=self.video.name,
                video_fingerprint=self.key["video_fingerprint"],
                models=models,
                settings=self.key,
                coverage=coverage,
                timings_s=timings_s,
                files=self.bundle.checksums(EVENTS, RESULTS, SCORES),
                touchline_version=version("touchline"),
            )
        )


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Remove a bundle folder that is still empty in the end, because the analysis failed."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it is not empty
            folder.rmdir()
