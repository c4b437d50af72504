"""Observations: what the models find in each sampled frame of a video, the first stage of tracking.

Frames are sampled on a regular grid of times. The networks process them in batches; camera motion and cuts are computed
frame by frame. Observations can be packed into arrays; a later run that reads them back skips the networks.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.tracks import BALL, Detections
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler
from touchline.models.runtime.requests import ahead_of
from touchline.tracking.camera_motion import CameraMotion, Motion
from touchline.tracking.cuts import CutFinder, Mark
from touchline.tracking.detections import PeopleDetector
from touchline.tracking.graphics import Boxes, GraphicsFinder, no_boxes
from touchline.tracking.people.appearance import DIMENSIONS, describe
from touchline.tracking.replays import THUMB_SIZE
from touchline.tracking.shot_kinds import MANY, closeness

T = TypeVar("T")

DEFAULT_FPS = 12.5
"""Frames sampled per second, where the video has that many."""

KEYPOINTS = 32

_CLOSENESS_EVERY = 4
"""Where many people are seen, one in so many sampled frames is judged for closeness, and the others are like it."""

_BATCH_PIXELS = 16_000_000

Cropper = Callable[[Rgb, Detections], tuple[bytes, ...]]
"""The part of a detection that is kept for later: an encoded image, or nothing (b"")."""


class PitchFinder(Protocol):
    """A finder of pitch keypoints in images."""

    name: str
    sha256: str
    device_reason: str

    def find(self, pictures: Sequence[Rgb]) -> list[npt.NDArray[np.float32]]:
        """Find the points of the pitch in each image: float32 (32, 3) with x, y in its pixels, and confidence."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """The observations of one sampled frame.

    Attributes:
        index: position on the time grid.
        frame: index of the decoded frame, from 0.
        time_us: presentation time of that frame.
        detections: people and ball, in pixels.
        appearance: float16 (n, D), clothing descriptor of each detection; NaN where it was not described.
        motion: the camera's motion since the previous sampled frame; unknown for the first frame of a shot.
        cut: whether it is the first frame of a shot, or of a gradual change between two shots.
        keypoints: float32 (32, 3), x, y in pixels and confidence; None if the pitch finder did not run on this frame.
        thumb: uint8 (18, 32), the luma, downscaled.
        crops: one per detection, as made by the observer's cropper; empty without one.
        changing: whether it lies in a gradual change between two shots and shows neither alone.
        closeness: 0 to 1, how much the frame, or one shortly before it, looks like a close-up.
        graphics: float32 (k, 4), boxes of score boards, logos and banners over the scene, as far as known by then.
        looked: whether the networks looked at it; if not, nothing is known of it but the camera's motion.

    """

    index: int
    frame: int
    time_us: int
    detections: Detections
    appearance: npt.NDArray[np.float16]
    motion: Motion
    cut: bool
    keypoints: npt.NDArray[np.float32] | None
    thumb: npt.NDArray[np.uint8]
    crops: tuple[bytes, ...] = ()
    changing: bool = False
    closeness: float = 0.0
    graphics: Boxes = field(default_factory=no_boxes)
    looked: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """A frame that waits for the networks, or for others before it if they do not look at it."""

    index: int
    number: int
    frame: Frame
    mark: Mark
    skipped: bool
    wants_pitch: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """Frames that the networks have begun on.

    Attributes:
        samples: the frames.
        pictures: their colours, by index of the decoded frame.
        found: waits for the detections in each picture.
        points: waits for the points of the pitch in each picture in which they are wanted.

    """

    samples: list[_Sample]
    pictures: dict[int, Rgb]
    found: Callable[[], list[Detections]]
    points: Callable[[], list[npt.NDArray[np.float32]]]


def _begin(run: Callable[[list[Rgb]], list[T]], model: object, pictures: list[Rgb]) -> Callable[[], list[T]]:
    """Begin to run a model on pictures; one that cannot answer later does so at once."""
    if not pictures:
        return list
    if ahead_of(model):
        begin: Callable[[list[Rgb]], Callable[[], list[T]]] = model.begin  # type: ignore[attr-defined]
        return begin(pictures)
    answers = run(pictures)
    return lambda: answers


class Observer:
    """A stage that turns decoded frames into observations as they arrive.

    Args:
        detector: detects people and the ball.
        pitch_finder: finds the keypoints of the pitch; None skips them.
        fps: frames sampled per second.
        detect_every: run the detector on every n-th sampled frame, and on the first of each shot.
        pitch_every: run the pitch finder on every n-th frame that the detector looks at.
        batch: number of frames per batch.
        saved: observations of the first frames from an earlier run; the networks skip these frames.
        cropper: makes the crop that is kept of each detection; None keeps nothing.
        described_from: confidence from which the clothing of a person is described; that of others is NaN.
        sure: confidence from which a person surely is one; where many are, few frames are judged for closeness.

    """

    def __init__(
        self,
        *,
        detector: PeopleDetector,
        pitch_finder: PitchFinder | None = None,
        fps: float = DEFAULT_FPS,
        detect_every: int = 1,
        pitch_every: int = 1,
        batch: int = 1,
        saved: Iterable[Observation] = (),
        cropper: Cropper | None = None,
        described_from: float = 0.0,
        sure: float = 0.5,
    ) -> None:
        self._detector = detector
        self._sure = sure
        self._described_from = described_from
        self._cropper = cropper
        self._pitch_finder = pitch_finder
        self._detect_every = detect_every
        self._pitch_every = pitch_every
        self._batch = batch
        self._saved = iter(saved)
        self._sampler: GridSampler[tuple[int, Frame]] = GridSampler(fps=fps)
        self._cuts = CutFinder()
        self._camera = CameraMotion()
        self._graphics = GraphicsFinder()
        self._unmarked: deque[tuple[int, int, Frame]] = deque()
        self._waiting: list[_Sample] = []
        self._begun: deque[_Begun] = deque()
        self._ahead = ahead_of(detector)
        self._last_number = -1
        self._last_closeness = 0.0
        self._since_look = detect_every
        self._since_pitch = pitch_every

    def push(self, number: int, frame: Frame) -> Iterator[Observation]:
        """Add decoded frame ``number`` and yield the observations that are ready; exhaust the iterator.

        While one is waited for, the networks work on the next ones already, if they can.
        """
        for index, (nearest, picture) in self._sampler.push(frame.time_us, (number, frame)):
            yield from self._look(index, nearest, picture)

    def finish(self) -> Iterator[Observation]:
        """Yield the remaining observations after the last frame."""
        for index, (nearest, picture) in self._sampler.finish():
            yield from self._look(index, nearest, picture)
        for mark in self._cuts.finish():
            yield from self._sample(*self._unmarked.popleft(), mark)
        self._ahead = 0
        yield from self._work()

    def _look(self, index: int, number: int, frame: Frame) -> Iterator[Observation]:
        """Sample the frame for a grid point and yield every observation that is ready."""
        self._unmarked.append((index, number, frame))
        for mark in self._cuts.push(frame.luma):
            yield from self._sample(*self._unmarked.popleft(), mark)

    def _sample(self, index: int, number: int, frame: Frame, mark: Mark) -> Iterator[Observation]:
        """Take a frame whose place in the shots is known."""
        known = next(self._saved, None)
        if known is not None:
            self._count(looked=known.looked, pitch=known.keypoints is not None)
            self._last_number, self._last_closeness = number, known.closeness
            self._move(frame, cut=known.cut, detections=known.detections)
            yield known
            return
        due = mark.cut or self._since_look >= self._detect_every
        looks = due and number != self._last_number
        wants_pitch = mark.cut or self._since_pitch >= self._pitch_every
        wants_pitch = wants_pitch and looks and self._pitch_finder is not None
        self._count(looked=looks, pitch=wants_pitch)
        self._waiting.append(_Sample(index, number, frame, mark, not looks, wants_pitch))
        self._last_number = number
        if len(self._waiting) >= self._batch:
            yield from self._work()

    def _count(self, *, looked: bool, pitch: bool) -> None:
        """Count the frames since the networks last looked at one, and of these since the pitch was last looked for."""
        self._since_look = 1 if looked else self._since_look + 1
        self._since_pitch = 1 if pitch else self._since_pitch + looked

    def _work(self) -> Iterator[Observation]:
        """Begin on the waiting frames, and yield the observations of those begun long enough ago."""
        if self._waiting:
            self._begun.append(self._begin(self._waiting))
            self._waiting = []
        while self._begun and (not self._begun[0].pictures or self._looking() > self._ahead):
            yield from self._end(self._begun.popleft())

    def _looking(self) -> int:
        """Return how many calls of the networks are under way; frames that they skip are none."""
        return sum(bool(begun.pictures) for begun in self._begun)

    def _begin(self, samples: list[_Sample]) -> _Begun:
        """Begin to run the networks on frames."""
        pictures = {sample.number: sample.frame.to_rgb() for sample in samples if not sample.skipped}
        wanted = [pictures[sample.number] for sample in samples if sample.wants_pitch]
        found = _begin(self._detector.detect, self._detector, list(pictures.values()))
        finder = self._pitch_finder
        points = list if finder is None else _begin(finder.find, finder, wanted)
        return _Begun(samples, pictures, found, points)

    def _end(self, begun: _Begun) -> Iterator[Observation]:
        """Yield the observations of frames that the networks have begun on."""
        pictures, found, points = begun.pictures, iter(begun.found()), iter(begun.points())
        for sample in begun.samples:
            detections = Detections.none() if sample.skipped else next(found)
            crops: tuple[bytes, ...] = ()
            if len(detections) and self._cropper:
                crops = self._cropper(pictures[sample.number], detections)
            if not sample.skipped and self._wants_closeness(sample, detections):
                self._last_closeness = closeness(pictures[sample.number])
            motion, graphics = self._move(sample.frame, cut=sample.mark.cut, detections=detections)
            yield Observation(
                index=sample.index,
                frame=sample.number,
                time_us=sample.frame.time_us,
                detections=detections,
                appearance=self._looks(pictures.get(sample.number), detections),
                motion=motion,
                cut=sample.mark.cut,
                keypoints=next(points) if sample.wants_pitch else None,
                thumb=cv2.resize(sample.frame.luma, THUMB_SIZE, interpolation=cv2.INTER_AREA),
                crops=crops,
                changing=sample.mark.changing,
                closeness=self._last_closeness,
                graphics=graphics,
                looked=not sample.skipped,
            )

    def _wants_closeness(self, sample: _Sample, detections: Detections) -> bool:
        """Return whether to judge how close a frame is; where many people are seen, it hardly matters."""
        sure = (detections.classes != BALL) & (detections.confidence >= self._sure)
        return sample.mark.cut or int(sure.sum()) < MANY or sample.index % _CLOSENESS_EVERY == 0

    def _looks(self, picture: Rgb | None, detections: Detections) -> npt.NDArray[np.float16]:
        """Return the clothing descriptor of each detection; NaN for the ball and for doubtful people."""
        looks = np.full((len(detections), DIMENSIONS), np.nan, np.float16)
        people = (detections.classes != BALL) & (detections.confidence >= self._described_from)
        if picture is not None and people.any():
            looks[people] = describe(picture, detections.boxes_xyxy[people])
        return looks

    def _move(self, frame: Frame, *, cut: bool, detections: Detections) -> tuple[Motion, Boxes]:
        """Estimate the camera's motion into a frame, and what does not move with it."""
        if cut:
            self._camera.reset()
        motion = self._camera.update(frame.luma, boxes_xyxy=detections.boxes_xyxy)
        return motion, self._graphics.update(frame.luma, motion, cut=cut)


def observe(
    frames: Iterable[Frame],
    *,
    detector: PeopleDetector,
    pitch_finder: PitchFinder | None = None,
    fps: float = DEFAULT_FPS,
) -> Iterator[Observation]:
    """Observe a video frame by frame, in bounded memory.

    Args:
        frames: all frames, from the first shown one.
        detector: detects people and the ball.
        pitch_finder: finds the keypoints of the pitch; None skips them.
        fps: frames sampled per second.

    """
    observer = Observer(detector=detector, pitch_finder=pitch_finder, fps=fps)
    for number, frame in enumerate(frames):
        yield from observer.push(number, frame)
    yield from observer.finish()


def batch_for(detector: PeopleDetector, *, width: int, height: int) -> int:
    """Return the batch size for frames of a given size: the detector's preferred one, limited by memory."""
    return max(1, min(detector.batch, _BATCH_PIXELS // (width * height)))


def pack(observations: Sequence[Observation]) -> dict[str, np.ndarray]:
    """Pack observations into named arrays for a file."""
    seen = [o.detections for o in observations]
    nowhere = np.full((KEYPOINTS, 3), np.nan, np.float32)
    crops: dict[str, np.ndarray] = {}
    if any(o.crops for o in observations):
        kept = [crop for o in observations for crop in o.crops]
        crops = {
            "crop_count": np.array([len(o.crops) for o in observations], np.int64),
            "crop_size": np.array([len(crop) for crop in kept], np.int64),
            "crop_bytes": np.frombuffer(b"".join(kept), np.uint8),
        }
    return {
        **crops,
        "index": np.array([o.index for o in observations], np.int64),
        "frame": np.array([o.frame for o in observations], np.int64),
        "time_us": np.array([o.time_us for o in observations], np.int64),
        "count": np.array([len(d) for d in seen], np.int64),
        "boxes_xyxy": np.concatenate([d.boxes_xyxy for d in seen]),
        "confidence": np.concatenate([d.confidence for d in seen]),
        "classes": np.concatenate([d.classes for d in seen]),
        "appearance": np.concatenate([o.appearance for o in observations]),
        "motion": np.stack([o.motion.matrix for o in observations]),
        "quality": np.array([o.motion.quality for o in observations], np.float64),
        "cut": np.array([o.cut for o in observations], np.bool_),
        "keypoints": np.stack([nowhere if o.keypoints is None else o.keypoints for o in observations]),
        "has_keypoints": np.array([o.keypoints is not None for o in observations], np.bool_),
        "thumb": np.stack([o.thumb for o in observations]),
        "changing": np.array([o.changing for o in observations], np.bool_),
        "closeness": np.array([o.closeness for o in observations], np.float64),
        "graphics_count": np.array([len(o.graphics) for o in observations], np.int64),
        "graphics": np.concatenate([o.graphics for o in observations]),
        "looked": np.array([o.looked for o in observations], np.bool_),
    }


def unpack(arrays: Mapping[str, np.ndarray]) -> Iterator[Observation]:
    """Unpack the observations that :func:`pack` packed."""
    ends, graphics = np.cumsum(arrays["count"]), np.cumsum(arrays["graphics_count"])
    for i, (count, end) in enumerate(zip(arrays["count"], ends, strict=True)):
        rows = slice(int(end - count), int(end))
        laid = slice(int(graphics[i] - arrays["graphics_count"][i]), int(graphics[i]))
        yield Observation(
            index=int(arrays["index"][i]),
            frame=int(arrays["frame"][i]),
            time_us=int(arrays["time_us"][i]),
            detections=Detections(arrays["boxes_xyxy"][rows], arrays["confidence"][rows], arrays["classes"][rows]),
            appearance=arrays["appearance"][rows],
            motion=Motion(arrays["motion"][i], float(arrays["quality"][i])),
            cut=bool(arrays["cut"][i]),
            keypoints=arrays["keypoints"][i] if arrays["has_keypoints"][i] else None,
            thumb=arrays["thumb"][i],
            changing=bool(arrays["changing"][i]),
            closeness=float(arrays["closeness"][i]),
            graphics=arrays["graphics"][laid],
            looked=bool(arrays["looked"][i]),
        )


def unpack_crops(arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """Yield the grid index and the crops of each observation that :func:`pack` packed."""
    if "crop_count" not in arrays:
        return
    edges = [0, *np.cumsum(arrays["crop_size"]).tolist()]
    data, row = arrays["crop_bytes"].tobytes(), 0
    for index, count in zip(arrays["index"], arrays["crop_count"], strict=True):
        spans = itertools.pairwise(edges[row : row + int(count) + 1])
        yield int(index), tuple(data[start:end] for start, end in spans)
        row += int(count)
