"""Frame-wise targets of a dense spotter: the class of every frame, how far it is from the event, and whose it is.

As in T-DEED, an event spreads over ``radius`` frames to either side, and each of these frames also learns its signed
distance to the event: a frame two after it has displacement 2, so the event lies at ``frame - displacement``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TEAMS = ("left", "right")
"""Outputs of the team head."""
NO_TEAM = -1


@dataclass(frozen=True, slots=True)
class FrameEvent:
    """An event on the frame grid: frame, number of its class from 0, and number of its team, or -1 if unknown."""

    frame: int
    label: int
    team: int = NO_TEAM


@dataclass(frozen=True, slots=True, eq=False)
class FrameTargets:
    """The targets of consecutive frames, each (n,).

    Attributes:
        classes: int64, 0 for background, else the class number plus 1.
        displacement: float32, frames from the event to this frame; 0 for background.
        team: int64, number of the team of the event, -1 if there is none or it is unknown.

    """

    classes: npt.NDArray[np.int64]
    displacement: npt.NDArray[np.float32]
    team: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)

    def cut(self, start: int, stop: int) -> FrameTargets:
        """Return frames ``start`` to ``stop`` (exclusive); frames outside the video are background."""
        rows = np.arange(start, stop)
        inside = (rows >= 0) & (rows < len(self))
        rows = np.where(inside, rows, 0)
        return FrameTargets(
            np.where(inside, self.classes[rows], 0),
            np.where(inside, self.displacement[rows], np.float32(0)),
            np.where(inside, self.team[rows], NO_TEAM),
        )

    def mirrored(self) -> FrameTargets:
        """Return the targets of the mirrored picture, in which the teams have swapped sides."""
        return FrameTargets(self.classes, self.displacement, np.where(self.team >= 0, 1 - self.team, self.team))


def frame_targets(events: Iterable[FrameEvent], *, frames: int, radius: int) -> FrameTargets:
    """Make the targets of a video.

    Where two events claim a frame, the nearer one has it, and of two equally near ones the earlier.

    Args:
        events: events of the video; those outside it are dropped unless they reach into it.
        frames: frames of the video.
        radius: frames to either side that an event spreads over.

    """
    if radius < 0:
        raise ValueError(f"radius={radius} must be 0 or more")
    classes, team = np.zeros(frames, np.int64), np.full(frames, NO_TEAM, np.int64)
    displacement, distance = np.zeros(frames, np.float32), np.full(frames, radius + 1, np.int64)
    for event in sorted(events, key=lambda one: one.frame):
        for frame in range(max(0, event.frame - radius), min(frames, event.frame + radius + 1)):
            away = frame - event.frame
            if abs(away) < distance[frame]:
                distance[frame], displacement[frame] = abs(away), away
                classes[frame], team[frame] = event.label + 1, event.team
    return FrameTargets(classes, displacement, team)
