"""Online tracking of people from frame to frame, and the tracklets of a whole shot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.tracks import BALL, Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people import motion as kalman
from touchline.tracking.people.association import CostSettings, assign, pair_costs
from touchline.tracking.people.motion import MotionSettings, States
from touchline.tracking.people.tracklets import Tracklet

Ids = npt.NDArray[np.int64]


class Sight(Protocol):
    """The part of a sampled frame's observation that tracking of people needs; ``Observation`` implements it."""

    @property
    def detections(self) -> Detections:
        """Detections in the frame; balls among them are ignored."""

    @property
    def appearance(self) -> npt.NDArray | None:
        """(n, D), one row per detection."""

    @property
    def motion(self) -> Motion | None:
        """The camera's motion from the previous frame."""


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """The thresholds and time limits of the tracker.

    Attributes:
        high: confidence above which a detection is matched first.
        birth: additional confidence above ``high`` that a detection needs to start a track.
        low: confidence below which a detection is ignored.
        limit: cost above which a confident detection is not matched to a known person.
        low_limit: the same for less confident detections.
        hits: number of detections after which a track is confirmed.
        lost_s: a confirmed track ends after this time without a detection.
        motion: the motion model of people.
        cost: weights of the association cost.

    """

    high: float = 0.5
    birth: float = 0.05
    low: float = 0.1
    limit: float = 12.0
    low_limit: float = 8.0
    hits: int = 2
    lost_s: float = 1.0
    motion: MotionSettings = field(default_factory=MotionSettings)
    cost: CostSettings = field(default_factory=CostSettings)


DEFAULT_SETTINGS = TrackerSettings()


class Tracker:
    """An online tracker that assigns track ids to detections of people, frame by frame.

    >>> tracker = Tracker(fps=12.5)
    >>> ids = tracker.update(Detections.none(), motion=None, appearance=None)
    """

    def __init__(self, *, fps: float, settings: TrackerSettings = DEFAULT_SETTINGS) -> None:
        """Create a tracker for ``fps`` frames per second."""
        if not fps > 0:
            raise ValueError(f"fps={fps} must be above 0")
        self._dt_s = 1 / fps
        self._patience = max(1, round(settings.lost_s * fps))
        self._settings = settings
        self._next = 1
        self._states: States = kalman.begin(np.zeros((0, 4)), settings=settings.motion)
        self._ids = np.zeros(0, np.int64)
        self._hits = np.zeros(0, np.int64)
        self._unseen = np.zeros(0, np.int64)
        self._looks: npt.NDArray | None = None

    def update(
        self, detections: Detections, *, motion: Motion | None = None, appearance: npt.NDArray | None = None
    ) -> Ids:
        """Return the track ids (n,) of a frame's detections; 0 for those not in a confirmed track.

        Args:
            detections: of the next frame; balls among them get 0.
            motion: the camera's motion since the previous frame; None if unknown.
            appearance: float (n, D), or None.

        """
        ids, believed = self.step(detections, motion=motion, appearance=appearance)
        return np.where(believed, ids, 0)

    def step(
        self, detections: Detections, *, motion: Motion | None = None, appearance: npt.NDArray | None = None
    ) -> tuple[Ids, npt.NDArray[np.bool_]]:
        """Run :meth:`update`, but return the ids of unconfirmed tracks too, and which tracks are confirmed."""
        self._predict(motion)
        people = np.flatnonzero((detections.classes != BALL) & (detections.confidence >= self._settings.low))
        sure = detections.confidence[people] >= self._settings.high
        matched = np.full(len(detections), -1, np.int64)
        free = np.ones(len(self._ids), bool)
        for rows, limit in (
            (people[sure], self._settings.limit),
            (people[~sure], self._settings.low_limit),
        ):
            self._match(detections, rows, matched, free, limit=limit, appearance=appearance)
        self._correct(detections, matched, appearance)
        born = detections.confidence[people] >= self._settings.high + self._settings.birth
        fresh = people[born & (matched[people] < 0)]
        matched[fresh] = len(self._ids) + np.arange(len(fresh))
        self._begin(detections, fresh, appearance)
        ids, believed = np.zeros(len(detections), np.int64), np.zeros(len(detections), bool)
        hit = matched >= 0
        ids[hit] = self._ids[matched[hit]]
        believed[hit] = self._hits[matched[hit]] >= self._settings.hits
        self._forget()
        return ids, believed

    def skip(self, *, motion: Motion | None = None) -> None:
        """Pass over a frame that nothing looked at: people move on, and nobody counts as unseen."""
        self._predict(motion)

    def finish(self) -> None:
        """End all tracks: the next frame starts a new shot."""
        self._keep(np.zeros(len(self._ids), bool))

    def _predict(self, motion: Motion | None) -> None:
        if len(self._ids) == 0:
            return
        if motion is not None and motion.quality > 0:
            self._states = kalman.move_camera(self._states, motion.matrix)
        self._states = kalman.predict(
            self._states, dt_s=self._dt_s, unseen=self._unseen > 0, settings=self._settings.motion
        )

    def _match(
        self,
        detections: Detections,
        rows: Ids,
        matched: Ids,
        free: npt.NDArray[np.bool_],
        *,
        limit: float,
        appearance: npt.NDArray | None,
    ) -> None:
        people = np.flatnonzero(free)
        if len(rows) == 0 or len(people) == 0:
            return
        looks = None
        if appearance is not None and self._looks is not None:
            looks = (self._looks[people], appearance[rows])
        costs = pair_costs(
            self._states.take(people), detections.boxes_xyxy[rows], settings=self._settings.cost, appearance=looks
        )
        first, second = assign(costs, limit=limit)
        matched[rows[second]] = people[first]
        free[people[first]] = False

    def _correct(self, detections: Detections, matched: Ids, appearance: npt.NDArray | None) -> None:
        self._unseen += 1
        rows = np.flatnonzero(matched >= 0)
        if len(rows) == 0:
            return
        people = matched[rows]
        seen = kalman.correct(
            self._states.take(people), detections.boxes_xyxy[rows], noise=1.0, settings=self._settings.motion
        )
        for old, new in (
            (self._states.centre_px, seen.centre_px),
            (self._states.velocity_px_s, seen.velocity_px_s),
            (self._states.size_px, seen.size_px),
            (self._states.covariance, seen.covariance),
        ):
            old[people] = new
        self._hits[people] += 1
        self._unseen[people] = 0
        if appearance is not None and self._looks is not None:
            self._looks[people] += 0.1 * (appearance[rows] - self._looks[people])

    def _begin(self, detections: Detections, rows: Ids, appearance: npt.NDArray | None) -> None:
        if appearance is not None:
            known = self._looks if self._looks is not None else np.zeros((len(self._ids), appearance.shape[1]))
            self._looks = np.concatenate([known, appearance[rows].astype(np.float64)])
        if len(rows) == 0:
            return
        self._states = kalman.stack(
            self._states, kalman.begin(detections.boxes_xyxy[rows], settings=self._settings.motion)
        )
        self._ids = np.concatenate([self._ids, self._next + np.arange(len(rows))])
        self._hits = np.concatenate([self._hits, np.ones(len(rows), np.int64)])
        self._unseen = np.concatenate([self._unseen, np.zeros(len(rows), np.int64)])
        self._next += len(rows)

    def _forget(self) -> None:
        patience = np.where(self._hits >= self._settings.hits, self._patience, 1)
        keep = self._unseen <= patience
        if not bool(keep.all()):
            self._keep(keep)

    def _keep(self, keep: npt.NDArray[np.bool_]) -> None:
        self._states = self._states.take(keep)
        self._ids, self._hits, self._unseen = self._ids[keep], self._hits[keep], self._unseen[keep]
        if self._looks is not None:
            self._looks = self._looks[keep]


def follow_people(
    sights: Sequence[Sight],
    *,
    fps: float,
    settings: TrackerSettings = DEFAULT_SETTINGS,
    looked: Sequence[bool] | None = None,
) -> list[Tracklet]:
    """Track the people of one shot, each from the first detection; only confirmed tracks are returned.

    Args:
        sights: the shot's sampled frames in order, ``fps`` per second.
        fps: frames per second.
        settings: of the tracker.
        looked: whether the detector looked at each frame; None if it looked at all.

    Returns:
        Tracklets with observed boxes only, ordered by their first frame; ids from 1.

    """
    share = 1.0 if looked is None else sum(looked) / max(1, len(looked))
    tracker = Tracker(fps=fps, settings=replace(settings, lost_s=settings.lost_s * share))
    seen: dict[int, list[tuple[int, int]]] = defaultdict(list)
    pictures: list[Sight] = []
    for index, sight in enumerate(sights):
        pictures.append(sight)
        if looked is not None and not looked[index]:
            tracker.skip(motion=sight.motion)
            continue
        ids, _ = tracker.step(sight.detections, motion=sight.motion, appearance=sight.appearance)
        for row in np.flatnonzero(ids):
            seen[int(ids[row])].append((index, int(row)))
    kept = [places for places in seen.values() if len(places) >= settings.hits]
    kept.sort(key=lambda places: places[0])
    return [_tracklet(number + 1, places, pictures) for number, places in enumerate(kept)]


def _tracklet(number: int, places: list[tuple[int, int]], pictures: list[Sight]) -> Tracklet:
    """Return a tracklet made of ``(frame, row)`` pairs."""
    found = [pictures[index].detections for index, _ in places]
    rows = [row for _, row in places]
    looks = [pictures[index].appearance for index, _ in places]
    described = [look[row] for look, row in zip(looks, rows, strict=True) if look is not None]
    return Tracklet(
        id=number,
        index=np.array([index for index, _ in places], np.int64),
        rows=np.array(rows, np.int64),
        boxes_xyxy=np.stack([d.boxes_xyxy[row] for d, row in zip(found, rows, strict=True)]).astype(np.float32),
        confidence=np.array([d.confidence[row] for d, row in zip(found, rows, strict=True)], np.float32),
        classes=np.array([d.classes[row] for d, row in zip(found, rows, strict=True)], np.int64),
        observed=np.ones(len(rows), bool),
        appearance=np.stack(described).astype(np.float32) if len(described) == len(rows) else None,
    )
