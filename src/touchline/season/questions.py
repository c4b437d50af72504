"""Ready questions to the tables of a season; they need no DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean
from touchline.season import tables
from touchline.season.folder import SeasonFolder

if TYPE_CHECKING:
    import pyarrow as pa

_MINUTES = 60.0
_NAME_COLUMNS = ("bundle", "team", "person", "name", "date", "hint")


@dataclass(frozen=True, slots=True)
class Question:
    """A ready question.

    Attributes:
        about: the question in words.
        answer: computes the answer from the folder of a season.

    """

    about: str
    answer: Callable[[SeasonFolder], pa.Table]


def ask_season(season: SeasonFolder | Path | str, question: str) -> pa.Table:
    """Return the answer to a ready question.

    Args:
        season: the folder of the season.
        question: one of :data:`QUESTIONS`.

    Raises:
        UsageError: there is no such question.
        InputError: the season cannot be read.

    """
    if question not in QUESTIONS:
        near = did_you_mean(question, list(QUESTIONS)) or f"; questions are {', '.join(QUESTIONS)}"
        raise UsageError(f"--ask {question}: no such question{near}")
    folder = season if isinstance(season, SeasonFolder) else SeasonFolder(Path(season))
    folder.checked_state()
    return QUESTIONS[question].answer(folder)


def _matches(folder: SeasonFolder) -> pa.Table:
    wanted = ["match", "name", "date", "team_a", "team_b", "duration_s", "verdict", "reviewed", "people"]
    found = folder.read(tables.MATCHES, columns=wanted)
    for table, name in ((tables.EVENTS, "events"), (tables.PASSES, "passes")):
        counts = folder.read(table, columns=["match"]).group_by("match").aggregate([([], "count_all")])
        found = _joined(found, counts.rename_columns(["match", name]), on="match")
    return found.sort_by("match")


def _labels(folder: SeasonFolder) -> pa.Table:
    events = folder.read(tables.EVENTS, columns=["match", "label", "confidence", "reviewed"])
    reviewed = events["reviewed"].cast("int32")
    events = events.set_column(events.schema.get_field_index("reviewed"), "reviewed", reviewed)
    return _grouped(
        events,
        ["label"],
        {
            "events": ([], "count_all"),
            "matches": ("match", "count_distinct"),
            "reviewed": ("reviewed", "sum"),
            "mean_confidence": ("confidence", "mean"),
        },
        by="events",
    )


def _passes(folder: SeasonFolder) -> pa.Table:
    from pyarrow import compute

    wanted = ["team_id", "team_name", "from_id", "from_player", "to_id", "to_player", "outcome"]
    found = folder.read(tables.PASSES, columns=wanted)
    complete = compute.and_(compute.equal(found["outcome"], "complete"), compute.is_valid(found["to_id"]))
    pairs = found.filter(compute.and_kleene(complete, compute.is_valid(found["from_id"]))).drop_columns(["outcome"])
    keys = ["team_id", "team_name", "from_id", "from_player", "to_id", "to_player"]
    return _grouped(pairs, keys, {"passes": ([], "count_all")}, by="passes")


def _shots(folder: SeasonFolder) -> pa.Table:
    from pyarrow import compute

    wanted = ["match", "half", "time_us", "label", "team_name", "person_id", "player", "x_m", "y_m", "attack"]
    found = folder.read(tables.EVENTS, columns=[*wanted, "confidence", "reviewed"])
    is_shot = compute.match_substring_regex(found["label"], "(?i)^(shots?\\b.*|goal)$")
    return found.filter(is_shot).sort_by([("match", "ascending"), ("time_us", "ascending")])


def _players(folder: SeasonFolder) -> pa.Table:
    from pyarrow import compute

    found = folder.read(tables.PLAYERS)
    rows = _grouped(
        found,
        ["person_id", "player", "team_id", "team_name"],
        {
            "matches": ("match", "count_distinct"),
            "seen_s": ("seen_s", "sum"),
            "known_s": ("known_s", "sum"),
            "distance_m": ("distance_m", "sum"),
            "sprint_s": ("sprint_s", "sum"),
            "top_speed_mps": ("top_speed_mps", "max"),
        },
        by="seen_s",
    )
    rate = compute.divide(rows["distance_m"], compute.divide(rows["known_s"], _MINUTES))
    known = compute.greater(rows["known_s"], 0.0)
    rate = compute.if_else(known, rate, None)
    rows = rows.append_column("metres_per_minute", rate)
    return rows.append_column("minutes_seen", compute.divide(rows["seen_s"], _MINUTES)).drop_columns(
        ["seen_s", "known_s"]
    )


def _keepers(folder: SeasonFolder) -> pa.Table:
    from touchline.season.keepers import keeper_records

    return keeper_records(folder.read(tables.KEEPERS))


def _names(folder: SeasonFolder) -> pa.Table:
    """Return the rows of a file of names: what the file of names gave stays, and the others wait for a name."""
    import pyarrow as pa

    players = folder.read(tables.PLAYERS, columns=["match", "team", "person", "player", "given_name", "seen_s"])
    by_team: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in players.to_pylist():
        if row["person"] is not None and row["given_name"] is None:
            by_team.setdefault((row["match"], row["team"]), []).append(row)
    rows: list[Mapping[str, object]] = []
    for match in folder.read(tables.MATCHES).to_pylist():
        name = "" if match["name"] == match["match"].rpartition("/")[2] else match["name"]
        rows.append(_name_row(match["match"], name=name, date=match["date"], hint=match["video"]))
        for team in "AB":
            shown = match[f"team_{team.lower()}"]
            kit = match[f"kit_name_{team.lower()}"]
            unnamed = shown in (f"{kit} ({team})", f"team {team}")
            rows.append(_name_row(match["match"], team, name="" if unnamed else shown, hint=kit))
            for row in sorted(by_team.get((match["match"], team), []), key=lambda row: -row["seen_s"]):
                hint = f"{row['seen_s'] / _MINUTES:.1f} minutes seen"
                rows.append(_name_row(match["match"], team, row["person"], name=row["player"], hint=hint))
    return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in _NAME_COLUMNS]))


def _name_row(
    bundle: str,
    team: str = "",
    person: int | None = None,
    *,
    name: str | None,
    hint: str | None,
    date: str | None = None,
) -> Mapping[str, object]:
    values = (bundle, team, "" if person is None else str(person), name or "", date or "", hint or "")
    return dict(zip(_NAME_COLUMNS, values, strict=True))


def _grouped(
    table: pa.Table, keys: Sequence[str], sums: Mapping[str, tuple[str | list[str], str]], *, by: str
) -> pa.Table:
    """Return sums by group, the largest first; groups without the first key are left out."""
    from pyarrow import compute

    found = table.filter(compute.is_valid(table[keys[0]])).group_by(list(keys), use_threads=False)
    answer = found.aggregate(list(sums.values())).rename_columns([*keys, *sums])
    order = [(by, "descending"), *((key, "ascending") for key in keys)]
    return answer.sort_by(order)


def _joined(table: pa.Table, other: pa.Table, *, on: str) -> pa.Table:
    """Return a table with the columns of another; missing counts are 0."""
    from pyarrow import compute

    found = table.join(other, on, join_type="left outer", use_threads=False)
    names = [name for name in other.schema.names if name != on]
    for name in names:
        index = found.schema.get_field_index(name)
        found = found.set_column(index, name, compute.fill_null(found[name], 0))
    return found


QUESTIONS: Mapping[str, Question] = {
    "matches": Question("the matches, with counts of events and passes", _matches),
    "labels": Question("how often each label occurs", _labels),
    "passes": Question("who passed to whom, and how often", _passes),
    "shots": Question("every shot and goal, with its place", _shots),
    "players": Question("the players, with minutes seen, distance and speed", _players),
    "keepers": Question("the keepers, with shots, saves and expected saves", _keepers),
    "names": Question("rows for a file of names, to fill in and give back with --names", _names),
}
"""The ready questions by name."""
