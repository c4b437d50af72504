"""TeamTrack's (and SoccerTrack's) annotations: a CSV with three header lines and a row for each frame.

The header lines name the team, the player of the team and the attribute of each column (``bb_left``, ``bb_top``,
``bb_width``, ``bb_height``, in any order); an empty cell is a player who is not in the frame. Every pair of team and
player is one track.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence

import numpy as np

from touchline.core.columns import FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.formats.boxes.mot import BALL_CLASS, PERSON_CLASS, MotTable
from touchline.formats.boxes.mot_rows import LARGEST_FRAME, LARGEST_PX
from touchline.formats.files.text_encoding import decode_any
from touchline.formats.files.text_lines import parse_number

_HEADS = ("teamid", "playerid", "attributes")
_SIDES = ("bb_left", "bb_top", "bb_width", "bb_height")
_BALL = "ball"
_INDEX = "frame"


def parse_teamtrack(data: bytes, *, source: str) -> MotTable:
    """Parse the bytes of such a file; ids count from 1 in the order of the columns, and the ball is class 3.

    Frames are those of the file. If there is a frame 0, they count from 0 and become MOT's, which count from 1.

    Raises:
        InputError: it is another file, or a cell is not a number; the message gives its line.

    """
    rows = list(csv.reader(decode_any(data, source=source).text.splitlines()))
    columns = _columns(rows, source=source)
    body = [
        (n, row) for n, row in enumerate(rows[len(_HEADS) :], len(_HEADS) + 1) if any(row) and not _names_index(row)
    ]
    frames = np.array([_frame(row[0], where=f"{source}: line {n}") for n, row in body], np.int64)
    parts = [_track(body, columns[who], source=source) for who in columns]
    kept = [np.isfinite(boxes).all(axis=1) for boxes in parts]
    ids = np.concatenate([np.full(int(rows.sum()), i) for i, rows in enumerate(kept, 1)])
    ball = [i for i, who in enumerate(columns, 1) if _BALL in (name.lower() for name in who)]
    left_top = np.concatenate([boxes[rows, :2] for boxes, rows in zip(parts, kept, strict=True)])
    sizes = np.concatenate([boxes[rows, 2:] for boxes, rows in zip(parts, kept, strict=True)])
    at = np.concatenate([frames[rows] for rows in kept]) + int(bool(len(frames)) and int(frames.min()) == 0)
    table = MotTable(
        frames=at,
        ids=ids,
        boxes_xyxy=np.concatenate([left_top, left_top + sizes], axis=1),
        confidence=np.ones(len(ids)),
        classes=np.where(np.isin(ids, ball), BALL_CLASS, PERSON_CLASS).astype(np.int64),
        visibility=np.full(len(ids), -1.0),
    )
    return table.take(np.lexsort((ids, at)))


def _columns(rows: Sequence[Sequence[str]], *, source: str) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """Return (team, player) -> attribute -> column."""
    heads = [row[0].strip().lower() if row else "" for row in rows[: len(_HEADS)]]
    if tuple(heads) != _HEADS:
        raise InputError(f"{source}: its first lines do not begin with TeamID, PlayerID and Attributes, but {heads}")
    columns: dict[tuple[str, str], dict[str, int]] = {}
    for i, (team, player, attribute) in enumerate(zip(*(row[1:] for row in rows[: len(_HEADS)]), strict=False), 1):
        columns.setdefault((team.strip(), player.strip()), {})[attribute.strip()] = i
    for (team, player), own in columns.items():
        missing = [side for side in _SIDES if side not in own]
        if missing:
            raise InputError(f"{source}: player {player!r} of team {team!r} has no column {missing[0]}")
    if not columns:
        raise InputError(f"{source}: has no column of a player")
    return columns


def _names_index(row: Sequence[str]) -> bool:
    """Return whether a line is the one that names the index, as pandas writes it."""
    return row[0].strip().lower() == _INDEX and not any(cell.strip() for cell in row[1:])


def _frame(text: str, *, where: str) -> int:
    value = parse_number(text)
    if not 0 <= value <= LARGEST_FRAME or value != math.floor(value):
        raise InputError(f"{where}: frame {text[:40]!r} is not a whole number from 0")
    return int(value)


def _track(body: Sequence[tuple[int, Sequence[str]]], own: Mapping[str, int], *, source: str) -> FloatArray:
    """Return float64 (frames, 4): left, top, width and height of one player, NaN where he is not in the frame."""
    places: IntArray = np.array([own[side] for side in _SIDES])
    boxes = np.full((len(body), len(_SIDES)), np.nan)
    for i, (number, row) in enumerate(body):
        cells = [row[place].strip() if place < len(row) else "" for place in places.tolist()]
        if not any(cells) or "nan" in (cell.lower() for cell in cells):
            continue
        boxes[i] = [parse_number(cell) for cell in cells]
        if not (np.abs(boxes[i]) <= LARGEST_PX).all() or (boxes[i, 2:] < 0).any():
            raise InputError(f"{source}: line {number}: {cells} is not left, top, width and height of a box")
    return boxes
