"""Replays, recognised by the graphic that a broadcaster shows before and after them.

Such a graphic is a few frames beside a cut that look like neither shot and that reappear, almost unchanged, beside a
later cut. The shots between the two are replays. The same holds for shots that are not wide and follow a wipe by a
graphic, until the next such wipe or the next wide shot. Replays without a graphic cannot be separated from live play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Indices
from touchline.core.clock import US_PER_S

THUMB_SIZE = (32, 18)
"""Width and height of the frames that are compared, pixels."""

EDGE_S = 1.6
"""Seconds compared on each side of a cut; a graphic lasts less. A shorter shot may itself be a graphic."""

Thumbs = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class ShotEdges:
    """The first and last frames of a shot.

    Attributes:
        start_us, end_us: times of the shot.
        first: uint8 (n, height, width), its first sampled frames, downscaled.
        last: uint8 (m, height, width), its last sampled frames, downscaled.
        kind: what the shot looks like, one of ``SHOT_KINDS``.
        first_people, last_people: number of people seen in each of these frames; None if nobody looked.

    """

    start_us: int
    end_us: int
    first: Thumbs
    last: Thumbs
    kind: str = "other"
    first_people: Indices | None = None
    last_people: Indices | None = None


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """The criteria by which two graphics are the same.

    Attributes:
        same: correlation above which two frames are the same.
        strange: correlation below which a frame belongs to neither shot.
        least: minimum number of a graphic's frames that must reappear.
        moving: correlation below which at least two of these must be: a graphic moves, a resting camera does not.
        shortest_s: minimum time between the two graphics.
        longest_s: maximum time between the two graphics.
        hidden: a graphic hides the scene, so a frame with this many people is none. In simulated matches the camera
            swings alike after every restart.

    """

    same: float = 0.75
    strange: float = 0.6
    least: int = 3
    moving: float = 0.5
    shortest_s: float = 2.0
    longest_s: float = 45.0
    hidden: int = 6


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """The change from one shot to the next; shots between them that may be only a graphic are skipped.

    Attributes:
        before: index of the shot that ends.
        at_us: time of the change.
        graphic: (n, pixels), the frames in between that look like neither shot.

    """

    before: int
    at_us: int
    graphic: npt.NDArray[np.float32]


def find_replays(shots: Sequence[ShotEdges], *, settings: ReplaySettings | None = None) -> list[bool]:
    """Return for each shot of a video, in order, whether it is a replay, to judge by the graphics around it."""
    settings = settings or ReplaySettings()
    between = _between_graphics(shots, settings=settings)
    after = _after_wipes(shots, settings=settings)
    return [(a or b) and shot.kind != "transition" for a, b, shot in zip(between, after, shots, strict=True)]


def _after_wipes(shots: Sequence[ShotEdges], *, settings: ReplaySettings) -> list[bool]:
    """Return for each shot whether a wipe by a graphic leads to it, and neither a second one nor a wide shot since."""
    replays, opened_us = [], None
    for number, shot in enumerate(shots):
        if shot.kind == "wide" or (opened_us is not None and shot.start_us - opened_us > settings.longest_s * US_PER_S):
            opened_us = None
        if 0 < number < len(shots) - 1 and _is_wipe(shots[number - 1], shot, shots[number + 1], settings=settings):
            opened_us = shot.end_us if opened_us is None else None
        replays.append(opened_us is not None)
    return replays


def _is_wipe(before: ShotEdges, shot: ShotEdges, after: ShotEdges, *, settings: ReplaySettings) -> bool:
    """Return whether a gradual change shows something that is in neither of its neighbours, unlike a dissolve."""
    if shot.kind != "transition":
        return False
    pictures = _normalised(shot.first)
    neighbours = _normalised(np.stack([before.last[-1], after.first[0]]))
    alike = pictures @ neighbours.T
    return bool((alike < settings.moving).all(axis=1).any())


def _between_graphics(shots: Sequence[ShotEdges], *, settings: ReplaySettings) -> list[bool]:
    """Return for each shot whether it lies between two appearances of the same graphic."""
    longer = [number for number, shot in enumerate(shots) if shot.end_us - shot.start_us >= EDGE_S * US_PER_S]
    changes = [_change(shots, first, then, settings=settings) for first, then in pairwise(longer)]
    replays = [False] * len(shots)
    opening = 0
    while opening < len(changes):
        closing = _closing(opening, changes, settings=settings)
        if closing is None:
            opening += 1
            continue
        for number in range(changes[opening].before + 1, changes[closing].before + 1):
            replays[number] = True
        opening = closing + 1
    return replays


def _closing(opening: int, changes: Sequence[_Change], *, settings: ReplaySettings) -> int | None:
    """Return the change at which an opening change's graphic reappears; None if it does not."""
    first = changes[opening]
    if not len(first.graphic):
        return None
    for number, change in enumerate(changes[opening + 1 :], start=opening + 1):
        apart_s = (change.at_us - first.at_us) / US_PER_S
        if apart_s > settings.longest_s:
            return None
        if (
            apart_s >= settings.shortest_s
            and len(change.graphic)
            and _same(first.graphic, change.graphic, settings=settings)
        ):
            return number
    return None


def _same(one: npt.NDArray, other: npt.NDArray, *, settings: ReplaySettings) -> bool:
    """Return whether two cuts show the same graphic."""
    alike = one @ other.T
    again = one[alike.max(axis=1) > settings.same]
    enough = min(len(again), int((alike.max(axis=0) > settings.same).sum())) >= settings.least
    return enough and float((again @ again.T).min()) < settings.moving


def _change(shots: Sequence[ShotEdges], first: int, then: int, *, settings: ReplaySettings) -> _Change:
    """Return the change from a shot to a later one."""
    leaving, coming = _normalised(shots[first].last), _normalised(shots[then].first)
    between = [_normalised(shot.first) for shot in shots[first + 1 : then]]
    pictures = np.concatenate([leaving[1:], *between, coming[:-1]])
    strange = (pictures @ np.stack([leaving[0], coming[-1]]).T < settings.strange).all(axis=1)
    contrast = np.abs(pictures).sum(axis=1) > 0
    people = [_people(shots[first].last_people, shots[first].last)[1:]]
    people += [_people(shot.first_people, shot.first) for shot in shots[first + 1 : then]]
    people += [_people(shots[then].first_people, shots[then].first)[:-1]]
    hidden = np.concatenate(people) < settings.hidden
    return _Change(first, shots[first].end_us, pictures[strange & contrast & hidden])


def _people(counts: Indices | None, thumbs: Thumbs) -> Indices:
    """Return the number of people in each frame, 0 where nobody looked."""
    return np.zeros(len(thumbs), np.int64) if counts is None else counts


def _normalised(thumbs: Thumbs) -> npt.NDArray[np.float32]:
    """Normalise frames to (n, pixels) such that scalar products are correlations; zeros for frames without contrast."""
    flat = thumbs.reshape(len(thumbs), -1).astype(np.float32)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.where(length > flat.shape[1] ** 0.5, flat / np.maximum(length, 1e-6), 0.0).astype(np.float32)
