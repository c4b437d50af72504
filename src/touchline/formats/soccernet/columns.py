"""SoccerNet's event files as columns, for scoring: everything the file says, nothing checked but its form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from touchline.core.clock import ms_from_us, parse_game_time
from touchline.core.columns import EventColumns
from touchline.core.errors import InputError
from touchline.formats.soccernet.json import short

Entry = Mapping[str, Any]


def columns_from_annotations(entries: Sequence[Entry], *, source: str) -> EventColumns:
    """Columns of the ``annotations`` of a label file; the half is the first character of ``gameTime``.

    Raises:
        InputError: an entry lacks a field or holds one of the wrong kind.

    """
    try:
        half = [int(entry["gameTime"][0]) for entry in entries]
        position = [_annotation_ms(entry) for entry in entries]
        labels = [entry["label"] for entry in entries]
        visible = [entry.get("visibility") != "not shown" for entry in entries]
        return _columns(labels, half, position, np.ones(len(entries)), visible)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
        raise _explain(entries, _annotation_problem, source=source, key="annotations") from error


def columns_from_predictions(entries: Sequence[Entry], *, source: str) -> EventColumns:
    """Columns of the ``predictions`` of a result file.

    Raises:
        InputError: an entry lacks a field or holds one of the wrong kind.

    """
    try:
        half = [int(entry["half"]) for entry in entries]
        position = [int(entry["position"]) for entry in entries]
        labels = [entry["label"] for entry in entries]
        confidence = np.array([float(entry["confidence"]) for entry in entries], np.float64)
        return _columns(labels, half, position, confidence, np.ones(len(entries), np.bool_))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise _explain(entries, _prediction_problem, source=source, key="predictions") from error


def _columns(labels: Sequence[str], half: Any, position: Any, confidence: Any, visible: Any) -> EventColumns:
    """Columns from lists of equal length."""
    names = list(dict.fromkeys(labels))
    index = {name: i for i, name in enumerate(names)}
    return EventColumns(
        tuple(names),
        np.array([index[label] for label in labels], np.int64),
        np.array(half, np.int64),
        np.array(position, np.int64),
        confidence,
        np.array(visible, np.bool_),
    )


def _annotation_ms(entry: Entry) -> int:
    """Milliseconds of an annotation: ``position``, or the clock where it has none."""
    if "position" in entry:
        return int(entry["position"])
    return ms_from_us(parse_game_time(entry["gameTime"])[1])


def _annotation_problem(entry: Entry) -> None:
    """Read one annotation."""
    int(entry["gameTime"][0])
    np.int64(_annotation_ms(entry))
    hash(entry["label"])


def _prediction_problem(entry: Entry) -> None:
    """Read one prediction."""
    int(entry["half"])
    np.int64(int(entry["position"]))
    float(entry["confidence"])
    hash(entry["label"])


def _explain(entries: Iterable[Entry], read: Any, *, source: str, key: str) -> InputError:
    """The error of the first entry that cannot be read."""
    for number, entry in enumerate(entries):
        try:
            read(entry)
        except KeyError as error:
            return InputError(f"{source}: {key}[{number}] has no {error.args[0]!r}; it holds {short(entry)}")
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
            return InputError(f"{source}: {key}[{number}] cannot be read ({error}); it holds {short(entry)}")
    return InputError(f"{source}: {key} cannot be read as a list of events")
