"""Linking of tracklets: tracklets of one person are joined across gaps, and short gaps are filled.

Whether the end of one tracklet and a later beginning belong to one person is decided by a likelihood ratio. Motion is
modelled as an Ornstein-Uhlenbeck process, a velocity that wanders and is forgotten after a second or two, so the place
where an unseen person reappears, and its uncertainty, follow from both velocities and the length of the gap. The
alternative is a newcomer. Clothing is weighed in the same way, by its variance within and between tracklets. All ends
and beginnings of a shot are then assigned to each other at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.camera_carry import Camera, Motions
from touchline.tracking.people.appearance_matching import learn_looks
from touchline.tracking.people.association import least_cost_pairs
from touchline.tracking.people.tracklets import Tracklet, join


@dataclass(frozen=True, slots=True)
class RejoinSettings:
    """The motion model of unseen people, in seconds and body heights, and the terms of the linking cost.

    Attributes:
        gap_s: longest gap.
        speed_heights_s: standard deviation of a person's velocity, per axis.
        memory_s: time constant after which a velocity is forgotten.
        place_heights: standard deviation of the place at which a tracklet ends or begins.
        velocity_heights_s: standard deviation of the velocity measured there.
        ends_s: length of the stretch over which velocities are measured.
        drift_heights_s: standard deviation added per second by errors of the camera motion.
        newcomer: prior log-odds of a link.
        missed_s: cost of each second inside the frame without a detection.
        looks: weight of appearance.
        evidence: minimum sum of confidences for a linked tracklet to be kept.
        confidence: minimum mean confidence for a linked tracklet to be kept.

    """

    gap_s: float = 40.0
    speed_heights_s: float = 1.5
    memory_s: float = 0.8
    place_heights: float = 0.5
    velocity_heights_s: float = 1.0
    ends_s: float = 0.4
    drift_heights_s: float = 0.3
    newcomer: float = 2.0
    missed_s: float = 1.0
    looks: float = 0.5
    evidence: float = 4.0
    confidence: float = 0.4


DEFAULT_REJOIN = RejoinSettings()

_LEAST_AREA = 200.0
"""Smallest area, in squared body heights, of the part of the frame in which a newcomer may appear."""

_INSIDE = np.array([1, 3, 5, 7, 9]) / 10


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """One end of each tracklet, either the first or the last.

    Attributes:
        index: (n,), index of the frame.
        foot_px: (n, 2), lowest point, in that frame.
        ahead_px: (n, 2), the extrapolated foot one second later.
        height_px: (n,), box height.

    """

    index: npt.NDArray[np.int64]
    foot_px: Floats64
    ahead_px: Floats64
    height_px: Floats64


def rejoin(
    tracklets: Sequence[Tracklet],
    *,
    motions: Motions,
    fps: float,
    settings: RejoinSettings = DEFAULT_REJOIN,
    looked: float = 1.0,
) -> list[Tracklet]:
    """Link tracklets of the same person and drop doubtful ones; ordered by first frame, ids from 1 again.

    Args:
        tracklets: of one shot.
        motions: the camera's motion, one per sampled frame, each from the previous frame; None for a fixed camera.
        fps: sampled frames per second.
        settings: of the linking.
        looked: share of the frames that the detector looked at; as much less evidence is asked for.

    """
    joined = list(tracklets)
    if len(tracklets) > 1:
        camera = Camera.of(motions, count=max(tracklet.end for tracklet in tracklets) + 1)
        chains = _chains(_successors(_costs(tracklets, camera, fps=fps, settings=settings)))
        joined = [join([tracklets[i] for i in chain]) for chain in chains]
    kept = [tracklet for tracklet in joined if _believed(tracklet, settings, looked=looked)]
    kept.sort(key=lambda tracklet: (tracklet.start, tracklet.id))
    return [replace(tracklet, id=number + 1) for number, tracklet in enumerate(kept)]


def _believed(tracklet: Tracklet, settings: RejoinSettings, *, looked: float) -> bool:
    """Return whether a tracklet's detections are numerous and confident enough."""
    total = float(tracklet.confidence.sum())
    return total >= settings.evidence * looked and total >= settings.confidence * len(tracklet)


def _successors(pairs: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats64, int]) -> npt.NDArray[np.int64]:
    """Return for each tracklet its successor, or -1: the assignment of least cost."""
    first, second, costs, count = pairs
    table = np.zeros((count, count))
    table[first, second] = np.where(np.isfinite(costs), np.minimum(costs, 0), 0)
    rows, columns = least_cost_pairs(table)
    good = table[rows, columns] < 0
    next_of = np.full(count, -1, np.int64)
    next_of[rows[good]] = columns[good]
    return next_of


def _chains(next_of: npt.NDArray[np.int64]) -> list[list[int]]:
    """Return the chains of tracklets that continue each other."""
    chains = []
    for head in sorted(set(range(len(next_of))) - set(next_of.tolist())):
        chain = [head]
        while next_of[chain[-1]] >= 0:
            chain.append(int(next_of[chain[-1]]))
        chains.append(chain)
    return chains


def _costs(
    tracklets: Sequence[Tracklet], camera: Camera, *, fps: float, settings: RejoinSettings
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats64, int]:
    """Return pairs of tracklets that may follow each other, with their costs; negative favours a link."""
    tails = _ends(tracklets, camera, last=True, fps=fps, settings=settings)
    heads = _ends(tracklets, camera, last=False, fps=fps, settings=settings)
    steps = heads.index[None] - tails.index[:, None]
    first, second = np.nonzero((steps > 0) & (steps <= settings.gap_s * fps))
    size = _picture(tracklets)
    costs = _move_costs(tails, heads, first, second, camera, fps=fps, settings=settings, size=size)
    if settings.missed_s > 0:
        costs += settings.missed_s / fps * _missed(tails, heads, first, second, camera, size)
    looks = learn_looks(tracklets)
    if looks is not None and settings.looks > 0:
        costs += settings.looks * looks.apart(first, second)
    return first, second, costs - settings.newcomer, len(tracklets)


def _picture(tracklets: Sequence[Tracklet]) -> Floats64:
    """Return the part of the frame (x0, y0, x1, y1) in which people were ever detected."""
    boxes = np.concatenate([tracklet.boxes_xyxy for tracklet in tracklets]).astype(np.float64)
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _ends(tracklets: Sequence[Tracklet], camera: Camera, *, last: bool, fps: float, settings: RejoinSettings) -> _Ends:
    """Return the last or first places of tracklets: fitted straight lines, with the camera's motion removed."""
    index, feet, ahead, heights = [], [], [], []
    for tracklet in tracklets:
        at = tracklet.end if last else tracklet.start
        near = np.abs(tracklet.index - at) <= settings.ends_s * fps
        boxes = tracklet.boxes_xyxy[near].astype(np.float64)
        times = (tracklet.index[near] - at) / fps
        foot = camera.carry((boxes[:, [0, 3]] + boxes[:, [2, 3]]) / 2, start=tracklet.index[near], end=at)
        height = float(np.median(boxes[:, 3] - boxes[:, 1]))
        place, velocity = _line(times, foot, noise=0.1 * height, speed=settings.speed_heights_s * height)
        index.append(at)
        feet.append(place)
        ahead.append(place + velocity)
        heights.append(max(height, 2.0))
    return _Ends(np.array(index, np.int64), np.array(feet), np.array(ahead), np.array(heights))


def _line(times_s: Floats64, points: Floats64, *, noise: float, speed: float) -> tuple[Floats64, Floats64]:
    """Fit a line to points (n, 2): point at time 0 and velocity (2,); velocities shrink when there are few points."""
    base = np.stack([np.ones_like(times_s), times_s], axis=1)
    normal = base.T @ base + np.diag([1e-9, (noise / speed) ** 2])
    place, velocity = np.linalg.solve(normal, base.T @ points)
    return place, velocity


def _move_costs(
    tails: _Ends,
    heads: _Ends,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    camera: Camera,
    *,
    fps: float,
    settings: RejoinSettings,
    size: Floats64,
) -> Floats64:
    """Return the log-likelihood ratio of a newcomer to the same person for each pair, from places and velocities."""
    start, end = tails.index[first], heads.index[second]
    foot = camera.carry(tails.foot_px[first], start=start, end=end)
    ahead = camera.carry(tails.ahead_px[first], start=start, end=end)
    height = heads.height_px[second]
    before = (ahead - foot) / height[:, None]
    after = (heads.ahead_px - heads.foot_px)[second] / height[:, None]
    away = (heads.foot_px[second] - foot) / height[:, None]
    gap_s = (end - start) / fps
    tau, free = settings.memory_s, settings.speed_heights_s**2
    measured = settings.velocity_heights_s**2
    bend = np.tanh(gap_s / (2 * tau))
    keep = np.exp(-gap_s / tau)
    expected = (tau * bend)[:, None] * (before + after)
    variance = 2 * free * tau * (gap_s - 2 * tau * bend) + 2 * (tau * bend) ** 2 * measured
    variance += 2 * settings.place_heights**2 + (settings.drift_heights_s * gap_s) ** 2
    turn = free * (1 - keep**2) + 2 * measured
    area = float(np.prod(size[2:] - size[:2])) / height**2
    one = ((away - expected) ** 2).sum(axis=1) / (2 * variance) + np.log(2 * np.pi * variance)
    one += ((after - keep[:, None] * before) ** 2).sum(axis=1) / (2 * turn) + np.log(2 * np.pi * turn)
    spread = free + measured
    newcomer = (
        np.log(np.maximum(area, _LEAST_AREA)) + (after**2).sum(axis=1) / (2 * spread) + np.log(2 * np.pi * spread)
    )
    return np.asarray(one - newcomer)


def _missed(
    tails: _Ends,
    heads: _Ends,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    camera: Camera,
    size: Floats64,
) -> Floats64:
    """Count the frames of each gap in which the path between its ends lies inside the frame."""
    start, end = tails.index[first], heads.index[second]
    inside = np.zeros(len(first))
    for share in _INSIDE:
        at = np.round(start + share * (end - start)).astype(np.int64)
        before = camera.carry(tails.foot_px[first], start=start, end=at)
        after = camera.carry(heads.foot_px[second], start=end, end=at)
        place = (1 - share) * before + share * after
        inside += ((place > size[:2]) & (place < size[2:])).all(axis=1)
    return inside / len(_INSIDE) * (end - start - 1)


def fill(tracklet: Tracklet, *, motions: Motions, fps: float, gap_s: float = 1.0) -> Tracklet:
    """Fill a tracklet's gaps of at most ``gap_s``, along straight lines relative to the ground."""
    steps = np.diff(tracklet.index)
    gaps = np.flatnonzero((steps > 1) & (steps <= gap_s * fps + 1))
    if len(gaps) == 0:
        return tracklet
    camera = Camera.of(motions, count=tracklet.end + 1)
    lengths = steps[gaps] - 1
    gap = np.repeat(gaps, lengths)
    first, last = tracklet.index[gap], tracklet.index[gap + 1]
    inside = first + 1 + np.arange(len(gap)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    share = ((inside - first) / (last - first))[:, None]
    before = camera.carry_boxes(tracklet.boxes_xyxy[gap], start=first, end=inside)
    after = camera.carry_boxes(tracklet.boxes_xyxy[gap + 1], start=last, end=inside)
    nearest = np.where(inside - first <= last - inside, gap, gap + 1)
    return _insert(tracklet, inside, (1 - share) * before + share * after, nearest)


def _insert(
    tracklet: Tracklet, index: npt.NDArray[np.int64], boxes: Floats64, nearest: npt.NDArray[np.int64]
) -> Tracklet:
    """Insert filled-in boxes into a tracklet; each takes class and half the confidence of the nearest detection."""
    count = len(index)
    order = np.argsort(np.concatenate([tracklet.index, index]), kind="stable")
    looks = tracklet.appearance
    if looks is not None:
        looks = np.concatenate([looks, np.full((count, looks.shape[1]), np.nan, np.float32)])[order]
    return Tracklet(
        id=tracklet.id,
        index=np.concatenate([tracklet.index, index])[order],
        rows=np.concatenate([tracklet.rows, np.full(count, -1, np.int64)])[order],
        boxes_xyxy=np.concatenate([tracklet.boxes_xyxy, boxes.astype(np.float32)])[order],
        confidence=np.concatenate([tracklet.confidence, tracklet.confidence[nearest] / 2])[order],
        classes=np.concatenate([tracklet.classes, tracklet.classes[nearest]])[order],
        observed=np.concatenate([tracklet.observed, np.zeros(count, bool)])[order],
        appearance=looks,
    )
