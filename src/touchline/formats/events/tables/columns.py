"""CSV files of other tools: the user names the columns, and what is in the others becomes attributes.

Fields are ``label``; ``time`` (of the event itself), ``start``, ``end``, ``duration`` in seconds or as a clock, also
with ``_ms`` in milliseconds and with ``_frame`` in frames; ``minutes``, ``seconds``, ``frames``, which are added up;
``confidence``, ``team``, ``player``, ``half`` and ``note``; and what a score board says: ``period``, ``match_time``,
``match_minute`` and ``score``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from touchline.core.clock import US_PER_S, ms_from_us, us_from_frame, us_from_ms
from touchline.core.errors import UsageError
from touchline.core.events import Event, Timeline
from touchline.core.suggestions import did_you_mean
from touchline.formats.events.attributes import attributes_value
from touchline.formats.events.event_format import ReadOptions
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import CONFIDENCE, HALF, INTERVAL, MATCH, NOTE, PLAYER, POINT, TEAM
from touchline.formats.events.match_times import MATCH_MINUTE, MATCH_TIME, PERIOD, SCORE
from touchline.formats.events.tables.csv_text import CsvTable, timeline_of
from touchline.formats.events.time_text import parse_seconds, seconds_text
from touchline.formats.files.decimals import Decimals, refuse_day_fractions
from touchline.formats.files.text_lines import read_text

_CLOCKS = ("minutes", "seconds", "frames")
_TIMES = tuple(f"{name}{unit}" for name in ("time", "start", "end", "duration") for unit in ("", "_ms", "_frame"))
_SECONDS = ("time", "start", "end")
_NUMBERS = (*_TIMES, *_CLOCKS, "confidence")
_MATCH = (PERIOD, MATCH_TIME, MATCH_MINUTE, SCORE)
_OTHERS = ("confidence", "team", "player", "half", "note", *_MATCH)
FIELDS = ("label", *_TIMES, *_CLOCKS, *_OTHERS)


def parse_columns(words: list[str]) -> dict[str, str]:
    """Return field -> column name from ``field=column`` words and files that hold one such pair a line.

    Raises:
        UsageError: a field is unknown, or a word is neither a pair nor a file.

    """
    columns: dict[str, str] = {}
    for word in words:
        if "=" not in word and not Path(word).is_file():
            raise UsageError(f"--columns {word}: neither a file nor FIELD=COLUMN, such as label=Name")
        for pair in [word] if "=" in word else _lines(Path(word)):
            field, _, column = (part.strip() for part in pair.partition("="))
            if field not in FIELDS or not column:
                near = did_you_mean(field, FIELDS) or f"; fields are {', '.join(FIELDS)}"
                place = "" if "=" in word else f" in {word}"
                raise UsageError(f"--columns {pair:.80}{place}: {field!r:.80} is no field{near}")
            columns[field] = column
    return columns


def _lines(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]


def held_by(columns: Mapping[str, str]) -> frozenset[str]:
    """Return the parts of an event that a file with these columns holds."""
    plain = {name for name in (CONFIDENCE, TEAM, PLAYER, HALF, NOTE) if name in columns}
    lengths = any(field.startswith(("end", "duration")) for field in columns)
    match = {MATCH} if MATCH_TIME in columns or MATCH_MINUTE in columns else set()
    return frozenset(plain | match | ({INTERVAL} if lengths else {POINT}) | ({POINT} if "time" in columns else set()))


def read_columns(table: CsvTable, *, options: ReadOptions, source: str) -> Timeline:
    """Return the events of a table by the user's columns.

    Raises:
        InputError: rows cannot be used; the first few are named.
        UsageError: no columns are given or a column does not exist, or frames are counted without a frame rate.

    """
    columns = options.columns
    _check(columns, table, source=source)
    if options.fps is None and any(field.endswith(("_frame", "frames")) for field in columns):
        raise UsageError(f"{source}: frames are counted, and the frame rate of the video is not known; give --fps")
    events: list[Event] = []
    problems: list[str] = []
    header = table.header
    seconds = [columns[field] for field in _SECONDS if field in columns]
    refuse_day_fractions(table.cells(seconds), source=source)
    decimals = table.decimals([columns[field] for field in _NUMBERS if field in columns])
    for line, cells in table.body():
        row = dict(zip(header, cells, strict=False))
        try:
            events.append(_event(row, columns, fps=options.fps or Fraction(1), decimals=decimals))
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    return timeline_of(events, problems, source=source)


def _check(columns: Mapping[str, str], table: CsvTable, *, source: str) -> None:
    shown = ", ".join(map(repr, table.header[:12]))
    if not columns:
        raise UsageError(f"{source}: columns are {shown}; name them with --columns, such as label=Name start=Position")
    missing = [column for column in columns.values() if column not in table.header]
    if missing:
        near = did_you_mean(missing[0], table.header)
        raise UsageError(f"{source}: has no column {missing[0]!r}{near}; its columns are {shown}")
    if "label" not in columns or not set(columns) & {*_CLOCKS, *_TIMES}:
        raise UsageError(f"{source}: --columns must name the columns of label and of start (or time, or minutes)")


def _event(row: Mapping[str, str], columns: Mapping[str, str], *, fps: Fraction, decimals: Decimals) -> Event:
    """Return the event of a row; ValueError if it is impossible."""
    cells = {field: row.get(column, "").strip() for field, column in columns.items()}
    cells |= {field: decimals.plain(cells[field]) for field in _NUMBERS if field in cells}
    if not cells["label"]:
        raise ValueError("has no label")
    start_us = _time(cells, "time", fps)
    if start_us is None:
        start_us = _time(cells, "start", fps)
    if start_us is None:
        start_us = _clock(cells, fps)
    end_us, length_us = _time(cells, "end", fps), _time(cells, "duration", fps)
    if end_us is None and length_us is not None:
        end_us = start_us + length_us
    used = set(columns.values())
    attributes = [(name, cell) for name, cell in row.items() if name not in used and cell.strip()]
    note = cells.get("note")
    return Event(
        label=cells["label"],
        start_us=start_us,
        end_us=None if end_us == start_us else end_us,
        confidence=float(cells.get("confidence") or "1"),
        team=cells.get("team") or None,
        player=cells.get("player") or None,
        half=int(cells.get("half") or 1),
        extra={**attributes_value(attributes), **({NOTE: note} if note else {}), **_match_values(cells)},
    )


def _match_values(cells: Mapping[str, str]) -> dict[str, object]:
    """Return what a score board said, where the row has it."""
    found: dict[str, object] = {name: cells[name] for name in _MATCH if cells.get(name)}
    return found if PERIOD not in found else {**found, PERIOD: int(cells[PERIOD])}


def _time(cells: Mapping[str, str], name: str, fps: Fraction) -> int | None:
    """Return a time of a row, microseconds, in whatever unit it is; None if the row has none."""
    if cells.get(name):
        return parse_seconds(cells[name])
    if cells.get(f"{name}_ms"):
        return us_from_ms(_number(cells[f"{name}_ms"]))
    if cells.get(f"{name}_frame"):
        return us_from_frame(round(_number(cells[f"{name}_frame"])), fps=fps)
    return None


def _clock(cells: Mapping[str, str], fps: Fraction) -> int:
    """Return minutes, seconds and frames of a row, added up."""
    if not any(cells.get(name) for name in _CLOCKS):
        raise ValueError("has no time")
    minutes, seconds, frames = (_number(cells.get(name) or "0") for name in _CLOCKS)
    return round((minutes * 60 + seconds) * US_PER_S) + us_from_frame(round(frames), fps=fps)


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e12:
        raise ValueError(f"{text!r} is not a number from 0 on")
    return value


def rows_by_columns(timeline: Timeline, context: ExportContext) -> Iterator[list[str]]:
    """Yield the header and the rows of a file with the user's columns.

    Raises:
        UsageError: frames are counted and neither frame times nor a frame rate are known.

    """
    columns = context.options.columns
    yield list(columns.values())
    for event in timeline:
        yield [_cell(field, event, columns, context) for field in columns]


def _cell(field: str, event: Event, columns: Mapping[str, str], context: ExportContext) -> str:
    """Return a cell: start, end and duration are the clip's, unless only a start is asked for."""
    if field in _TIMES:
        clip = any(name.startswith(("end", "duration")) for name in columns)
        start_us, end_us = context.span_us(event) if clip else (event.start_us, event.start_us)
        name, _, unit = field.partition("_")
        time_us = {"time": event.start_us, "start": start_us, "end": end_us, "duration": end_us - start_us}[name]
        return _in_unit(time_us, unit, context, start_us=start_us if name == "duration" else None)
    if field in _CLOCKS:
        minutes, rest_us = divmod(event.start_us, 60 * US_PER_S)
        if field == "minutes":
            return str(minutes)
        if "frames" not in columns:
            return seconds_text(rest_us)
        seconds, rest_us = divmod(rest_us, US_PER_S)
        return str(seconds) if field == "seconds" else str(_frame_in_second(event, context))
    values = {
        **{name: event.extra.get(name) for name in _MATCH},
        "label": event.label,
        "confidence": f"{event.confidence:g}",
        "team": event.team,
        "player": event.player,
        "half": event.half,
        "note": event.extra.get(NOTE),
    }
    return str(values[field] or "")


def _in_unit(time_us: int, unit: str, context: ExportContext, *, start_us: int | None) -> str:
    if unit == "ms":
        return str(ms_from_us(time_us))
    if unit != "frame":
        return str(round(time_us / US_PER_S)) if context.options.integer_times else seconds_text(time_us)
    frame_at = context.video.frame_at
    return str(frame_at(time_us) if start_us is None else frame_at(start_us + time_us) - frame_at(start_us))


def _frame_in_second(event: Event, context: ExportContext) -> int:
    """Return the frame of an event, counted from the start of its second."""
    second_us = event.start_us // US_PER_S * US_PER_S
    return context.video.frame_at(event.start_us) - context.video.frame_at(second_us)
