"""The task that tracks everyone in a video, with its models and settings.

In short, from Python::

    from touchline.analysis.track_video import track_video

    for track in track_video("match.mp4"):
        print(track.track_id, track.label, track.team, len(track))
"""

from __future__ import annotations

import bisect
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from touchline.analysis.checkpoint import Chunks
from touchline.analysis.shot_actions import (
    ActionBook,
    PersonCropper,
    WindowFiles,
    recognise_shot,
    windows_of_tracks,
)
from touchline.analysis.speed import BEST, DEFAULT_SPEED, SPEEDS, SpeedName
from touchline.analysis.tasks.chunked import ChunkedTask
from touchline.analysis.tasks.cuts import Ended, ShotFiles, ShotSplitter, parts_of
from touchline.analysis.tasks.task import Job
from touchline.analysis.tasks.tracking_summary import Facts, Picker, TrackCount, TrackingSummary
from touchline.analysis.threads.crew import in_thread
from touchline.core.events import Coverage, VideoInfo
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import DETECTION_LABELS
from touchline.formats.actions import write_actions
from touchline.formats.boxes.mot import mot_writer
from touchline.formats.boxes.picked import PickedBox
from touchline.formats.boxes.tracks_parquet import tracks_parquet_writer
from touchline.formats.bundle import ACTIONS, TRACKS, TRACKS_MOT, Bundle, Manifest
from touchline.formats.camera import CAMERA, write_camera
from touchline.media.frame import Frame
from touchline.recognition.recogniser import ClipRecogniser
from touchline.tracking.detections import PeopleDetector
from touchline.tracking.observations import (
    Observation,
    Observer,
    PitchFinder,
    batch_for,
    pack,
    unpack,
    unpack_crops,
)
from touchline.tracking.people.kits import Kits, kit_colours
from touchline.tracking.people.persons import PersonOf, Stretch, count_persons, find_persons
from touchline.tracking.people.roles import match_teams
from touchline.tracking.people.tracker import DEFAULT_SETTINGS, TrackerSettings
from touchline.tracking.shot_tracking import (
    FollowedShot,
    Span,
    follow_shot,
    stretches_of,
    track_order,
    tracks_of,
    with_person,
)

_MOST_WAITING = 768
"""Most frames and observations that wait while people are followed through a shot: some 20 s of video."""
_Shown = tuple[int, int]
"""Number and time of a decoded frame."""


@dataclass(frozen=True, slots=True)
class VideoTracker:
    """A tracker of people and the ball in videos: models and settings.

    Attributes:
        detector: detector of people and the ball.
        pitch_finder: finder of pitch keypoints; None gives no positions in metres.
        fps: analysed frames per second, at most those of the video.
        detect_every: people and the ball are looked for in every this many analysed frames.
        pitch_every: the pitch is searched for in every this many of those.
        settings: settings of the tracking algorithm.
        recogniser: clip recogniser for people's actions; None reports only movement and ball possession.
        detector_size: width and height of the detector's input; None for its own.

    """

    detector: PeopleDetector
    pitch_finder: PitchFinder | None = None
    fps: float = BEST.fps
    detect_every: int = 1
    pitch_every: int = BEST.pitch_every
    settings: TrackerSettings = DEFAULT_SETTINGS
    recogniser: ClipRecogniser | None = None
    detector_size: tuple[int, int] | None = None

    @property
    def models(self) -> tuple[PeopleDetector | PitchFinder | ClipRecogniser, ...]:
        """The models in use."""
        models = (self.detector, self.pitch_finder, self.recogniser)
        return tuple(model for model in models if model is not None)

    def fps_for(self, info: VideoInfo) -> float:
        """Return the analysed frames per second of a video: never more than it has."""
        return min(self.fps, info.fps) if info.fps > 0 else self.fps

    def batch_for(self, info: VideoInfo) -> int:
        """Return how many of a video's frames go through the networks together."""
        return batch_for(self.detector, width=info.width, height=info.height)

    def observer(self, info: VideoInfo, *, saved: Iterable[Observation] = ()) -> Observer:
        """Return an observer of a video's frames; ``saved`` holds an earlier run's observations of the first ones."""
        return Observer(
            detector=self.detector,
            pitch_finder=self.pitch_finder,
            fps=self.fps_for(info),
            detect_every=self.detect_every,
            pitch_every=self.pitch_every,
            batch=self.batch_for(info),
            saved=saved,
            cropper=None if self.recogniser is None else PersonCropper(self.recogniser.spec),
            described_from=self.settings.low,
            sure=self.settings.high,
        )

    def key(self) -> dict[str, Any]:
        """Return all models and settings that determine the results, as JSON."""
        models = [
            {"name": model.name, "sha256": model.sha256, "device": model.device_reason.partition(":")[0]}
            for model in self.models
        ]
        return {
            "models": models,
            "detector_size": self.detector_size and list(self.detector_size),
            "fps": self.fps,
            "detect_every": self.detect_every,
            "pitch_every": self.pitch_every,
            "settings": asdict(self.settings),
        }


def load_tracker(
    detector: str | None = None,
    *,
    pitch_finder: str | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    fps: float | None = None,
    recogniser: str | None = None,
    speed: SpeedName = DEFAULT_SPEED,
    threads: int | None = None,
) -> VideoTracker:
    """Load a tracker with models by name or path.

    Args:
        detector: detector of people and the ball; None for the built-in one.
        pitch_finder: finder of pitch keypoints; None for the built-in one. Without either there are no positions in
            metres.
        device: device for the models.
        fps: analysed frames per second, all of which are looked at; None for those of the preset.
        recogniser: clip recogniser for people's actions; None reports only movement and ball possession.
        speed: preset of rate and sizes. Only the built-in detector takes pictures of another size than its own.
        threads: CPU threads to use; None takes all that are available.

    Raises:
        InputError: a model does not exist, or its file does not fit.
        ResourceError: the requested device is not available.

    """
    from touchline.models.store import list_builtin
    from touchline.recognition.recogniser import load_recogniser
    from touchline.tracking.detector import Detector, load_detector
    from touchline.tracking.pitch.finder import load_pitch_finder

    preset = SPEEDS[speed]
    size = preset.detector_size if detector is None else None
    found = load_detector(detector, device=device, threads=threads, size=size)
    there = pitch_finder is not None or any(model.config.task == "pitch" for model in list_builtin())
    points = load_pitch_finder(pitch_finder, device=device, threads=threads) if there else None
    thresholds = found.thresholds if isinstance(found, Detector) else {}
    sure = min(thresholds.get(label, DEFAULT_SETTINGS.high) for label in DETECTION_LABELS[1:])
    settings = replace(DEFAULT_SETTINGS, high=sure)
    named = None if recogniser is None else load_recogniser(recogniser, device=device, threads=threads)
    return VideoTracker(
        found,
        points,
        fps=preset.fps if fps is None else fps,
        detect_every=preset.detect_every if fps is None else 1,
        pitch_every=preset.pitch_every,
        settings=settings,
        recogniser=named,
        detector_size=size,
    )


class TrackTask(ChunkedTask):
    """The task that tracks the people and the ball in videos.

    Args:
        tracker: models and settings.
        boxes: boxes of people picked by the user; only their tracks are kept. Empty keeps everyone.

    """

    name = "track"
    files = (TRACKS, TRACKS_MOT, ACTIONS, CAMERA)
    watches = True

    def __init__(self, tracker: VideoTracker, *, boxes: tuple[PickedBox, ...] = ()) -> None:
        self.models = tuple({"task": self.name, "name": m.name, "sha256": m.sha256} for m in tracker.models)
        self._tracker = tracker
        self._boxes = boxes
        self._found = TrackingSummary()

    def begin(self, job: Job) -> None:
        """Start on a video."""
        super().begin(job)
        self._info, self._found = job.info, TrackingSummary()
        picked = [[pick.time_us, *map(float, pick.box_xyxy), pick.name] for pick in self._boxes]
        self.key = json.loads(json.dumps({**job.origin, **self._tracker.key(), "boxes": picked, "version": 3}))
        self._fps = self._tracker.fps_for(job.info)
        self._batch = self._tracker.batch_for(job.info)
        self._facts = Facts(width=job.info.width, height=job.info.height, sure=self._tracker.settings.high)

    def open(self) -> None:
        """Load what an earlier run saved."""
        super().open()
        last = self.chunks.last
        self.resumed_from_us = None if last is None else int(last["time_us"][-1])
        self.rates = (self._fps,)
        self._shots = ShotFiles(self.chunks.folder)
        self._windows = WindowFiles(self.chunks.folder)

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged; save observations chunk by chunk, and tracked shots as they end."""
        saved = itertools.islice(self.chunks.read(), self.chunks.count)
        observer = self._tracker.observer(self._info, saved=itertools.chain.from_iterable(map(unpack, saved)))
        batches = max(1, round(self._job.chunk_s * self._fps / self._batch))
        recorder = _Recorder(self.chunks, chunk=self._batch * batches)
        splitter = ShotSplitter(fps=self._fps)

        def take(item: _Shown | Observation) -> None:
            if isinstance(item, Observation):
                self._take(item, recorder, splitter)
            else:
                splitter.shown(*item)

        with in_thread(take, most=_MOST_WAITING, name="follow", apart=self._job.threads > 1) as pass_on:
            for number, frame in enumerate(frames):
                pass_on((number, frame.time_us))
                for observation in observer.push(number, frame):
                    pass_on(observation)
                yield frame
            for observation in observer.finish():
                pass_on(observation)
        recorder.finish()
        self._follow(splitter.finish(), recorder)
        self._facts.seams = splitter.seams

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Assign the teams of the match and write the task's files."""
        self._shots.mark_replays()
        kits = match_teams(self._shots.wide_looks)
        shots = self._shots.shots
        size = {"width": self._info.width, "height": self._info.height}
        count = TrackCount()
        book = ActionBook(self._tracker.recogniser)
        picker = Picker(self._boxes)
        cameras: list[CameraPath] = []
        persons, people = self._persons(kits)
        with (
            tracks_parquet_writer(bundle.path / TRACKS, shots=shots, **size) as write,
            mot_writer(bundle.path / TRACKS_MOT) as write_lines,
        ):
            first_id = 1
            for followed in self._shots.read():
                tracks = [with_person(one, persons) for one in tracks_of(followed, kits=kits, first_id=first_id)]
                kept = picker.pick(tracks, shot=followed.shot) if self._boxes else tracks
                windows = self._windows.read(followed.shot.index)
                ids = {track.track_id for track in kept}
                book.add(list(kept), windows=windows_of_tracks(followed, windows, first_id=first_id, kept=ids))
                first_id += len(tracks)
                cameras.append(followed.camera)
                count.add(kept)
                write(kept)
                write_lines(kept)
        write_actions(bundle.path / ACTIONS, book.actions())
        write_camera(bundle.path / CAMERA, CameraPath.joined(cameras))
        found = self._facts.summary(count, shots=shots, unmatched=picker.unmatched, picked=bool(self._boxes))
        self._found = replace(found, kits={} if kits is None else kit_colours(kits), persons=people)

    def _persons(self, kits: Kits | None) -> tuple[dict[int, PersonOf], dict[str, int]]:
        """Return the person of each track, and the number of persons by team."""
        stretches: list[Stretch] = []
        first_id = 1
        for followed in self._shots.read():
            stretches += stretches_of(followed, kits=kits, first_id=first_id)
            first_id += len(followed.tracklets)
        persons = find_persons(stretches)
        return persons, count_persons(stretches, persons)

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return the results in numbers and words."""
        return {"tracking": self._found.to_json()}

    def summary(self, bundle: Bundle, manifest: Manifest) -> TrackingSummary:
        """Return the results stored in the manifest."""
        return TrackingSummary.from_json(manifest.tracking)

    def _take(self, observation: Observation, recorder: _Recorder, splitter: ShotSplitter) -> None:
        """Record an observation; if it begins a shot, track everyone in the previous one."""
        ended = splitter.take(replace(observation, crops=()))
        if ended is not None and self._tracker.recogniser is not None:
            recorder.finish()  # the shot's crops are read from the file
        recorder.take(observation)
        self._facts.add(observation)
        self._follow(ended, recorder)

    def _follow(self, ended: Ended | None, recorder: _Recorder) -> None:
        """Track everyone in a shot that has ended, if one has."""
        if ended is None:
            return
        size, sure = (self._info.width, self._info.height), self._tracker.settings.high
        for part in parts_of(ended, size=size, fps=self._fps, sure=sure):
            self._follow_part(*part, recorder)

    def _follow_part(self, span: Span, observations: list[Observation], recorder: _Recorder) -> None:
        """Track everyone in a shot, or in a part of one."""
        span = replace(span, index=len(self._shots.shots))
        followed = follow_shot(
            observations,
            span=span,
            width=self._info.width,
            height=self._info.height,
            fps=self._fps,
            settings=self._tracker.settings,
        )
        self._shots.add(followed)
        recogniser = self._tracker.recogniser
        if recogniser is not None and not self._windows.holds(span.index):
            first, last = observations[0].index, observations[-1].index
            crops = recorder.read_crops(first, last)
            whom = self._picked_in(followed) if self._boxes else None
            windows = recognise_shot(followed, crops, first_index=first, recogniser=recogniser, whom=whom)
            self._windows.write(span.index, windows)

    def _picked_in(self, followed: FollowedShot) -> set[int]:
        """Return the numbers, from 1, of a shot's tracklets that the user picked: recognising the rest is in vain."""
        tracks = tracks_of(followed, kits=None, first_id=1)
        order = track_order(followed)
        return {order[track.track_id - 1] + 1 for track in Picker(self._boxes).pick(tracks, shot=followed.shot)}


class _Recorder:
    """A writer that saves observations that are not yet saved, chunk by chunk.

    Args:
        chunks: the store of the chunks.
        chunk: observations per chunk.

    """

    def __init__(self, chunks: Chunks, *, chunk: int) -> None:
        self._chunks = chunks
        self._chunk = chunk
        last = chunks.last
        self._next_index = -1 if last is None else int(last["index"][-1])
        self._pending: list[Observation] = []
        self._firsts = [int(saved["index"][0]) for saved in chunks.read()]

    def take(self, observation: Observation) -> None:
        """Add an observation unless it is already saved; save a full chunk."""
        if observation.index <= self._next_index:
            return
        self._pending.append(observation)
        if len(self._pending) >= self._chunk:
            self.finish()

    def finish(self) -> None:
        """Save the pending observations."""
        if self._pending:
            self._firsts.append(self._pending[0].index)
            self._chunks.save(pack(self._pending))
            self._pending = []

    def read_crops(self, first: int, last: int) -> Iterator[tuple[int, tuple[bytes, ...]]]:
        """Yield index and crops of the saved observations from ``first`` to ``last``; one chunk is held at a time."""
        number = max(0, bisect.bisect_right(self._firsts, first) - 1)
        for chunk in self._chunks.read_from(number):
            if int(chunk["index"][0]) > last:
                return
            yield from (found for found in unpack_crops(chunk) if first <= found[0] <= last)
