"""Exact truth of a simulated match: the ball's position, its owner, and when it is released and received.

Files of a match folder: ``ball.csv`` (one row per frame), ``tracks.txt`` (MOT), ``Labels-ball.json``, ``video.mp4``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.clock import frame_from_us
from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.formats.files.guard import guarded
from touchline.formats.soccernet.labels import read_labels

DRIBBLE_FRAMES = 7
"""A player who has the ball again within this many frames kept it all the time."""


@dataclass(frozen=True, slots=True, eq=False)
class BallTruth:
    """Per-frame truth of one match; n frames.

    Attributes:
        ball_xy: float32 (n, 2), pixels of the original frame.
        owned: bool (n,), whether a player has the ball.
        released, received: bool (n,), within two frames of the end or the start of a player's possession.
        feet_xy: float32 (players, 2) for each frame, where each player's box touches the ground, pixels.
        timeline: the labelled events.

    """

    ball_xy: npt.NDArray[np.float32]
    owned: npt.NDArray[np.bool_]
    released: npt.NDArray[np.bool_]
    received: npt.NDArray[np.bool_]
    feet_xy: tuple[npt.NDArray[np.float32], ...]
    timeline: Timeline

    def __len__(self) -> int:
        return len(self.owned)

    def states(self) -> npt.NDArray[np.float32]:
        """Return float32 (n, 3): owned, released, received as 0 or 1."""
        return np.stack([self.owned, self.released, self.received], 1).astype(np.float32)


@guarded("a simulated match")
def read_ball_truth(folder: Path) -> BallTruth:
    """Read the truth of one simulated match.

    Raises:
        InputError: a file of the match is missing.

    """
    for name in ("ball.csv", "tracks.txt", "Labels-ball.json"):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: not found; a simulated match needs ball.csv, tracks.txt and labels")
    with (folder / "ball.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    owners = [(int(row["owner_team"]), int(row["owner_player"])) for row in rows]
    released, received = _handovers(owners)
    return BallTruth(
        ball_xy=np.array([(float(row["x_px"]), float(row["y_px"])) for row in rows], np.float32),
        owned=np.array([team >= 0 for team, _ in owners]),
        released=released,
        received=received,
        feet_xy=_read_feet(folder / "tracks.txt", frames=len(rows)),
        timeline=read_labels(folder / "Labels-ball.json"),
    )


def _handovers(owners: list[tuple[int, int]]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the frames near which a possession ends and starts; touches of a dribble are one possession."""
    stints: list[tuple[int, int, tuple[int, int]]] = []
    for index, owner in enumerate(owners):
        if owner[0] < 0:
            continue
        if stints and stints[-1][2] == owner and index - stints[-1][1] <= DRIBBLE_FRAMES:
            stints[-1] = (stints[-1][0], index, owner)
        else:
            stints.append((index, index, owner))
    released, received = np.zeros(len(owners), np.bool_), np.zeros(len(owners), np.bool_)
    for start, end, _ in stints:
        released[max(0, end - 1) : end + 4] = True
        received[max(0, start - 2) : start + 3] = True
    return released, received


def _read_feet(path: Path, *, frames: int) -> tuple[npt.NDArray[np.float32], ...]:
    table = np.loadtxt(path, delimiter=",", usecols=(0, 2, 3, 4, 5), ndmin=2)
    feet = np.stack([table[:, 1] + table[:, 3] / 2, table[:, 2] + table[:, 4]], 1).astype(np.float32)
    index = table[:, 0].astype(int) - 1
    return tuple(feet[index == frame] for frame in range(frames))


def event_targets(
    timeline: Timeline, *, labels: tuple[str, ...], frames: int, fps: float, radius: int
) -> npt.NDArray[np.float32]:
    """Make dense targets (frames, labels): 1 within ``radius`` frames of an event of that label, else 0."""
    targets = np.zeros((frames, len(labels)), np.float32)
    for event in timeline:
        if event.label in labels:
            centre = frame_from_us(event.start_us, fps=fps)
            targets[max(0, centre - radius) : centre + radius + 1, labels.index(event.label)] = 1.0
    return targets
