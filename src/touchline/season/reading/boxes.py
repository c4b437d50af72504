"""The boxes of all people of a match as columns, from the file or from tracks that a review corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from touchline.core.arrays import Bools, Floats32, Indices
from touchline.core.geometry.kinematics import LONGEST_STEP_S, speeds_mps
from touchline.core.tracks import BALL, DETECTION_LABELS, Track
from touchline.formats.boxes.tracks_parquet import read_shots_parquet, read_track_columns
from touchline.formats.files.guard import reading

if TYPE_CHECKING:
    import pyarrow as pa

_BALL = DETECTION_LABELS[BALL]
_OF_TRACK = ("track_id", "label", "team", "name", "shot", "person", "identity_confidence")
_OF_BOX = ("time_us", "x_m", "y_m", "speed_mps")


@dataclass(frozen=True, slots=True)
class TrackHead:
    """What holds for all of a track.

    Attributes:
        track_id: number of the track.
        role: ``player``, ``goalkeeper`` or ``referee``.
        team: its team; None if unknown.
        shot: number of the camera shot.
        person: number of the person; None if unknown.
        name: name given by a person; None if none.
        identity_confidence: 0 to 1, that it is one person throughout.

    """

    track_id: int
    role: str
    team: str | None = None
    shot: int = 0
    person: int | None = None
    name: str | None = None
    identity_confidence: float = 1.0


@dataclass(frozen=True, eq=False)
class Boxes:
    """The boxes of all people, by track and time.

    Attributes:
        heads: the tracks.
        track: int64 (n,), index into ``heads`` of each box.
        time_us: int64 (n,).
        x_m, y_m: float32 (n,), place on the pitch, metres; NaN if unknown.
        speed_mps: float32 (n,), NaN if unknown.

    """

    heads: tuple[TrackHead, ...] = ()
    track: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    time_us: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    x_m: Floats32 = field(default_factory=lambda: np.zeros(0, np.float32))
    y_m: Floats32 = field(default_factory=lambda: np.zeros(0, np.float32))
    speed_mps: Floats32 = field(default_factory=lambda: np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.time_us)

    @cached_property
    def step_s(self) -> Floats32:
        """Seconds to the next box of the same track (n,); 0 at its end and before a gap over half a second."""
        steps = np.zeros(len(self), np.float32)
        if len(self) > 1:
            seconds = (np.diff(self.time_us) / 1e6).astype(np.float32)
            near = (np.diff(self.track) == 0) & (seconds <= LONGEST_STEP_S)
            steps[:-1] = np.where(near, seconds, 0.0)
        return steps

    @cached_property
    def placed(self) -> Bools:
        """Whether the place of each box is known (n,)."""
        return np.isfinite(self.x_m) & np.isfinite(self.y_m)

    def of_teams(self, *teams: str) -> Bools:
        """Return whether each box is of one of some teams (n,)."""
        chosen = np.array([head.team in teams for head in self.heads], np.bool_)
        return chosen[self.track] if len(self.heads) else np.zeros(0, np.bool_)


def read_boxes(path: Path) -> Boxes | None:
    """Read the boxes of people in ``tracks.parquet``; None if the file lacks columns that later versions write.

    Raises:
        InputError: the file is unreadable.

    """
    import pyarrow as pa
    from pyarrow import parquet

    read_shots_parquet(path)  # checks that touchline wrote it, and its version
    if not {*_OF_TRACK, *_OF_BOX} <= set(parquet.read_schema(path).names):
        return None
    table = read_track_columns(path, columns=[*_OF_TRACK, *_OF_BOX], coded=("label", "team", "name"))
    with reading(path, what="valid tracks", remedy="track the video again", also=(pa.ArrowException,)):
        for name in ("track_id", "label", "shot", "time_us", "identity_confidence"):
            if table[name].null_count:
                raise ValueError(f"column {name!r} has empty cells")
        return _from_table(table)


def boxes_of(tracks: Sequence[Track]) -> Boxes:
    """Return the boxes of people of tracks."""
    people = [track for track in tracks if track.label != _BALL]
    if not people:
        return Boxes()
    places = [np.full((len(t), 2), np.nan, np.float32) if t.positions_m is None else t.positions_m for t in people]
    speeds = [speeds_mps(t.times_us, p).astype(np.float32) for t, p in zip(people, places, strict=True)]
    x_m, y_m = np.concatenate(places).T
    return Boxes(
        tuple(_head(track) for track in people),
        np.repeat(np.arange(len(people)), [len(track) for track in people]),
        np.concatenate([track.times_us for track in people]),
        np.ascontiguousarray(x_m),
        np.ascontiguousarray(y_m),
        np.concatenate(speeds),
    )


def _head(track: Track) -> TrackHead:
    return TrackHead(
        track.track_id, track.label, track.team, track.shot, track.person, track.name, track.identity_confidence
    )


def _from_table(table: pa.Table) -> Boxes:
    """Return the boxes of people of a table whose rows may be in any order."""
    if not table.num_rows:
        return Boxes()
    ids, times = table["track_id"].to_numpy(), table["time_us"].to_numpy()
    same = np.diff(ids) == 0
    if bool((np.diff(ids) < 0).any()) or bool((np.diff(times)[same] <= 0).any()):
        table = table.take(np.lexsort((times, ids)))
        ids, times = table["track_id"].to_numpy(), table["time_us"].to_numpy()
    starts = np.flatnonzero(np.diff(ids, prepend=ids[0] - 1))
    heads = list(_heads(table.select(list(_OF_TRACK)).take(starts).to_pylist()))
    people = np.array([head.role != _BALL for head in heads])
    lengths = np.diff(np.append(starts, len(ids)))
    rows = np.repeat(people, lengths)
    numbers = {name: table[name].to_numpy().astype(np.float32)[rows] for name in ("x_m", "y_m", "speed_mps")}
    return Boxes(
        tuple(head for head in heads if head.role != _BALL),
        np.repeat(np.arange(int(people.sum())), lengths[people]),
        times.astype(np.int64)[rows],
        **numbers,
    )


def _heads(rows: list[dict[str, object]]) -> Iterator[TrackHead]:
    for row in rows:
        yield TrackHead(role=row.pop("label"), **row)  # type: ignore[arg-type]
