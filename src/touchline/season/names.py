"""Names of matches, teams and players from a CSV file, and their place in the tables.

Columns ``bundle``, ``team``, ``person``, ``name`` and, optionally, ``date``::

    bundle,team,person,name,date
    round-1/leeds-hull,,,Leeds - Hull,2026-03-01
    round-1/leeds-hull,A,,Leeds,
    round-1/leeds-hull,A,4,Aaronson,

A row without a team names the match, one without a person the team, and the others name players. Rows without a name
wait for one; further columns are ignored. A name that a review gave comes before that of the file, as a person decided
on it with the video before him.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.core.errors import InputError
from touchline.formats.bundle import SUFFIX
from touchline.formats.files.csv_rows import read_csv
from touchline.season import tables

if TYPE_CHECKING:
    import pyarrow as pa

_NEEDED = ("bundle", "team", "person", "name")
_TEAMS = ("A", "B")


@dataclass(frozen=True, slots=True)
class Names:
    """The rows of a file of names.

    Attributes:
        matches: bundle -> name and date.
        teams: (bundle, team) -> name.
        players: (bundle, person) -> name.
        digest: changes with the content; "" without a file.

    """

    matches: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    teams: Mapping[tuple[str, str], str] = field(default_factory=dict)
    players: Mapping[tuple[str, int], str] = field(default_factory=dict)
    digest: str = ""

    @property
    def bundles(self) -> set[str]:
        """The bundles that are named, as written."""
        return {*self.matches, *(bundle for bundle, _ in self.teams), *(bundle for bundle, _ in self.players)}


def read_names(path: Path) -> Names:
    """Read a file of names.

    Raises:
        InputError: it is missing, not CSV, lacks a column, or a row cannot be used; the message names the line.

    """
    table = read_csv(path)
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise InputError(f"{path}: column {missing[0]!r} is missing; it needs {', '.join(_NEEDED)} and may have date")
    matches: dict[str, tuple[str, str]] = {}
    teams: dict[tuple[str, str], str] = {}
    players: dict[tuple[str, int], str] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        cells = {name: (row.get(name) or "").strip() for name in (*_NEEDED, "date")}
        _put_row(cells, matches, teams, players, where=f"{path}: line {line}")
    text = json.dumps([sorted(matches.items()), sorted(teams.items()), sorted(players.items())])
    return Names(matches, teams, players, hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16])


def _put_row(
    cells: Mapping[str, str],
    matches: dict[str, tuple[str, str]],
    teams: dict[tuple[str, str], str],
    players: dict[tuple[str, int], str],
    *,
    where: str,
) -> None:
    """Put a row where it belongs.

    Raises:
        InputError: it names nobody, or the same one again.

    """
    bundle, team, person, name = (cells[column] for column in _NEEDED)
    bundle = bundle.replace("\\", "/").removesuffix("/").removesuffix(SUFFIX)
    if not name and not cells["date"]:
        return
    if not bundle:
        raise InputError(f"{where}: names {name!r:.40}, but no bundle")
    if not team and not person:
        _put(matches, bundle, (name, cells["date"]), where=where)
    elif team not in _TEAMS:
        raise InputError(f"{where}: team {team!r:.40} is not A or B")
    elif not person:
        _put(teams, (bundle, team), name, where=where)
    elif not (person.isdecimal() and person.isascii() and len(person) < 9):
        raise InputError(f"{where}: person {person!r:.40} is not a number of players.person")
    else:
        _put(players, (bundle, int(person)), name, where=where)


def _put(known: dict[Any, Any], key: object, value: object, *, where: str) -> None:
    if known.setdefault(key, value) != value:
        raise InputError(f"{where}: names {key!r:.80} again, and otherwise")


def by_match(names: Names, matches: Sequence[str]) -> tuple[Names, list[str]]:
    """Return names with matches in place of bundles as written, and remarks on bundles that are no match or several.

    A bundle is written as its match, or as the last part of it if that is unique.
    """
    by_last: dict[str, list[str]] = {}
    for match in matches:
        by_last.setdefault(match.rpartition("/")[2], []).append(match)
    meant, remarks = {}, []
    for bundle in sorted(names.bundles):
        found = [bundle] if bundle in matches else by_last.get(bundle, [])
        if len(found) == 1:
            meant[bundle] = found[0]
        else:
            several = f"may be {' or '.join(found[:3])}; write more of the path" if found else "is not in the index"
            remarks.append(f"names: bundle {bundle!r:.80} {several}")
    keyed = Names(
        {meant[bundle]: value for bundle, value in names.matches.items() if bundle in meant},
        {(meant[bundle], team): name for (bundle, team), name in names.teams.items() if bundle in meant},
        {(meant[bundle], person): name for (bundle, person), name in names.players.items() if bundle in meant},
        names.digest,
    )
    return keyed, remarks


class Namer:
    """Gives the tables their columns of names, from given names, the file of names and the kits.

    Args:
        names: the names by match, see :func:`by_match`.
        matches: the rows of the table of matches.

    """

    def __init__(self, names: Names, matches: Iterable[Mapping[str, Any]]) -> None:
        self._names = names
        self._matches = {row["match"]: row for row in matches}

    def match_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row of the matches with its names."""
        match = row["match"]
        name, date = self._names.matches.get(match, ("", ""))
        teams = {f"team_{team.lower()}": self._team_name(match, team) for team in _TEAMS}
        return {**row, "name": name or match.rpartition("/")[2], "date": date or None, **teams}

    def name_table(self, name: str, table: pa.Table) -> pa.Table:
        """Return a table other than that of the matches with its names."""
        if "team" in table.schema.names:
            table = _set(table, ("match", "team"), {"team_id": self._team_id, "team_name": self._team_name})
        if name == tables.PASSES:
            for end in ("from", "to"):
                wanted = {f"{end}_id": self._person_id, f"{end}_player": self._player}
                table = _set(table, ("match", "team", f"{end}_person", f"{end}_given_name"), wanted)
        elif "person" in table.schema.names:
            wanted = {"person_id": self._person_id, "player": self._player}
            table = _set(table, ("match", "team", "person", "given_name"), wanted)
        if name == tables.KEEPERS:
            table = _replace(table, "keeper", _first_known(table["player"], table["keeper"]))
        return table

    def _named_team(self, match: str, team: str | None) -> str | None:
        """Return the name that somebody gave a team."""
        if team is None:
            return None
        given = self._matches[match].get(f"given_name_{team.lower()}") if team in _TEAMS else None
        return given or self._names.teams.get((match, team))

    def _team_name(self, match: str, team: str | None) -> str | None:
        if team is None or team not in _TEAMS:
            return team
        kit = self._matches[match].get(f"kit_name_{team.lower()}")
        return self._named_team(match, team) or (f"{kit} ({team})" if kit else f"team {team}")

    def _team_id(self, match: str, team: str | None) -> str | None:
        return None if team is None else self._named_team(match, team) or f"{match}/{team}"

    def _player(self, match: str, team: str | None, person: int | None, given_name: str | None) -> str | None:
        del team
        if given_name is not None:
            return given_name
        return None if person is None else self._names.players.get((match, person))

    def _person_id(self, match: str, team: str | None, person: int | None, given_name: str | None) -> str | None:
        player = self._player(match, team, person, given_name)
        if player is not None:
            return f"{self._named_team(match, team) or match}/{player}"
        return None if person is None else f"{match}/{person}"


def _set(table: pa.Table, keys: Sequence[str], wanted: Mapping[str, Callable[..., str | None]]) -> pa.Table:
    """Return a table with columns that depend on the columns ``keys``, computed once for each combination of these."""
    import pyarrow as pa
    from pyarrow import compute

    texts = [compute.fill_null(table[key].cast(pa.string()), "\0") for key in keys]
    joined = compute.binary_join_element_wise(*texts, "\1")
    coded = joined.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    firsts = compute.index_in(coded.dictionary, value_set=joined)
    rows = table.select(list(keys)).take(firsts).to_pylist()
    for name, function in wanted.items():
        values = pa.array([function(*row.values()) for row in rows], pa.string())
        table = _replace(table, name, values.take(coded.indices))
    return table


def _first_known(first: pa.ChunkedArray, second: pa.ChunkedArray) -> pa.ChunkedArray:
    from pyarrow import compute

    return compute.coalesce(first, second)


def _replace(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
