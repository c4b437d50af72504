"""The words of ``--lead``, ``--lag`` and ``--columns`` as options of writers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from touchline.core.clock import us_from_seconds
from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from touchline.formats.events.export_context import ExportOptions

_MOST_S = 3600


def export_options(
    lead: list[str] | None,
    lag: list[str] | None,
    columns: list[str] | None,
    *,
    integer_times: bool,
    step: int,
    split: str | None,
) -> ExportOptions:
    """What the user chose for the files to write.

    Raises:
        UsageError: a word cannot be understood.

    """
    from touchline.formats.events.export_context import ExportOptions
    from touchline.formats.events.tables.columns import parse_columns

    lead_us, label_lead_us = seconds_by_label(lead or [], option="--lead")
    lag_us, label_lag_us = seconds_by_label(lag or [], option="--lag")
    return ExportOptions(
        lead_us=lead_us,
        lag_us=lag_us,
        label_lead_us=label_lead_us,
        label_lag_us=label_lag_us,
        integer_times=integer_times,
        columns=parse_columns(columns or []),
        step=step,
        split=_split(split),
    )


def _split(name: str | None) -> str:
    """The split of SoccerNet's data; empty for none.

    Raises:
        UsageError: it is unknown.

    """
    from touchline.formats.gamestate.tracks import SPLITS

    if name is not None and name not in SPLITS:
        raise UsageError(f"--split {name!r} is not one of {', '.join(SPLITS)}{did_you_mean(name, SPLITS)}")
    return name or ""


def seconds_by_label(words: list[str], *, option: str) -> tuple[int | None, dict[str, int]]:
    """The time for all labels, None if there is none, and those for single labels; microseconds.

    Args:
        words: ``8`` or ``LABEL=8``; a label may hold ``=``.
        option: where they were given, for messages.

    Raises:
        UsageError: a word is neither.

    """
    general: int | None = None
    by_label: dict[str, int] = {}
    for word in words:
        label, equals, text = word.rpartition("=")
        time_us = _microseconds(text, word=word, option=option)
        if equals and label:
            by_label[label] = time_us
        else:
            general = time_us
    return general, by_label


def _microseconds(text: str, *, word: str, option: str) -> int:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _MOST_S:
        raise UsageError(f"{option} {word}: give seconds from 0 to {_MOST_S}, such as 8, or LABEL=8 for one label")
    return us_from_seconds(seconds)
