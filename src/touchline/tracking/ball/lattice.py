"""Paths of a ball through uncertain candidates: the best ones, with the probability of each step.

The candidates of many frames form a lattice. A path begins at a candidate, steps to candidates of later frames (across
gaps in which the ball is hidden), and ends; between two paths no ball is visible. A step is the more likely, the closer
its end lies to where the ball would be if it kept its velocity or its place. All terms are log-likelihood ratios,
relative to the candidate being clutter anywhere in the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BallSettings:
    """The model of the ball's motion and of the detector's reliability; lengths in frame widths.

    Attributes:
        candidates: maximum number of candidates per frame, the most confident ones.
        gap_s: longest time for which the ball may be hidden within one path.
        evidence_slope: weight of a candidate's log-odds.
        evidence_offset: score of a candidate whose log-odds are 0.
        start: score for beginning a path.
        miss: score for each frame without a candidate.
        persistence: how much more densely than uniform persistent clutter follows itself; caps the score of a step.
        keeps_going: share of the steps in which the velocity stays almost constant.
        place_noise: error of a candidate's position.
        acceleration: typical error of a constant-velocity prediction after one second, per second squared.
        speed: typical speed, per second.
        velocity_gain: share of a newly measured velocity that enters the velocity estimate.
        least_probability: minimum of a path's most probable step; less probable paths are not reported.

    """

    candidates: int = 6
    gap_s: float = 1.6
    evidence_slope: float = 2.0
    evidence_offset: float = 0.0
    start: float = -7.0
    miss: float = -0.55
    persistence: float = 8.0
    keeps_going: float = 0.8
    place_noise: float = 0.0027
    acceleration: float = 0.33
    speed: float = 0.15
    velocity_gain: float = 0.57
    least_probability: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """All candidates of a shot, ordered by frame.

    Attributes:
        index: (n,), index of the frame among the sampled ones.
        rows: (n,), row among that frame's detections.
        boxes_xyxy: float32 (n, 4), pixels.
        confidence: (n,), the detector's, 0 to 1.
        centres: (n, 2), in frame widths.

    """

    index: Ints
    rows: Ints
    boxes_xyxy: npt.NDArray[np.float32]
    confidence: Floats64
    centres: Floats64

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def none(cls) -> Candidates:
        """Return an empty set of candidates."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, np.zeros((0, 4), np.float32), np.zeros(0), np.zeros((0, 2)))


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One uninterrupted path.

    Attributes:
        members: (k,), rows of its candidates, in chronological order.
        member_probability: (k,), probability that the ball is at each candidate.
        step_probability: (k - 1,), probability that it went directly from each candidate to the next.

    """

    members: Ints
    member_probability: Floats64
    step_probability: Floats64


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """The possible steps into a frame: from candidates ``low`` to ``high`` to the frame's own, ``high`` to ``end``.

    Holds the seconds until the frame, the number of frames missed, and places and velocities in this frame's view.
    """

    low: int
    high: int
    end: int
    seconds: Floats64
    missed: Ints
    centres: Floats64
    velocity: Floats64


class Lattice:
    """The candidates of a shot with all steps between them."""

    def __init__(
        self, candidates: Candidates, times_s: Floats64, *, moves: Floats64, aspect: float, settings: BallSettings
    ) -> None:
        """Build the lattice.

        Args:
            candidates: of all frames.
            times_s: (frames,), times of all frames, with and without candidates.
            moves: (frames, 3, 3), the camera's motion into each frame from the previous one, in frame widths.
            aspect: height over width of the frame.
            settings: the model of the ball's motion.

        """
        self._centres = candidates.centres
        self._settings = settings
        self._aspect = aspect
        self._times_s = times_s
        self._when = times_s[candidates.index]
        self._index = candidates.index
        self._edges = np.searchsorted(candidates.index, np.arange(len(times_s) + 1))
        self._since = np.searchsorted(times_s, times_s - settings.gap_s - 1e-9)
        self._into = self._chains(moves)
        odds = np.clip(candidates.confidence, 1e-3, 1 - 1e-3)
        self._evidence = settings.evidence_offset + settings.evidence_slope * np.log(odds / (1 - odds))
        self._velocity = np.full((len(candidates), 2), np.nan)

    def _chains(self, moves: Floats64) -> list[Floats64]:
        """Return for each frame the camera's motion (window, 3, 3) into it from each earlier frame of the window."""
        chains: list[Floats64] = [np.zeros((0, 3, 3))]
        for picture in range(1, len(moves)):
            longer = np.concatenate([chains[-1], np.eye(3)[None]])
            chain = moves[picture] @ longer[len(longer) - (picture - int(self._since[picture])) :]
            chains.append(chain / chain[:, 2:, 2:])
        return chains

    def ways(self) -> list[Way]:
        """Return the best paths that are probable enough, in chronological order."""
        found = self._best()
        forward, backward, total = self._sums()
        ways = [self._with_probabilities(members, forward, backward, total) for members in found]
        return [way for way in ways if way.member_probability.max() >= self._settings.least_probability]

    def seen_from(self, candidate: int, picture: int) -> Floats64:
        """Return the position (2,) of a candidate in the view of another frame within the longest gap."""
        own = int(self._index[candidate])
        if own == picture:
            return self._centres[candidate]
        if own < picture:
            return project(self._into[picture][own - picture], self._centres[candidate][None])[0]
        return project(np.linalg.inv(self._into[own][picture - own]), self._centres[candidate][None])[0]

    def _window(self, picture: int) -> _Window:
        low, high, end = (int(self._edges[i]) for i in (self._since[picture], picture, picture + 1))
        before = self._index[low:high]
        chain = self._into[picture][before - picture] if high > low else np.zeros((0, 3, 3))
        centres = project(chain, self._centres[low:high])
        instant = 0.02
        ahead = project(chain, self._centres[low:high] + instant * self._velocity[low:high])
        seconds = self._times_s[picture] - self._when[low:high]
        return _Window(low, high, end, seconds, picture - before - 1, centres, (ahead - centres) / instant)

    def _steps(self, window: _Window) -> Floats64:
        """Return the score of each step (from, to)."""
        chosen = self._settings
        seconds = window.seconds[:, None]
        offset = self._centres[window.high : window.end] - window.centres[:, None]
        stays = self._density(offset, chosen.place_noise + chosen.speed * seconds)
        goes = self._density(
            offset - np.nan_to_num(window.velocity)[:, None] * seconds[..., None],
            chosen.place_noise + 0.5 * chosen.acceleration * seconds**1.5,
        )
        share = np.where(np.isfinite(window.velocity[:, :1]), chosen.keeps_going, 0.0)
        ball = share * goes + (1 - share) * stays
        clutter = 1 + ball / chosen.persistence
        steps: Floats64 = np.log(ball / clutter + 1e-12) + chosen.miss * window.missed[:, None]
        return steps

    def _density(self, offset: Floats64, scale: Floats64) -> Floats64:
        """Density relative to uniform over the frame: Student's t with 3 degrees of freedom in two dimensions."""
        squared = (offset**2).sum(axis=-1) / scale**2
        density: Floats64 = self._aspect / (2 * np.pi * scale**2) * (1 + squared / 3) ** -2.5
        return density

    def _best(self) -> list[Ints]:
        """Return candidate rows of the best paths; the velocities are updated along the way."""
        count = len(self._when)
        total, before, joined = np.zeros(count), np.full(count, -1), np.zeros(count, bool)
        idle, idle_at = 0.0, -1
        for picture in self._filled():
            window = self._window(picture)
            mine = np.arange(window.high, window.end)
            total[mine], before[mine] = idle + self._settings.start, idle_at
            if window.high > window.low:
                through = total[window.low : window.high, None] + self._steps(window)
                source = through.argmax(axis=0)
                value = through[source, np.arange(len(mine))]
                joined[mine] = value > total[mine]
                before[mine] = np.where(joined[mine], window.low + source, before[mine])
                total[mine] = np.maximum(value, total[mine])
                self._keep_velocity(mine, window, source)
            total[mine] += self._evidence[mine]
            top = window.high + int(total[mine].argmax())
            if total[top] > idle:
                idle, idle_at = float(total[top]), top
        return _read_back(idle_at, before, joined)

    def _filled(self) -> Ints:
        """Return the frames that have candidates."""
        return np.flatnonzero(np.diff(self._edges) > 0)

    def _keep_velocity(self, mine: Ints, window: _Window, source: Ints) -> None:
        """Update the velocity of candidates from the best predecessor of each."""
        fresh = (self._centres[mine] - window.centres[source]) / window.seconds[source, None]
        old = np.where(np.isfinite(window.velocity[source]), window.velocity[source], fresh)
        self._velocity[mine] = old + self._settings.velocity_gain * (fresh - old)

    def _sums(self) -> tuple[Floats64, Floats64, float]:
        """Return sums over all paths into and out of each candidate, and over all paths (forward-backward)."""
        start = self._settings.start
        forward, backward = np.zeros(len(self._when)), np.full(len(self._when), -np.inf)
        idle, rest = 0.0, 0.0
        for picture in self._filled():
            window = self._window(picture)
            low, high, end = window.low, window.high, window.end
            begin = np.full((1, end - high), idle + start)
            ways = np.concatenate([forward[low:high, None] + self._steps(window), begin])
            forward[high:end] = self._evidence[high:end] + np.logaddexp.reduce(ways, axis=0)
            idle = float(np.logaddexp(idle, np.logaddexp.reduce(forward[high:end])))
        for picture in self._filled()[::-1]:
            window = self._window(picture)
            low, high, end = window.low, window.high, window.end
            backward[high:end] = np.logaddexp(backward[high:end], rest)
            onward = self._evidence[high:end] + backward[high:end]
            into = np.logaddexp.reduce(self._steps(window) + onward, axis=1)
            backward[low:high] = np.logaddexp(backward[low:high], into)
            rest = float(np.logaddexp(rest, start + np.logaddexp.reduce(onward)))
        return forward, backward, idle

    def _with_probabilities(self, members: Ints, forward: Floats64, backward: Floats64, total: float) -> Way:
        at = np.exp(np.minimum(forward[members] + backward[members] - total, 0.0))
        steps = np.empty(len(members) - 1)
        for i, (source, target) in enumerate(pairwise(members)):
            window = self._window(int(self._index[target]))
            step = self._steps(window)[source - window.low, target - window.high]
            through = forward[source] + step + self._evidence[target] + backward[target]
            steps[i] = np.exp(min(through - total, 0.0))
        return Way(members, at, steps)


def project(matrix: Floats64, points: Floats64) -> Floats64:
    """Apply a homography (3, 3), or one for each point (n, 3, 3), to points (n, 2)."""
    with_one = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    moved = (matrix @ with_one[:, :, None])[..., 0]
    return moved[:, :2] / moved[:, 2:]


def _read_back(last: int, before: Ints, joined: npt.NDArray[np.bool_]) -> list[Ints]:
    """Trace the paths back from the last candidate and return them in chronological order."""
    ways: list[list[int]] = []
    at, fresh = last, True
    while at >= 0:
        if fresh:
            ways.append([])
        ways[-1].append(at)
        fresh = not joined[at]
        at = int(before[at])
    return [np.array(way[::-1], np.int64) for way in ways[::-1]]
