"""MOT text files: one box per line, ``frame,id,left,top,width,height[,confidence[,class[,visibility]]]``.

Frames count from 1. Files as written for the MOT Challenge, SportsMOT and SoccerNet (up to 10 columns, -1 for an
unused column) are read, and what trackeval reads besides: see :mod:`touchline.formats.boxes.mot_rows`. Anything
ambiguous is refused with its line number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.columns import FloatArray, IntArray
from touchline.core.tracks import BALL, DETECTION_LABELS, Track, Tracks
from touchline.formats.boxes.mot_rows import parse_rows
from touchline.formats.files.atomic import replacing
from touchline.formats.files.text_lines import read_data

PERSON_CLASS = 1
"""MOT's class of a person, the one that MOT tools score."""

BALL_CLASS = 3
UNKNOWN = -1

_FRAME, _ID, _LEFT, _TOP, _WIDTH, _HEIGHT, _CONFIDENCE, _CLASS, _VISIBILITY = range(9)


@dataclass(frozen=True, slots=True, eq=False)
class MotTable:
    """The boxes of a MOT file in file order.

    Attributes:
        frames: int64 (n,), from 1.
        ids: int64 (n,), 0 or more; unique within a frame.
        boxes_xyxy: float64 (n, 4), pixels.
        confidence: float64 (n,), 1 if the file has none; 0 in a truth file marks a box that is not scored.
        classes: int64 (n,), -1 if the file has none.
        visibility: float64 (n,), visible share of the box, -1 if the file has none.

    """

    frames: IntArray
    ids: IntArray
    boxes_xyxy: FloatArray
    confidence: FloatArray
    classes: IntArray
    visibility: FloatArray

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> MotTable:
        """Return the rows selected by an index or a mask."""
        return MotTable(
            self.frames[index],
            self.ids[index],
            self.boxes_xyxy[index],
            self.confidence[index],
            self.classes[index],
            self.visibility[index],
        )

    def by_frame(self, frames: Iterable[int] | npt.NDArray[np.int64]) -> list[tuple[IntArray, FloatArray]]:
        """Return the ids (n,) and boxes_xyxy (n, 4) of each requested frame, as the tracking metrics take them."""
        wanted = frames if isinstance(frames, np.ndarray) else np.fromiter(frames, np.int64)
        order = np.argsort(self.frames, kind="stable")
        starts = np.searchsorted(self.frames[order], wanted, side="left").tolist()
        ends = np.searchsorted(self.frames[order], wanted, side="right").tolist()
        ids, boxes = self.ids[order], self.boxes_xyxy[order]
        return [(ids[a:b], boxes[a:b]) for a, b in zip(starts, ends, strict=True)]


def read_mot(path: Path | str, *, zero_based: bool = False) -> MotTable:
    """Read a MOT file; an empty file has no boxes.

    Args:
        path: the text file.
        zero_based: whether its frames count from 0; they are shifted to count from 1.

    Raises:
        InputError: the file is unreadable, or a line is not a box; the message gives its number and a remedy.

    """
    path = Path(path)
    return parse_mot(read_data(path), source=path, zero_based=zero_based)


def parse_mot(data: bytes, *, source: Path | str, zero_based: bool = False) -> MotTable:
    """Parse the bytes of a MOT file, as :func:`read_mot`; ``source`` names it in errors."""
    values = parse_rows(data, path=Path(source), zero_based=zero_based)
    left_top = values[:, _LEFT : _TOP + 1]
    return MotTable(
        frames=values[:, _FRAME].astype(np.int64) + int(zero_based),
        ids=values[:, _ID].astype(np.int64),
        boxes_xyxy=np.concatenate([left_top, left_top + values[:, _WIDTH : _HEIGHT + 1]], axis=1),
        confidence=_or_default(values[:, _CONFIDENCE], 1.0),
        classes=_or_default(values[:, _CLASS], UNKNOWN).astype(np.int64),
        visibility=_or_default(values[:, _VISIBILITY], UNKNOWN),
    )


def empty_mot() -> MotTable:
    """Return the table of a file without boxes."""
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return MotTable(whole, whole, np.zeros((0, 4)), real, whole, real)


def write_mot(tracks: Tracks, path: Path | str, *, ball: bool = False) -> None:
    """Write the tracks of people as a MOT file, ordered by frame and id, replacing the file atomically.

    Boxes have two decimals. The class is 1 for every person, whatever the role, because MOT tools refuse others;
    visibility is 1 where the box was detected and 0 where it was interpolated.

    Args:
        tracks: tracks of a video; their frames count from 0 and become MOT's, which count from 1.
        path: the file to write.
        ball: whether to include the ball, as class 3.

    Raises:
        ResourceError: the file cannot be written.

    """
    with mot_writer(path, ball=ball) as write:
        write(tracks.tracks)


@contextlib.contextmanager
def mot_writer(path: Path | str, *, ball: bool = False) -> Iterator[Callable[[Sequence[Track]], None]]:
    """Yield a function that writes a MOT file part by part, so that not all tracks are held in memory.

    The file is moved into place when the context ends without an error. Parts must be in time order; see
    :func:`write_mot`.

    Raises:
        ResourceError: the file cannot be written.

    """
    with replacing(path) as file:

        def write(tracks: Sequence[Track]) -> None:
            file.write(_lines(mot_table(tracks, ball=ball)).encode())

        yield write


def mot_bytes(tracks: Tracks, *, ball: bool = False) -> bytes:
    """Return the content of the file that :func:`write_mot` writes."""
    return _lines(mot_table(tracks.tracks, ball=ball)).encode()


def submission_bytes(tracks: Sequence[Track]) -> bytes:
    """Return rows of ten columns, the last three -1, as leaderboards take them: they refuse other classes than 1."""
    table = mot_table(tracks, ball=True)
    left_top, sizes = table.boxes_xyxy[:, :2], table.boxes_xyxy[:, 2:] - table.boxes_xyxy[:, :2]
    columns = (table.frames, table.ids, *left_top.T, *sizes.T, table.confidence)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(map("%d,%d,%.2f,%.2f,%.2f,%.2f,%.4f,-1,-1,-1\n".__mod__, rows)).encode()


def mot_table(tracks: Sequence[Track], *, ball: bool = False) -> MotTable:
    """Convert tracks to the rows of a MOT file, ordered by frame and id; see :func:`write_mot`."""
    chosen = [track for track in tracks if ball or track.label != DETECTION_LABELS[BALL]]
    if not chosen:
        return empty_mot()
    lengths = [len(track) for track in chosen]
    frames = np.concatenate([track.frames for track in chosen]) + 1
    ids = np.repeat([track.track_id for track in chosen], lengths)
    classes = [BALL_CLASS if track.label == DETECTION_LABELS[BALL] else PERSON_CLASS for track in chosen]
    table = MotTable(
        frames=frames,
        ids=ids,
        boxes_xyxy=np.concatenate([track.boxes_xyxy for track in chosen]).astype(np.float64),
        confidence=np.concatenate([track.confidence for track in chosen]).astype(np.float64),
        classes=np.repeat(classes, lengths),
        visibility=np.concatenate([track.observed for track in chosen]).astype(np.float64),
    )
    return table.take(np.lexsort((ids, frames)))


def _lines(table: MotTable) -> str:
    """Format the boxes of a table as lines."""
    left_top, sizes = table.boxes_xyxy[:, :2], table.boxes_xyxy[:, 2:] - table.boxes_xyxy[:, :2]
    places = (*left_top.T, *sizes.T)
    columns = (table.frames, table.ids, *places, table.confidence, table.classes, table.visibility)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(map("%d,%d,%.2f,%.2f,%.2f,%.2f,%.4f,%d,%d\n".__mod__, rows))


def _or_default(values: FloatArray, default: float) -> FloatArray:
    """Return the values of a column, or a default if the file has no such column."""
    return np.where(np.isnan(values), default, values)
