"""Building the index of a season from bundles: only those that changed are read, and those that went are left out."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from touchline.core.errors import InputError
from touchline.season import tables
from touchline.season.folder import IndexedBundle, SeasonFolder, SeasonState
from touchline.season.names import Namer, Names, by_match, read_names
from touchline.season.reading.match import MatchReader, Place, relative, stamp_of

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]
"""Called with the number of bundles done and their total."""
SAVED_EVERY_S = 60.0
"""A long run writes what it has every so often, so that a stopped one goes on from there."""
_Parts = dict[str, dict[str, "pa.Table"]]
"""Match -> table -> rows."""


@dataclass(frozen=True, slots=True)
class IndexResult:
    """What became of an index.

    Attributes:
        folder: the folder of the season.
        state: its bundles.
        read: how many bundles were read; the others had not changed.
        removed: matches that are no longer in it.
        remarks: on the names, in words.
        changed: whether the tables were written.

    """

    folder: SeasonFolder
    state: SeasonState
    read: int
    removed: tuple[str, ...]
    remarks: tuple[str, ...]
    changed: bool

    @property
    def matches(self) -> int:
        """Number of matches in the index."""
        return len(self.state.bundles) - len(self.state.problems)


def index_season(
    bundles: Iterable[Path | str],
    out: Path | str,
    *,
    names: Path | str | None = None,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> IndexResult:
    """Put the results of many bundles into the tables of a season.

    Bundles are only read. One that cannot be read is left out, with the reason in :attr:`SeasonState.problems`. A run
    that was stopped goes on from what it had saved.

    Args:
        bundles: all bundles of the season; what is in the index and not among them is removed from it.
        out: folder of the season.
        names: CSV with the names of matches, teams and players; None uses that of the last time, if it is still there.
        rebuild: read all bundles again.
        progress: called after each bundle.

    Raises:
        InputError: the names cannot be used.
        UsageError: ``out`` holds something else.
        ResourceError: ``out`` cannot be written, or another process writes it.

    """
    folder = SeasonFolder(Path(out))
    with folder.locked():
        before, kept = (SeasonState(), {}) if rebuild else _what_is_there(folder)
        named = _names_path(names, before, folder)
        known = Names() if named is None else read_names(named)
        places = sorted((Place(Path(path), folder.path) for path in bundles), key=lambda place: place.match)
        build = _Build(folder, before, kept, known, "" if named is None else relative(named, folder.path))
        return build.run(places, progress=progress)


class _Build:
    """One run over all bundles."""

    def __init__(self, folder: SeasonFolder, before: SeasonState, kept: _Parts, names: Names, names_path: str) -> None:
        self._folder, self._before, self._parts = folder, before, kept
        self._names, self._names_path = names, names_path
        self._saved_s = time.monotonic()

    def run(self, places: Sequence[Place], *, progress: Progress | None) -> IndexResult:
        known = {one.bundle: one for one in self._before.bundles}
        stamped = [IndexedBundle(place.bundle, place.match, stamp_of(place.path), "") for place in places]
        waiting = []
        found: dict[str, IndexedBundle] = {}
        for place, one in zip(places, stamped, strict=True):
            old = known.get(one.bundle)
            if old is not None and old.stamp == one.stamp and (old.problem or old.match in self._parts):
                found[one.bundle] = old
            else:
                waiting.append((place, one))
        removed = tuple(one.match for one in self._before.bundles if one.bundle not in {p.bundle for p in places})
        self._drop({one.match for one in stamped} - {one.match for _, one in waiting})
        self._read(waiting, found, progress=progress)
        state = self._state(found.values())
        changed = bool(waiting or removed) or state != self._before
        remarks = self._save(state) if changed else by_match(self._names, _matches(state))[1]
        return IndexResult(self._folder, state, len(waiting), removed, tuple(remarks), changed)

    def _drop(self, matches: set[str]) -> None:
        """Keep only some matches of what was there."""
        self._parts = {match: parts for match, parts in self._parts.items() if match in matches}

    def _read(
        self,
        waiting: Sequence[tuple[Place, IndexedBundle]],
        found: dict[str, IndexedBundle],
        *,
        progress: Progress | None,
    ) -> None:
        """Read bundles into rows; a stopped run saves what it has."""
        try:
            for done, (place, one) in enumerate(waiting):
                if progress is not None:
                    progress(done, len(waiting))
                found[one.bundle] = self._indexed(place, one)
                if time.monotonic() - self._saved_s > SAVED_EVERY_S:
                    self._save(self._state(found.values()))
        except KeyboardInterrupt:
            self._save(self._state(found.values()))
            raise

    def _indexed(self, place: Place, one: IndexedBundle) -> IndexedBundle:
        """Read one bundle; return it, with the problem if it has one."""
        try:
            self._parts[one.match] = MatchReader(place).tables()
        except (InputError, OSError) as error:
            return replace(one, problem=str(error))
        return one

    def _state(self, bundles: Iterable[IndexedBundle]) -> SeasonState:
        ordered = tuple(sorted(bundles, key=lambda one: one.match))
        contents = [self._content(one.match) for one in ordered if not one.problem]
        text = "\n".join([str(tables.VERSION), self._names.digest, *contents])
        generation = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return SeasonState(generation, ordered, self._names_path, self._names.digest)

    def _content(self, match: str) -> str:
        row = self._parts[match][tables.MATCHES]
        return f"{match} {row['content'][0].as_py()}"

    def _save(self, state: SeasonState) -> list[str]:
        """Write the tables with their names; return remarks on these."""
        import pyarrow as pa

        ordered = _matches(state)
        names, remarks = by_match(self._names, ordered)
        joined = {
            name: pa.concat_tables([tables.schema_of(name).empty_table(), *(self._parts[m][name] for m in ordered)])
            for name in tables.TABLES
        }
        rows = joined[tables.MATCHES].to_pylist()
        namer = Namer(names, rows)
        joined[tables.MATCHES] = tables.table_of_rows(tables.MATCHES, [namer.match_row(row) for row in rows])
        for name in tables.TABLES:
            if name != tables.MATCHES and joined[name].num_rows:
                joined[name] = namer.name_table(name, joined[name])
        self._folder.write(joined, state)
        self._saved_s = time.monotonic()
        return remarks


def _matches(state: SeasonState) -> list[str]:
    """Return the matches that are in the tables."""
    return [one.match for one in state.bundles if not one.problem]


def _what_is_there(folder: SeasonFolder) -> tuple[SeasonState, _Parts]:
    """Return the bundles of an index and their rows; nothing if there is none that can be used."""
    try:
        state = folder.checked_state()
        found = {name: folder.read(name) for name in tables.TABLES}
    except InputError:
        return SeasonState(), {}
    parts: _Parts = {one.match: {} for one in state.bundles if not one.problem}
    for name, table in found.items():
        spans = _spans(table)
        for match in parts:
            start, end = spans.get(match, (0, 0))
            parts[match][name] = table.slice(start, end - start).replace_schema_metadata()
    return state, {match: tables_ for match, tables_ in parts.items() if tables_[tables.MATCHES].num_rows}


def _spans(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Return the rows of each match in a table in which those of a match are together."""
    if not table.num_rows:
        return {}
    coded = table["match"].combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy()
    edges: list[int] = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    words: list[Any] = coded.dictionary.to_pylist()
    return {words[codes[start]]: (start, end) for start, end in itertools.pairwise(edges)}


def _names_path(given: Path | str | None, before: SeasonState, folder: SeasonFolder) -> Path | None:
    """Return the file of names: the one that is given, else that of the last time if it is still there."""
    if given is not None:
        return Path(given)
    last = folder.path / before.names
    return last if before.names and last.is_file() else None
