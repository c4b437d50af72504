"""SoccerNet's event files as columns for scoring: everything in the file, with only its structure checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from touchline.core.clock import ms_from_us, parse_game_time
from touchline.core.columns import EventColumns, IntArray, sides_of
from touchline.core.errors import InputError
from touchline.formats.soccernet.entries import short

Entry = Mapping[str, Any]

_TYPES = {int: np.int64, float: np.float64}
_CHARACTERS = {int: b"0123456789-,", float: b"0123456789-+.eE,"}
"""Characters of plain numbers, and the comma between them."""


def columns_from_annotations(entries: Sequence[Entry], *, source: str) -> EventColumns:
    """Convert the ``annotations`` of a label file to columns; the half is the first character of ``gameTime``.

    Raises:
        InputError: an entry lacks a field or holds one of the wrong type.

    """
    try:
        half = [int(entry["gameTime"][0]) for entry in entries]
        position = [_annotation_ms(entry) for entry in entries]
        labels = [entry["label"] for entry in entries]
        visible = [entry.get("visibility") != "not shown" for entry in entries]
        sides = sides_of([entry.get("team") for entry in entries])
        return _columns(labels, half, position, np.ones(len(entries)), visible, sides)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
        raise _explain(entries, _annotation_problem, source=source, key="annotations") from error


def columns_from_predictions(entries: Sequence[Entry], *, source: str) -> EventColumns:
    """Convert the ``predictions`` of a result file to columns.

    Raises:
        InputError: an entry lacks a field or holds one of the wrong type.

    """
    try:
        half = _numbers(list(map(itemgetter("half"), entries)), int)
        position = _numbers(list(map(itemgetter("position"), entries)), int)
        confidence = _numbers(list(map(itemgetter("confidence"), entries)), float)
        shown = np.ones(len(entries), np.bool_)
        sides = sides_of([entry.get("team") for entry in entries])
        return _columns(map(itemgetter("label"), entries), half, position, confidence, shown, sides)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise _explain(entries, _prediction_problem, source=source, key="predictions") from error


def _columns(
    labels: Iterable[str], half: Any, position: Any, confidence: Any, visible: Any, side: IntArray | None
) -> EventColumns:
    """Build columns from values of equal length."""
    number_of: defaultdict[str, int] = defaultdict(count().__next__)
    label = np.fromiter(map(number_of.__getitem__, labels), np.int64, len(half))
    return EventColumns(
        tuple(number_of),
        label,
        np.asarray(half, np.int64),
        np.asarray(position, np.int64),
        np.asarray(confidence, np.float64),
        np.asarray(visible, np.bool_),
        side,
    )


def _numbers(values: Sequence[Any], kind: type[int] | type[float]) -> npt.NDArray[Any]:
    """Convert each value by ``kind``: int64 or float64 (n,)."""
    quick = _plain_numbers(values, kind)
    return np.array([kind(value) for value in values], _TYPES[kind]) if quick is None else quick


def _plain_numbers(values: Sequence[Any], kind: type[int] | type[float]) -> npt.NDArray[Any] | None:
    """Convert texts that are all plain numbers, parsed as one JSON list for speed; None if one is anything else."""
    try:
        text = ",".join(values).encode()
        found = [] if text.translate(None, _CHARACTERS[kind]) else orjson.loads(b"[%b]" % text)
    except (TypeError, ValueError):
        return None
    array = np.array(found)
    whole = len(array) == len(values) and array.dtype in (np.int64, _TYPES[kind])
    return array.astype(_TYPES[kind]) if whole else None


def _annotation_ms(entry: Entry) -> int:
    """Return the milliseconds of an annotation: ``position``, or the clock if it has none."""
    if "position" in entry:
        return int(entry["position"])
    return ms_from_us(parse_game_time(entry["gameTime"])[1])


def _annotation_problem(entry: Entry) -> None:
    """Read one annotation, to raise its error."""
    int(entry["gameTime"][0])
    np.int64(_annotation_ms(entry))
    hash(entry["label"])


def _prediction_problem(entry: Entry) -> None:
    """Read one prediction, to raise its error."""
    int(entry["half"])
    np.int64(int(entry["position"]))
    float(entry["confidence"])
    hash(entry["label"])


def _explain(entries: Iterable[Entry], read: Callable[[Entry], None], *, source: str, key: str) -> InputError:
    """Return the error of the first entry that cannot be read."""
    for number, entry in enumerate(entries):
        try:
            read(entry)
        except KeyError as error:
            return InputError(f"{source}: {key}[{number}] has no {error.args[0]!r}; it holds {short(entry)}")
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
            return InputError(f"{source}: {key}[{number}] cannot be read ({error}); it holds {short(entry)}")
    return InputError(f"{source}: {key} cannot be read as a list of events")
