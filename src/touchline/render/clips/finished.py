"""What a folder of clips holds already, so that a finished clip with the same settings is not cut again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.json_files import read_own_json
from touchline.formats.files.json_shapes import (
    Misfit,
    a_count,
    a_flag,
    a_name,
    a_text,
    a_whole,
    check,
    list_of,
    maybe,
    record,
    table_of,
)
from touchline.media.cutting.movie import CRF
from touchline.media.encoding.comments import comment_of
from touchline.media.encoding.h264 import PRESET
from touchline.media.encoding.replacing import remove_unfinished
from touchline.render.clips.match import Match
from touchline.render.clips.spans import Span

LIST = ".touchline-clips.json"
_VERSION = 1
_COMMENT = "touchline clip "


def _plain_name(value: Any, place: str) -> None:
    a_name(value, place)
    if Path(value).name != value:
        raise Misfit(value, "the name of a file in this folder", place)


_FINISHED = record(
    {"file": _plain_name, "size": a_count, "notes": list_of(a_text)},
    optional={
        "start_us": a_whole,
        "end_us": a_whole,
        "degraded": a_flag,
        "parts_us": maybe(table_of(list_of(a_whole, length=2))),
    },
)


@dataclass(frozen=True)
class Finished:
    """A finished file.

    Attributes:
        file: its name.
        size: bytes.
        start_us, end_us: what it shows, microseconds of the match's video.
        notes: what went wrong or differs, in words.
        degraded: whether a part of the video could not be read.
        parts_us: start and end of each part, for a reel.

    """

    file: str
    size: int
    start_us: int = 0
    end_us: int = 0
    notes: tuple[str, ...] = ()
    degraded: bool = False
    parts_us: Mapping[str, tuple[int, int]] | None = None


class FinishedFiles:
    """The list of finished files in a folder, by a key of everything that decides their content."""

    def __init__(self, folder: Path) -> None:
        """Read the list; a damaged one counts as empty, and files of killed runs are removed."""
        self._folder = folder
        remove_unfinished(folder)
        self._by_key: dict[str, Finished] = {}
        try:
            rows = read_own_json(folder / LIST, remedy="")["files"]
            check(rows, table_of(_FINISHED), source=folder / LIST, remedy="")
            self._by_key = {key: Finished(**{**row, "notes": tuple(row["notes"])}) for key, row in rows.items()}
        except (InputError, KeyError, TypeError, AttributeError):
            pass

    def find(self, key: str, *, name: str) -> Finished | None:
        """Return the finished file of a key, renamed if it has another name; None if it has to be made."""
        found = self._by_key.get(key)
        if found is None or not self._there(found):
            return None
        if found.file != name:
            if (self._folder / name).exists():
                return None
            (self._folder / found.file).rename(self._folder / name)
            found = Finished(**{**asdict(found), "file": name})
            self.add(key, found)
        return found

    def add(self, key: str, finished: Finished) -> None:
        """Note a finished file.

        Raises:
            ResourceError: the list cannot be written.

        """
        others = {k: row for k, row in self._by_key.items() if row.file != finished.file}
        self._by_key = {**others, key: finished}
        rows = {k: asdict(row) for k, row in self._by_key.items()}
        write_json_atomic(self._folder / LIST, {"version": _VERSION, "files": rows})

    def _there(self, finished: Finished) -> bool:
        path = self._folder / finished.file
        return path.is_file() and path.stat().st_size == finished.size


def check_replaceable(path: Path) -> None:
    """Raise an error if a file that was not made here would be replaced.

    Raises:
        UsageError: there is such a file.

    """
    if not path.exists():
        return
    if not comment_of(path).startswith(_COMMENT):
        raise UsageError(f"{path}: exists and is not a clip that touchline made; move it away or choose another --out")


def comment_for(key: str) -> str:
    """Return the text in a file's metadata that marks it as made here."""
    return f"{_COMMENT}{key}"


def clip_key(
    match: Match, span: Span, *, streams: tuple[int, int | None], fast: bool, titles: Sequence[str], twin: int
) -> str:
    """Return the key of a clip: the same for equal content of the video, span and settings.

    Args:
        match: where the clip comes from.
        span: what it shows.
        streams: index of the video stream, and of the sound track if the analysis has chosen one.
        fast: whether it is copied, not encoded.
        titles: texts that are burned in.
        twin: number of clips with the same span before it, so that each has its own file.

    """
    return _digest(
        {
            "video": match.fingerprint,
            "streams": list(streams),
            "span_us": [span.start_us, span.end_us],
            "how": "copied" if fast else [CRF, PRESET],
            "titles": list(titles),
            "twin": twin,
        }
    )


def reel_key(clips: Sequence[str], *, settings: Mapping[str, Any]) -> str:
    """Return the key of a reel of clips with these keys."""
    return _digest({"clips": list(clips), "settings": dict(settings)})


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps({"version": _VERSION, **content}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
