"""One decode of a video feeds every task; what they find goes into the video's bundle.

Three tasks are known: ``spot`` finds events, ``track`` follows people and the ball, ``sound`` listens. Only those whose
results the bundle does not hold yet are done, all from one pass over the frames. What they compute is saved chunk by
chunk (:mod:`touchline.analysis.checkpoint`). A run that was killed decodes the video again from its start, so that its
coverage is the same, but puts only the frames of the missing chunks through the models.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from touchline.analysis.checkpoint import bundle_lock
from touchline.analysis.tasks.sound import SoundTask
from touchline.analysis.tasks.spot import Progress, SpotTask, telling_progress
from touchline.analysis.tasks.spot_streams import StreamSpotTask, VideoStreamSpotter
from touchline.analysis.tasks.track import TrackTask, VideoTracker
from touchline.analysis.tracking_summary import TrackingSummary
from touchline.core.errors import InputError
from touchline.core.events import Coverage, Timeline, VideoInfo
from touchline.core.sound import SoundReading
from touchline.formats.boxes.picked import PickedBox
from touchline.formats.bundle import KEEPERS, OVERLAY, REPORT, SCORES, TRACKS, Bundle, Manifest, video_fingerprint
from touchline.formats.sound import read_sound
from touchline.media.video import VideoReader, probe
from touchline.report.page import write_report
from touchline.spotting.spotter import BaseSpotter

_SpotTask = SpotTask | StreamSpotTask
_Task = _SpotTask | TrackTask | SoundTask

_CANDIDATE_THRESHOLD = 0.05
"""Peaks from here on go into the report, for its sliders."""


@dataclass(frozen=True, slots=True)
class AnalyzeOptions:
    """How a video is analysed; only ``stream``, ``thresholds`` and ``boxes`` change the results.

    Attributes:
        out: folder for the bundle; None for beside the video.
        stream: which video stream; None for the default one.
        thresholds: confidence an event needs, by label; the spotter's where none is named.
        boxes: people a person picked; only their tracks are kept. Empty keeps everyone.
        resume: go on from the chunks a killed run left.
        force: analyse even where an up-to-date bundle is there.
        overlay: write ``overlay.mp4``.
        report: write ``report.html``.
        embed_video: put the video inside the report; for short clips.
        truth: known events, shown in the report beside those found.
        chunk_s: seconds of video between two saves.

    """

    out: Path | None = None
    stream: int | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    boxes: tuple[PickedBox, ...] = ()
    resume: bool = True
    force: bool = False
    overlay: bool = False
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
        timeline: the events found; empty where no spotter was asked.
        coverage: what of the video was analysed.
        tracking: what was followed; None where no tracker was asked.
        sound: what was heard; None where that was not asked.
        tasks: what was asked, of ``"spot"``, ``"track"`` and ``"sound"``.
        reused: an up-to-date bundle was there already.
        resumed_from_us: where an interrupted run was taken up; None for a run from the start.
        timings_s: seconds spent, by stage.
        remarks: what a user should hear of the files made of the results, such as sound that was converted.
        streams_missing: a head over feature streams had to do without one, or with one of another length.

    """

    bundle: Path
    info: VideoInfo
    timeline: Timeline
    coverage: Coverage
    tracking: TrackingSummary | None = None
    sound: SoundReading | None = None
    tasks: tuple[str, ...] = ()
    reused: bool = False
    resumed_from_us: int | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    streams_missing: bool = False

    @property
    def degraded(self) -> bool:
        """Whether parts of the video were lost, a stream was missing, or a picked box matched nobody."""
        lost = not self.coverage.complete or self.streams_missing
        return lost or bool(self.tracking and self.tracking.unmatched)

    @property
    def report(self) -> Path | None:
        """The report, where there is one."""
        return self._existing(REPORT)

    @property
    def overlay(self) -> Path | None:
        """The video with the tracks drawn in, where there is one."""
        return self._existing(OVERLAY)

    @property
    def keepers(self) -> Path | None:
        """The list of the coach's pages, where there are any."""
        return self._existing(f"{KEEPERS}/index.html")

    def _existing(self, name: str) -> Path | None:
        """A file of the bundle, where it is there."""
        path = self.bundle / name
        return path if path.is_file() else None


def analyze_video(
    video: Path,
    *,
    spotter: BaseSpotter | VideoStreamSpotter | None = None,
    tracker: VideoTracker | None = None,
    sound: bool = False,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
) -> AnalysisResult:
    """Analyse one video into its bundle, or find that its bundle is up to date.

    Args:
        video: the file.
        spotter: finds events; None leaves them out.
        tracker: follows people and the ball; None leaves them out.
        sound: listen to the sound too.
        options: how.
        progress: hears how far it is.

    Raises:
        UsageError: a threshold for a label the spotter does not have, or outside 0 to 1.
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the bundle cannot be written, or another process is writing it.

    """
    if spotter is None and tracker is None and not sound:
        raise ValueError("spotter and tracker are None and sound is False; there is nothing to do")
    options = options or AnalyzeOptions()
    if spotter is not None:
        spotter.thresholds_with(options.thresholds)
    info = probe(video, stream=options.stream)
    fingerprint = video_fingerprint(video)
    bundle = Bundle.create(options.out, video)
    origin = {"video_fingerprint": fingerprint, "stream": info.stream_index, "touchline": version("touchline")}
    track = None if tracker is None else TrackTask(tracker, boxes=options.boxes, origin=origin, info=info)
    spot: _SpotTask | None = None
    if isinstance(spotter, VideoStreamSpotter):
        tracked = track is not None or (bundle.path / TRACKS).exists()
        spot = StreamSpotTask(spotter, thresholds=options.thresholds, origin=origin, info=info, tracked=tracked)
    elif spotter is not None:
        tracks = _name_of_tracks(bundle, track=track, origin=origin)
        spot = SpotTask(spotter, thresholds=options.thresholds, origin=origin, tracks=tracks)
    heard = SoundTask(video, origin=origin, info=info) if sound else None
    work = _Work(
        video,
        info=info,
        fingerprint=fingerprint,
        bundle=bundle,
        options=options,
        spot=spot,
        track=track,
        sound=heard,
    )
    with bundle_lock(bundle.path), _no_empty_folder(bundle.path):
        result = work.do(progress)
        remarks = work.extras(result, progress)
    return replace(result, remarks=(*result.remarks, *remarks))


def _name_of_tracks(bundle: Bundle, *, track: TrackTask | None, origin: Mapping[str, Any]) -> str | None:
    """A name for the tracks that the bundle will have when events are written: a hash of what decides them.

    Without a task for them, those of the same video that are whole in the bundle count; None where there are none.
    """
    key: Mapping[str, Any] | None = None
    if track is not None:
        key = track.key
    else:
        with contextlib.suppress(InputError):  # no manifest yet, or none that can be read
            manifest = bundle.read_manifest()
            whole = bundle.checksums(TRACKS) == {TRACKS: manifest.files.get(TRACKS)}
            key = manifest.settings.get(TrackTask.name) if whole else None
    if key is None or {**key, **origin} != key:
        return None
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()


def _needs_frames(task: _Task) -> bool:
    """Whether a task has to see the pictures, once it is opened."""
    return task.needs_frames if isinstance(task, _SpotTask) else not isinstance(task, SoundTask)


class _Work:
    """One video to be analysed into one bundle.

    Args:
        video: the file.
        info: of it.
        fingerprint: of it.
        bundle: where the results go.
        options: how.
        spot, track, sound: the tasks that are wanted.

    """

    def __init__(
        self,
        video: Path,
        *,
        info: VideoInfo,
        fingerprint: str,
        bundle: Bundle,
        options: AnalyzeOptions,
        spot: _SpotTask | None,
        track: TrackTask | None,
        sound: SoundTask | None,
    ) -> None:
        self.video = video
        self.info = info
        self.fingerprint = fingerprint
        self.bundle = bundle
        self.spot = spot
        self.track = track
        self.sound = sound
        self.options = options
        self.wanted: tuple[_Task, ...] = tuple(task for task in (spot, track, sound) if task is not None)

    def do(self, progress: Progress | None) -> AnalysisResult:
        """Do the tasks whose results are not in the bundle yet; the result of all that are wanted."""
        old = self._old_manifest()
        missing = [task for task in self.wanted if self.options.force or not self._holds(old, task)]
        if old is not None and not missing:
            return self._result(old, reused=True)
        started_s = time.monotonic()
        if isinstance(self.spot, SpotTask) and not self.options.force:
            self.spot.scored = self._holds_scores(old, self.spot)
        for task in missing:
            task.open(self.bundle.path, resume=self.options.resume)
        resumed_us = [task.resumed_from_us for task in missing]
        frameless = old is not None and not any(_needs_frames(task) for task in missing)
        coverage = self._listen(old, missing) if old is not None and frameless else self._pass(missing, progress)
        if isinstance(self.spot, StreamSpotTask):
            self.spot.coverage = coverage
        passed_s = time.monotonic()
        stale = [REPORT] if self.track not in missing else [REPORT, OVERLAY]
        if old is None:
            stale += [
                OVERLAY,
                *SpotTask.files,
                *TrackTask.files,
                *SoundTask.files,
            ]  # of another video, or of none that is known
        self.bundle.discard(*stale)
        shutil.rmtree(self.bundle.path / KEEPERS, ignore_errors=True)
        for task in sorted(missing, key=lambda one: one is self.spot):  # events may be found along tracks
            task.write(self.bundle, game=self.video.stem)
        timings_s = {"analyse": round(passed_s - started_s, 3), "write": round(time.monotonic() - passed_s, 3)}
        manifest = self._write_manifest(old, missing, coverage=coverage, timings_s=timings_s)
        for task in missing:
            task.discard()
        known_us = [us for us in resumed_us if us is not None]
        return self._result(manifest, resumed_from_us=min(known_us) if len(known_us) == len(missing) else None)

    def extras(self, result: AnalysisResult, progress: Progress | None) -> tuple[str, ...]:
        """Make of the results the overlay and the report, where they are wanted and not there; gives remarks."""
        remarks: tuple[str, ...] = ()
        if self.options.overlay and result.tracking is not None and result.overlay is None:
            from touchline.render.overlay import write_overlay

            out = self.bundle.path / OVERLAY
            overlay = write_overlay(
                self.video,
                out,
                tracks=self.bundle.read_tracks(),
                actions=self.bundle.read_actions(),
                stream=self.options.stream,
                progress=progress,
            )
            remarks = tuple(f"{OVERLAY}: {note}" for note in overlay.notes)
        if self.options.report and not (result.reused and result.report):
            self._report(result)
        if self.options.report and result.tracking is not None and result.keepers is None:
            remarks += self._keepers(result)
        return remarks

    def _keepers(self, result: AnalysisResult) -> tuple[str, ...]:
        """Write the coach's pages where there were shots; gives remarks."""
        from touchline.analysis.keeper_match import has_shots, write_bundle_pages

        if not has_shots(result.timeline):
            return ()
        out, tracks = self.bundle.path / KEEPERS, self.bundle.read_tracks()
        return write_bundle_pages(self.video, out, timeline=result.timeline, tracks=tracks, stream=self.options.stream)

    def _old_manifest(self) -> Manifest | None:
        """The manifest in the bundle, where it is of this very video."""
        try:
            manifest = self.bundle.read_manifest()
        except InputError:
            return None
        return manifest if manifest.video_fingerprint == self.fingerprint else None

    def _holds(self, manifest: Manifest | None, task: _Task) -> bool:
        """Whether the same work made the task's files in the bundle, and they are whole."""
        if manifest is None or manifest.settings.get(task.name) != task.key:
            return False
        known = {name: manifest.files.get(name) for name in task.files}
        return self.bundle.checksums(*task.files) == known

    def _holds_scores(self, manifest: Manifest | None, spot: SpotTask) -> bool:
        """Whether the scores are in the bundle, so that at most the events have to be picked anew."""
        if manifest is None or not spot.has_scores_of(manifest.settings.get(spot.name)):
            return False
        return self.bundle.checksums(SCORES) == {SCORES: manifest.files.get(SCORES)}

    def _pass(self, tasks: list[_Task], progress: Progress | None) -> Coverage:
        """Decode the video once, for all tasks; refuse a video that gave nothing or changed."""
        if self.sound in tasks and self.sound is not None:
            self.sound.hear()
        with VideoReader(self.video, stream=self.options.stream) as reader:
            frames = telling_progress(reader.frames(), duration_us=reader.info.duration_us, progress=progress)
            if self.track in tasks and self.track is not None:
                frames = self.track.watch(frames, chunk_s=self.options.chunk_s)
            if self.spot in tasks and self.spot is not None:
                self.spot.consume(frames, chunk_s=self.options.chunk_s)
            deque(frames, maxlen=0)
            coverage = reader.coverage()
        problem = ""
        if coverage.frames_decoded == 0:
            problem = "no picture could be decoded; see what `touchline check` says of it"
        elif video_fingerprint(self.video) != self.fingerprint:
            problem = "changed while it was read; run again when its recording is finished"
        if problem:
            for task in tasks:
                task.discard()
            raise InputError(f"{self.video}: {problem}")
        return coverage

    def _listen(self, old: Manifest, tasks: list[_Task]) -> Coverage:
        """Do without the pictures, which were gone through when the manifest was written; read the sound if wanted."""
        if self.sound in tasks and self.sound is not None:
            self.sound.hear()
        return old.coverage

    def _write_manifest(
        self,
        old: Manifest | None,
        done: list[_Task],
        *,
        coverage: Coverage,
        timings_s: Mapping[str, float],
    ) -> Manifest:
        """Write the manifest, last of all: only one whose checksums hold makes a bundle up to date.

        What another task found in the same video stays.
        """
        names, track, spot = {task.name for task in done}, self.track, self.spot
        kept_files = {} if old is None else dict(old.files)
        kept_models = () if old is None else tuple(m for m in old.models if m["task"] not in names)
        manifest = Manifest(
            video_name=self.video.name,
            video_fingerprint=self.fingerprint,
            models=(*kept_models, *(model for task in done for model in task.models)),
            settings={**({} if old is None else old.settings), **{task.name: task.key for task in done}},
            coverage=coverage,
            timings_s=timings_s,
            files={**kept_files, **self.bundle.checksums(*(name for task in done for name in task.files))},
            tracking=track.summary.to_json() if track in done and track else {} if old is None else old.tracking,
            spotting=_remarks(spot) if spot in done else {} if old is None else old.spotting,
            touchline_version=version("touchline"),
        )
        self.bundle.write_manifest(manifest)
        return manifest

    def _result(
        self, manifest: Manifest, *, reused: bool = False, resumed_from_us: int | None = None
    ) -> AnalysisResult:
        """The result as the bundle holds it."""
        return AnalysisResult(
            self.bundle.path,
            self.info,
            Timeline() if self.spot is None else self.bundle.read_events(),
            manifest.coverage,
            tracking=None if self.track is None else TrackingSummary.from_json(manifest.tracking),
            sound=None if self.sound is None else read_sound(self.bundle.path),
            tasks=tuple(task.name for task in self.wanted),
            reused=reused,
            resumed_from_us=resumed_from_us,
            timings_s=manifest.timings_s,
            remarks=() if self.spot is None else tuple(manifest.spotting.get("remarks", ())),
            streams_missing=self.spot is not None and bool(manifest.spotting.get("degraded")),
        )

    def _report(self, result: AnalysisResult) -> None:
        """Write ``report.html`` from what the bundle holds."""
        if self.spot is None:
            raise ValueError("a report needs a spotter")
        spotter = self.spot.spotter
        scores = self.bundle.read_scores()
        thresholds = spotter.thresholds_with(self.options.thresholds)
        models = spotter.members
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
            candidates=self.spot.candidates(self.bundle, thresholds=low, coverage=result.coverage),
            truth=self.options.truth,
            model_name=spotter.name,
            model_sha256=models[0].sha256 if len(models) == 1 else "",
            tracks=None if result.tracking is None else self.bundle.read_tracks(),
            actions=None if result.tracking is None else self.bundle.read_actions(),
            track_notes=() if result.tracking is None else (*result.tracking.notes, *result.tracking.unmatched),
            sound=result.sound,
            remarks=[one for one in result.remarks if result.sound is None or one not in result.sound.remarks],
        )


def _remarks(spot: _SpotTask | None) -> dict[str, Any]:
    """What a user should hear of the events, as the manifest keeps it."""
    if isinstance(spot, StreamSpotTask):
        return {"remarks": list(spot.remarks), "degraded": spot.degraded}
    return {"remarks": list(spot.remarks)} if spot is not None and spot.remarks else {}


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Remove a bundle folder that is still empty in the end, because the analysis failed."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it is not empty
            folder.rmdir()
