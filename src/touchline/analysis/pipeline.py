"""One decode of a video feeds every task; what they find goes into the video's bundle.

Scores are saved chunk by chunk (:mod:`touchline.analysis.checkpoint`). A run that was killed decodes the video again
from its start, so that its coverage is the same, but puts only the frames of the missing chunks through the model.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.analysis.checkpoint import Checkpoint, bundle_lock
from touchline.analysis.report import write_report
from touchline.clock import us_from_frame
from touchline.errors import InputError, TouchlineError
from touchline.formats.bundle import EVENTS, REPORT, RESULTS, SCORES, Bundle, Manifest, video_fingerprint
from touchline.media.frame import Frame
from touchline.media.sampling import fit_luma, sample_regular
from touchline.media.video import VideoReader, probe
from touchline.spotting.peaks import find_events
from touchline.spotting.spotter import Spotter
from touchline.types import Coverage, Scores, Timeline, VideoInfo

Progress = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while unknown."""

Sample = tuple[int, npt.NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class AnalyzeOptions:
    """How a video is analysed; none of these change the results but ``stream``.

    Attributes:
        out: folder for the bundle; None for beside the video.
        stream: which video stream; None for the default one.
        resume: go on from the chunks a killed run left.
        force: analyse even where an up-to-date bundle is there.
        report: write ``report.html``.
        embed_video: put the video inside the report; for short clips.
        chunk_s: seconds of video between two saves.

    """

    out: Path | None = None
    stream: int | None = None
    resume: bool = True
    force: bool = False
    report: bool = False
    embed_video: bool = False
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
    video: Path, *, spotter: Spotter, options: AnalyzeOptions | None = None, progress: Progress | None = None
) -> AnalysisResult:
    """Analyse one video into its bundle, or find that its bundle is up to date.

    Raises:
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the bundle cannot be written, or another process is writing it.

    """
    options = options or AnalyzeOptions()
    fingerprint = video_fingerprint(video)
    info = probe(video, stream=options.stream)
    bundle = Bundle.create(options.out, video)
    with bundle_lock(bundle.path), _no_empty_folder(bundle.path):
        key = work_key(fingerprint, spotter=spotter, stream=info.stream_index)
        result = None if options.force else _reuse(bundle, key=key, info=info)
        if result is None:
            result = _analyze(video, bundle, key=key, spotter=spotter, options=options, progress=progress)
        if options.report and (result.report is None or not result.reused):
            _report(video, bundle, result=result, spotter=spotter, embed_video=options.embed_video)
    return result


def work_key(fingerprint: str, *, spotter: Spotter, stream: int) -> dict[str, Any]:
    """Everything that decides the results, as JSON: equal keys mean equal files."""
    return {
        "video_fingerprint": fingerprint,
        "stream": stream,
        "spotter": spotter.name,
        "sha256": spotter.sha256,
        "config": spotter.config.model_dump(mode="json", include={"thresholds", "peaks", "edge", "flip", "precision"}),
        "backend": spotter.backend,
        "device": str(spotter.device),
        "touchline": version("touchline"),
    }


def _reuse(bundle: Bundle, *, key: Mapping[str, Any], info: VideoInfo) -> AnalysisResult | None:
    """The result in the bundle where it was made by the same work and its files are whole; None otherwise."""
    try:
        manifest = bundle.read_manifest()
    except InputError:
        return None
    if manifest.settings != key or bundle.checksums(EVENTS, RESULTS, SCORES) != dict(manifest.files):
        return None
    return AnalysisResult(
        bundle.path, info, bundle.read_events(), manifest.coverage, reused=True, timings_s=manifest.timings_s
    )


def _analyze(
    video: Path,
    bundle: Bundle,
    *,
    key: Mapping[str, Any],
    spotter: Spotter,
    options: AnalyzeOptions,
    progress: Progress | None,
) -> AnalysisResult:
    """Decode, score, find the events, write the bundle."""
    started_s = time.monotonic()
    checkpoint = Checkpoint(bundle.path, key=key, resume=options.resume)
    resumed_at = checkpoint.next_index
    with VideoReader(video, stream=options.stream) as reader:
        info = reader.info
        frames = _report_progress(reader.frames(), duration_us=info.duration_us, progress=progress)
        _score_missing(frames, spotter=spotter, checkpoint=checkpoint, chunk_s=options.chunk_s)
        coverage = reader.coverage()
    scored_s = time.monotonic()
    if coverage.frames_decoded == 0:
        checkpoint.discard()
        raise InputError(f"{video}: no picture could be decoded; try `touchline check` on it")
    if video_fingerprint(video) != key["video_fingerprint"]:
        raise InputError(f"{video}: the file changed while it was read; run again when its recording is finished")
    scores = _scores(checkpoint, spotter=spotter)
    timeline = _find_events(scores, spotter=spotter)
    timings_s = {"score": round(scored_s - started_s, 3), "events": round(time.monotonic() - scored_s, 3)}
    _write(bundle, video=video, key=key, spotter=spotter, coverage=coverage, scores=scores, timeline=timeline, timings_s=timings_s)
    checkpoint.discard()
    resumed_from_us = None if resumed_at is None else us_from_frame(resumed_at, fps=spotter.config.frame.fps)
    return AnalysisResult(
        bundle.path, info, bundle.read_events(), coverage, resumed_from_us=resumed_from_us, timings_s=timings_s
    )


def _score_missing(frames: Iterable[Frame], *, spotter: Spotter, checkpoint: Checkpoint, chunk_s: float) -> None:
    """Put the frames of all chunks that are not saved yet through the spotter, saving chunk by chunk."""
    start_index = checkpoint.next_index or 0
    samples = _fitted(frames, spotter=spotter, first_index=spotter.first_frame_needed(start_index) if start_index else 0)
    chunk_samples = max(1, round(chunk_s * spotter.config.frame.fps))
    pending: list[npt.NDArray[np.float32]] = []
    first_index = start_index
    for chunk in spotter.stream(samples, start_index=start_index):
        if not np.all(np.isfinite(chunk.values)):
            raise TouchlineError(
                f"model {spotter.name} gave scores that are no numbers near sample {chunk.first_index}; "
                "try --device cpu, and check the model file"
            )
        if not pending:
            first_index = chunk.first_index
        pending.append(chunk.values)
        if sum(map(len, pending)) >= chunk_samples:
            checkpoint.append(first_index, np.concatenate(pending))
            pending = []
    if pending:
        checkpoint.append(first_index, np.concatenate(pending))


def _fitted(frames: Iterable[Frame], *, spotter: Spotter, first_index: int) -> Iterator[Sample]:
    """Samples of the model's time grid from ``first_index`` on, as luma of the model's size."""
    spec = spotter.config.frame
    for index, frame in sample_regular(frames, fps=spec.fps):
        if index >= first_index:
            yield index, fit_luma(frame.luma, width=spec.width, height=spec.height)


def _report_progress(frames: Iterable[Frame], *, duration_us: int, progress: Progress | None) -> Iterator[Frame]:
    """The frames, telling at every second of video how far they are."""
    told_us = -1_000_000
    for frame in frames:
        if progress is not None and frame.time_us - told_us >= 1_000_000:
            told_us = frame.time_us
            progress(frame.time_us, duration_us)
        yield frame


def _scores(checkpoint: Checkpoint, *, spotter: Spotter) -> Scores:
    """All saved chunks as one curve."""
    first_index, values = checkpoint.scores(classes=len(spotter.labels))
    fps = spotter.config.frame.fps
    times_us = [us_from_frame(first_index + i, fps=fps) for i in range(len(values))]
    return Scores(values=values, times_us=np.array(times_us, dtype=np.int64), labels=tuple(spotter.labels))


def _find_events(scores: Scores, *, spotter: Spotter) -> Timeline:
    """The events behind the scores, by the model's own thresholds."""
    peaks = spotter.config.peaks
    return find_events(
        scores,
        thresholds=spotter.config.all_thresholds(),
        sigma_samples=peaks.sigma_samples,
        distance_samples=peaks.distance_samples,
        source=spotter.name,
    )


def _write(
    bundle: Bundle,
    *,
    video: Path,
    key: Mapping[str, Any],
    spotter: Spotter,
    coverage: Coverage,
    scores: Scores,
    timeline: Timeline,
    timings_s: Mapping[str, float],
) -> None:
    """Write the result files, the manifest last: only a manifest whose checksums hold makes a bundle up to date."""
    bundle.write_scores(scores)
    bundle.write_events(timeline)
    bundle.write_results(timeline, game=video.stem)
    bundle.write_manifest(
        Manifest(
            video_name=video.name,
            video_fingerprint=key["video_fingerprint"],
            models=({"task": "spot", "name": spotter.name, "sha256": spotter.sha256},),
            settings=key,
            coverage=coverage,
            timings_s=timings_s,
            files=bundle.checksums(EVENTS, RESULTS, SCORES),
            touchline_version=version("touchline"),
        )
    )


def _report(video: Path, bundle: Bundle, *, result: AnalysisResult, spotter: Spotter, embed_video: bool) -> None:
    """Write ``report.html`` from what the bundle holds."""
    write_report(
        bundle.path / REPORT,
        video=video,
        info=result.info,
        timeline=result.timeline,
        scores=bundle.read_scores(),
        coverage=result.coverage,
        thresholds=spotter.config.all_thresholds(),
        title=video.name,
        embed_video=embed_video,
    )


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Remove a bundle folder that is still empty when the analysis fails."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
