"""Splitting of observations into camera shots, and storage of tracked shots in files, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.tracks import Shot
from touchline.formats.camera import camera_arrays, camera_from_arrays
from touchline.formats.files.atomic import make_own_folder, writing
from touchline.formats.files.guard import reading
from touchline.formats.files.npz import load_sealed_npz, sealed_npz_bytes
from touchline.tracking.camera_motion import Motion
from touchline.tracking.jumps import find_jumps
from touchline.tracking.observations import Observation
from touchline.tracking.people.roles import Look
from touchline.tracking.people.tracklets import Tracklet
from touchline.tracking.replays import ShotEdges, find_replays
from touchline.tracking.shot_kinds import kind_changes
from touchline.tracking.shot_tracking import FollowedShot, Span, facts_of
from touchline.tracking.skipped import held, looked_at

_REMEDY = "run it again with --no-resume"


LONGEST_S = 600.0
"""Longest shot in seconds that is tracked as a whole; longer ones are split, and tracks end where the parts meet."""

_EVERY = 8
_SEEN, _POINTS = 0.5, 4

Ended = tuple[Span, list[Observation]]
"""A finished shot: its decoded frames, and the observations of the analysed ones."""


class ShotSplitter:
    """A splitter of a stream of observations, and of the decoded frames, into camera shots.

    Args:
        fps: analysed frames per second.
        longest_s: length in seconds above which a shot is split into parts.

    Attributes:
        seams: how many times a shot had to be split.

    """

    def __init__(self, *, fps: float, longest_s: float = LONGEST_S) -> None:
        self._most = max(1, round(longest_s * fps))
        self._step_us = max(1, round(US_PER_S / fps))
        self.seams = 0
        self._count = 0
        self._frames: list[tuple[int, int]] = []
        self._observations: list[Observation] = []

    def shown(self, number: int, time_us: int) -> None:
        """Record a decoded frame; call this before :meth:`take` with its observation."""
        self._frames.append((number, time_us))

    def take(self, observation: Observation) -> Ended | None:
        """Add an observation; return the previous shot if this is the first frame of a new one."""
        ended = None
        if self._is_new(observation) and (observation.cut or len(self._observations) >= self._most):
            self.seams += not observation.cut
            ended = self._end(observation.frame, end_us=observation.time_us)
        self._observations.append(observation)
        return ended

    def _is_new(self, observation: Observation) -> bool:
        """Return whether an observation shows another frame than the one before it; a shot begins with a frame."""
        return bool(self._observations) and observation.frame > self._observations[-1].frame

    def finish(self) -> Ended | None:
        """Return the last shot, if there is one."""
        if not self._observations:
            return None
        last_us = self._frames[-1][1]
        usual_us = last_us - self._frames[-2][1] if len(self._frames) > 1 else self._step_us
        return self._end(self._frames[-1][0] + 1, end_us=last_us + usual_us)

    def _end(self, frame: int, *, end_us: int) -> Ended:
        """Return the shot that ends before a decoded frame."""
        inside = [pair for pair in self._frames if pair[0] < frame]
        self._frames = self._frames[len(inside) :]
        numbers, times_us = np.array(inside, np.int64).reshape(-1, 2).T
        span = Span(index=self._count, frames=numbers, times_us=times_us, end_us=end_us)
        observations, self._observations = self._observations, []
        self._count += 1
        return span, observations


def parts_of(ended: Ended, *, size: tuple[int, int], fps: float, sure: float) -> list[Ended]:
    """Split a shot where it becomes wide or stops being wide, and where the picture jumps.

    Args:
        ended: the shot.
        size: width and height of the frames, pixels.
        fps: analysed frames per second.
        sure: confidence above which a person counts.

    """
    span, observations = ended
    pitch = False
    facts = []
    for observation in held(observations):
        if observation.keypoints is not None:
            pitch = int((observation.keypoints[:, 2] > _SEEN).sum()) >= _POINTS
        facts.append(facts_of(observation, pitch=pitch, height=size[1], sure=sure))
    index, seen = looked_at(observations)
    jumps = index[find_jumps(seen, sure=sure, size=size)].tolist()
    changes = {*kind_changes(facts, fps=fps), *jumps}
    fresh = {start for start in changes if observations[start].frame > observations[start - 1].frame}
    starts = [0, *sorted(fresh)]
    return [_part(span, observations, start, end) for start, end in pairwise([*starts, len(observations)])]


def _part(span: Span, observations: list[Observation], start: int, end: int) -> Ended:
    """Return the part of a shot from one observation to before another."""
    inside, first = observations[start:end], observations[start]
    if start:
        inside[0] = replace(first, motion=Motion.unknown())
    last = len(span.frames) if end == len(observations) else int(np.searchsorted(span.frames, observations[end].frame))
    frames = slice(int(np.searchsorted(span.frames, first.frame)) if start else 0, last)
    end_us = span.end_us if end == len(observations) else observations[end].time_us
    return Span(span.index, span.frames[frames], span.times_us[frames], end_us), inside


class ShotFiles:
    """Tracked shots stored in a folder in order, one file each.

    Args:
        folder: an existing folder; files of an earlier run in it are replaced.

    Attributes:
        shots: the shots' times and kinds.
        looks: the appearance of the people in each shot, with few of their positions: enough to separate the teams.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "shots"
        self.shots: list[Shot] = []
        self.looks: list[list[Look]] = []
        self._edges: list[ShotEdges] = []
        make_own_folder(self._folder)

    def add(self, followed: FollowedShot) -> None:
        """Store a shot."""
        path = self._path(len(self.shots))
        with writing(path):
            path.unlink(missing_ok=True)  # a link would be written through
            path.write_bytes(sealed_npz_bytes(shot_arrays(followed)))
        self.shots.append(followed.shot)
        self._edges.append(followed.edges)
        self.looks.append([_thinned(look) for look in followed.looks])

    def mark_replays(self) -> None:
        """Mark the replays among the shots, once all shots are stored."""
        marks = find_replays(self._edges)
        self.shots = [
            replace(shot, kind="replay") if marked else shot for shot, marked in zip(self.shots, marks, strict=True)
        ]

    @property
    def wide_looks(self) -> list[list[Look]]:
        """The looks of the wide shots only: other shots are unreliable for finding the kits of a match."""
        return [looks for shot, looks in zip(self.shots, self.looks, strict=True) if shot.wide]

    def read(self) -> Iterator[FollowedShot]:
        """Yield the shots in order; one is held at a time."""
        for number, shot in enumerate(self.shots):
            path = self._path(number)
            arrays = load_sealed_npz(path, what="a tracked shot", remedy=_REMEDY)
            with reading(path, what="a tracked shot", remedy=_REMEDY):
                followed = shot_from_arrays(arrays, shot=shot, edges=self._edges[number])
            yield followed

    def _path(self, number: int) -> Path:
        """Return the path of a shot's file."""
        return self._folder / f"shot-{number:06d}.npz"


def _thinned(look: Look) -> Look:
    """Return a look with an eighth of its positions: those on the same frames of the shot for everyone."""
    kept = look.index % _EVERY == 0
    return replace(look, index=look.index[kept], x=look.x[kept])


def shot_arrays(followed: FollowedShot) -> dict[str, np.ndarray]:
    """Return a tracked shot as arrays by name, for a file, without its edges and the kit of each box."""
    tracklets, looks = followed.tracklets, followed.looks
    positions = [
        np.full((len(tracklet), 2), np.nan, np.float32) if places is None else places
        for tracklet, places in zip(tracklets, followed.positions_m, strict=True)
    ]
    stds = [
        np.full((len(tracklet), 2), np.nan, np.float32) if std is None else std
        for tracklet, std in zip(tracklets, followed.stds, strict=True)
    ]
    return {
        "span_frames": followed.span.frames,
        "span_times_us": followed.span.times_us,
        "end_us": np.array(followed.span.end_us),
        "frames": followed.frames,
        "times_us": followed.times_us,
        "id": np.array([tracklet.id for tracklet in tracklets], np.int64),
        "count": np.array([len(tracklet) for tracklet in tracklets], np.int64),
        "placed": np.array([places is not None for places in followed.positions_m], np.bool_),
        "positions_m": _joined(positions, np.zeros((0, 2), np.float32)),
        "judged": np.array([std is not None for std in followed.stds], np.bool_),
        "stds": _joined(stds, np.zeros((0, 2), np.float32)),
        "index": _joined([t.index for t in tracklets], np.zeros(0, np.int64)),
        "rows": _joined([t.rows for t in tracklets], np.zeros(0, np.int64)),
        "boxes_xyxy": _joined([t.boxes_xyxy for t in tracklets], np.zeros((0, 4), np.float32)),
        "confidence": _joined([t.confidence for t in tracklets], np.zeros(0, np.float32)),
        "classes": _joined([t.classes for t in tracklets], np.zeros(0, np.int64)),
        "observed": _joined([t.observed for t in tracklets], np.zeros(0, np.bool_)),
        "identities": np.array(followed.identities, np.float64),
        "look_boxes": np.array([look.boxes for look in looks], np.float64),
        "look_votes": _joined([look.votes[None] for look in looks], np.zeros((0, 4))),
        "look_count": np.array([len(look.index) for look in looks], np.int64),
        "look_index": _joined([look.index for look in looks], np.zeros(0, np.int64)),
        "look_x": _joined([look.x for look in looks], np.zeros(0)),
        "look_colour_count": np.array([len(look.colour) for look in looks], np.int64),
        "look_colour": _joined([look.colour for look in looks], np.zeros(0)),
        **camera_arrays(followed.camera, prefix="camera_"),
    }


def shot_from_arrays(arrays: dict[str, np.ndarray], *, shot: Shot, edges: ShotEdges) -> FollowedShot:
    """Rebuild a tracked shot from the arrays of :func:`shot_arrays`."""
    tracklets, positions, stds = [], [], []
    heads = zip(_slices(arrays["count"]), arrays["id"], arrays["placed"], arrays["judged"], strict=True)
    for rows, number, placed, judged in heads:
        values = {name: arrays[name][rows] for name in ("index", "rows", "boxes_xyxy", "confidence", "classes")}
        tracklets.append(Tracklet(id=int(number), observed=arrays["observed"][rows], **values))
        positions.append(arrays["positions_m"][rows] if placed else None)
        stds.append(arrays["stds"][rows] if judged else None)
    looks = [
        Look(
            colour=arrays["look_colour"][colour],
            boxes=float(boxes),
            votes=votes,
            index=arrays["look_index"][places],
            x=arrays["look_x"][places],
        )
        for colour, boxes, votes, places in zip(
            _slices(arrays["look_colour_count"]),
            arrays["look_boxes"],
            arrays["look_votes"],
            _slices(arrays["look_count"]),
            strict=True,
        )
    ]
    span = Span(shot.index, arrays["span_frames"], arrays["span_times_us"], int(arrays["end_us"]))
    return FollowedShot(
        shot=shot,
        span=span,
        frames=arrays["frames"],
        times_us=arrays["times_us"],
        tracklets=tuple(tracklets),
        positions_m=tuple(positions),
        stds=tuple(stds),
        looks=tuple(looks),
        identities=tuple(arrays["identities"].tolist()),
        edges=edges,
        camera=camera_from_arrays(arrays, prefix="camera_"),
    )


def _joined(parts: list[np.ndarray], empty: np.ndarray) -> np.ndarray:
    """Concatenate arrays; return ``empty`` if there are none."""
    return np.concatenate(parts) if parts else empty


def _slices(counts: np.ndarray) -> list[slice]:
    """Return the slices of consecutive parts with the given lengths."""
    ends = np.cumsum(counts)
    return [slice(int(end - count), int(end)) for count, end in zip(counts, ends, strict=True)]
