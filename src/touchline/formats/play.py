"""The play as files of a bundle: when the ball was in play, who touched it, and the curves behind the events.

``play.npz`` has the curves of the tracks' model: ``values`` float32 (samples, labels), ``times_us`` int64 (samples,),
``labels`` (labels,). ``play.json`` has the spans in and out of play and the touches of the ball, times in microseconds
from the first shown frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.events import Scores
from touchline.formats.files.atomic import write_bytes_atomic, write_json_atomic
from touchline.formats.files.guard import guarded, reading
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import a_flag, a_number, a_text, a_whole, check, list_of, maybe, record
from touchline.formats.files.npz import npz_bytes, read_arrays

PLAY, PLAY_CURVES = "play.json", "play.npz"
SCHEMA = "touchline.play"
VERSION = 1
_REMEDY = "analyse the video again"
_SPAN = record({"start_us": a_whole, "end_us": a_whole, "in_play": a_flag, "confidence": a_number})
_TOUCH = record(
    {
        "time_us": a_whole,
        "track": maybe(a_whole),
        "team": maybe(a_text),
        "place_m": maybe(list_of(a_number)),
        "strength": a_number,
        "reason": a_text,
    }
)
_SHAPE = record({"spans": list_of(_SPAN), "touches": list_of(_TOUCH)}, others=True)


@dataclass(frozen=True, slots=True)
class PlaySpan:
    """A part of the video in which the ball is in play, or is not.

    Attributes:
        start_us, end_us: half-open span, microseconds.
        in_play: whether the ball is in play.
        confidence: 0 to 1, mean over the span.

    """

    start_us: int
    end_us: int
    in_play: bool
    confidence: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_us < self.end_us or not 0 <= self.confidence <= 1:
            raise ValueError(f"a span of play needs 0 <= start < end and confidence in 0 to 1: {self!r}")


@dataclass(frozen=True, slots=True)
class Touch:
    """A contact of somebody with the ball.

    Attributes:
        time_us: time, microseconds.
        track: id of the track of who touched it; None if nobody is known.
        team: team of that track; None if unknown.
        place_m: place on the pitch, metres from the centre spot; None if unknown.
        strength: how sure it is that the ball was touched, 0 to 1.
        reason: what was seen, in words.

    """

    time_us: int
    track: int | None
    team: str | None
    place_m: tuple[float, float] | None
    strength: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """The play of a video.

    Attributes:
        curves: confidence by label over time.
        spans: parts in and out of play, in order; what no wide shot shows belongs to neither.
        touches: contacts with the ball, in order.

    """

    curves: Scores
    spans: tuple[PlaySpan, ...] = ()
    touches: tuple[Touch, ...] = ()


def write_play(folder: Path, play: Play) -> None:
    """Write both files into a bundle's folder; equal plays give equal bytes."""
    labels = np.array(play.curves.labels, dtype=np.str_)
    arrays: dict[str, np.ndarray] = {"values": play.curves.values, "times_us": play.curves.times_us, "labels": labels}
    write_bytes_atomic(folder / PLAY_CURVES, npz_bytes(arrays))
    write_json_atomic(folder / PLAY, play_document(play))


@guarded("an analysis of the play", remedy=_REMEDY)
def read_play(folder: Path) -> Play:
    """Read both files of a bundle's folder.

    Raises:
        InputError: a file is missing, broken or of another version.

    """
    document = _document(folder)
    with reading(folder / PLAY, what="an analysis of the play", remedy=_REMEDY):
        return play_from_document(document, curves=_read_curves(folder / PLAY_CURVES))


@guarded("an analysis of the play", remedy=_REMEDY)
def read_play_document(folder: Path) -> tuple[tuple[PlaySpan, ...], tuple[Touch, ...]]:
    """Read the spans in and out of play and the touches of a bundle's folder, without the curves.

    Raises:
        InputError: the file is missing, broken or of another version.

    """
    document = _document(folder)
    with reading(folder / PLAY, what="an analysis of the play", remedy=_REMEDY):
        return _spans(document), _touches(document)


def _document(folder: Path) -> dict[str, Any]:
    document = read_document(folder / PLAY, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    check(document, _SHAPE, source=folder / PLAY, remedy=_REMEDY)
    return document


def play_document(play: Play) -> dict[str, Any]:
    """Return the content of ``play.json``: confidences to 4 decimals, places to the decimetre."""
    spans = [{**asdict(span), "confidence": round(span.confidence, 4)} for span in play.spans]
    touches = [
        {
            **asdict(touch),
            "place_m": None if touch.place_m is None else [round(float(metres), 1) for metres in touch.place_m],
            "strength": round(touch.strength, 4),
        }
        for touch in play.touches
    ]
    return {"schema": SCHEMA, "version": VERSION, "spans": spans, "touches": touches}


def play_from_document(document: Mapping[str, Any], *, curves: Scores) -> Play:
    """Return the play that :func:`play_document` wrote.

    Raises:
        KeyError, TypeError, ValueError: the document has another layout.

    """
    return Play(curves, _spans(document), _touches(document))


def _spans(document: Mapping[str, Any]) -> tuple[PlaySpan, ...]:
    return tuple(PlaySpan(**row) for row in document["spans"])


def _touches(document: Mapping[str, Any]) -> tuple[Touch, ...]:
    return tuple(Touch(**{**row, "place_m": _place(row["place_m"])}) for row in document["touches"])


def _place(value: list[float] | None) -> tuple[float, float] | None:
    if value is None:
        return None
    x_m, y_m = value
    return x_m, y_m


def _read_curves(path: Path) -> Scores:
    values, times_us, labels = read_arrays(path, "values", "times_us", "labels", what="curves", remedy=_REMEDY)
    if (values.dtype.kind, times_us.dtype.kind, labels.dtype.kind) != ("f", "i", "U") or not np.isfinite(values).all():
        raise ValueError(
            f"arrays of {values.dtype}, {times_us.dtype} and {labels.dtype}, or values that are not finite"
        )
    return Scores(np.asarray(values, np.float32), times_us, tuple(map(str, labels)))
