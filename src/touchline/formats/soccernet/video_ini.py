"""SoccerNet's ``video.ini``: the start of each half, from which labels count, in the untrimmed HQ videos."""

from __future__ import annotations

import configparser
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from touchline.core.clock import us_from_seconds
from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.formats.files.guard import guarded
from touchline.formats.files.json_files import read_bytes
from touchline.formats.soccernet.source import missing_advice

_HALF = re.compile(r"^([12])(_HQ)?\.mkv$")


@dataclass(frozen=True, slots=True)
class HalfSpan:
    """The span of a half in its video; the labels' clock is 0 at ``start_us``."""

    video: str
    start_us: int
    duration_us: int


@guarded("a video.ini", also=(configparser.Error,))
def read_video_ini(path: Path | str) -> Mapping[int, HalfSpan]:
    """Read half -> span.

    Raises:
        InputError: the file is missing or another kind of file, or has impossible values.

    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file{missing_advice(path.name)}")
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_bytes(path).decode("utf-8-sig"), source=str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a video.ini ({' '.join(str(error).split())})") from error
    halves = {}
    for name in parser.sections():
        match = _HALF.match(name)
        if match:
            halves[int(match[1])] = _span(parser[name], name=name, path=path)
    if not halves:
        raise InputError(f"{path}: names no half; its sections are {parser.sections()}, not 1_HQ.mkv and 2_HQ.mkv")
    return halves


def trimmed(timeline: Timeline, halves: Mapping[int, HalfSpan]) -> tuple[Timeline, int]:
    """Return events of untrimmed HQ videos on the labels' clock, and the number of events outside the halves.

    Raises:
        InputError: an event is of a half that ``video.ini`` does not name.

    """
    kept = []
    for event in timeline:
        span = halves.get(event.half)
        if span is None:
            raise InputError(f"video.ini names the halves {sorted(halves)}, but there are events of half {event.half}")
        start_us = event.start_us - span.start_us
        if 0 <= start_us < span.duration_us:
            end_us = None if event.end_us is None else event.end_us - span.start_us
            kept.append(replace(event, start_us=start_us, end_us=end_us))
    return Timeline(tuple(kept)), len(timeline) - len(kept)


def _span(section: Mapping[str, str], *, name: str, path: Path) -> HalfSpan:
    values = []
    for key in ("start_time_second", "duration_second"):
        try:
            value = float(section[key])
        except (KeyError, ValueError) as error:
            raise InputError(f"{path}: [{name}] has no number {key!r}: {dict(section)}") from error
        if not 0 <= value < math.inf:
            raise InputError(f"{path}: [{name}] {key} = {value}; it must be in seconds, 0 or more")
        values.append(us_from_seconds(value))
    return HalfSpan(name, values[0], values[1])
