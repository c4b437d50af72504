"""The sections of the teams: pass network, heat maps, and the table of players."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from touchline.season import tables
from touchline.season.page.heat import heat_grid, heat_picture
from touchline.season.page.network import network
from touchline.season.page.rates import BY_MATCHES_FROM, Rate, rate, ratio, share
from touchline.season.page.values import Row, SeasonValues

MOST_TEAMS, MOST_PLAYERS, MOST_HEATS = 40, 40, 30
LEAST_MINUTES = 90.0
"""Minutes seen below which a player's rates are marked as those of a small sample."""
_LEAST_SEEN_S = 30.0
_LEAST_HEAT_S = 60.0
_KNOWN_OUTCOMES = ("complete", "intercepted", "out")
_MINUTE_S = 60.0


@dataclass(slots=True)
class _Team:
    """What is known of a team while its section is made."""

    team_id: str
    name: str
    rows: list[Row] = field(default_factory=list)

    @property
    def matches(self) -> list[str]:
        return sorted({row["match"] for row in self.rows})

    @property
    def seen_s(self) -> float:
        return float(sum(row["seen_s"] for row in self.rows))


def team_sections(values: SeasonValues) -> tuple[list[dict[str, Any]], int]:
    """Return the values of the sections of teams, and how many teams are left out."""
    teams: dict[str, _Team] = {}
    for row in values.players:
        if row["team_id"] is not None:
            teams.setdefault(row["team_id"], _Team(row["team_id"], row["team_name"])).rows.append(row)
    ordered = sorted(teams.values(), key=lambda team: (-len(team.matches), -team.seen_s, team.team_id))
    shown = ordered[:MOST_TEAMS]
    titles = _titles(shown, values)
    heats = _heats(values, [team.team_id for team in shown])
    pairs = _pairs(values, {team.team_id for team in shown})
    sections = [
        _section(team, values, pairs.get(team.team_id, []), heats, anchor=f"team-{number}", title=titles[team.team_id])
        for number, team in enumerate(sorted(shown, key=lambda team: _in_order(titles[team.team_id])), 1)
    ]
    return sections, len(ordered) - len(shown)


def _in_order(title: str) -> list[tuple[int, str]]:
    """Return a key that puts ``Club 10`` after ``Club 9``."""
    parts = re.split(r"([0-9]+)", title.casefold())
    return [(int(part), "") if part.isdecimal() and part.isascii() else (0, part) for part in parts]


def _titles(teams: Sequence[_Team], values: SeasonValues) -> dict[str, str]:
    """Return the title of each team: its name, with its match if other teams have the same."""
    names = {row["match"]: row["name"] for row in values.matches}
    same = Counter(team.name for team in teams)
    return {
        team.team_id: team.name if same[team.name] == 1 else f"{team.name}, {names[team.matches[0]]}" for team in teams
    }


def _section(
    team: _Team,
    values: SeasonValues,
    passes: Sequence[Row],
    heats: Mapping[tuple[str, str | None], Any],
    *,
    anchor: str,
    title: str,
) -> dict[str, Any]:
    by_person: dict[str, list[Row]] = {}
    for row in team.rows:
        by_person.setdefault(row["person_id"], []).append(row)
    persons = sorted(by_person.items(), key=lambda one: (-sum(row["seen_s"] for row in one[1]), one[0]))
    players = [_player(who, rows, values, matches=len(team.matches)) for who, rows in persons]
    players = [player for player in players if player["minutes"] * _MINUTE_S >= _LEAST_SEEN_S]
    heat = heats.get((team.team_id, None))
    return {
        "anchor": anchor,
        "title": title,
        "matches": len(team.matches),
        "players": players[:MOST_PLAYERS],
        "more_players": max(len(players) - MOST_PLAYERS, 0),
        "named": all(row["player"] is not None for row in team.rows),
        "network": _network(team, values, passes),
        "heat": heat,
        "heats": [
            {
                "name": name_of(rows[0], team_matches=len(team.matches), values=values),
                "heat": heats[(team.team_id, who)],
            }
            for who, rows in persons[:MOST_HEATS]
            if (team.team_id, who) in heats
        ],
        "few": len(team.matches) < BY_MATCHES_FROM,
    }


def name_of(row: Row, *, team_matches: int, values: SeasonValues) -> str:
    """Return a player's name; a number if he has none, with its match if the team has several."""
    if row["player"] is not None:
        return str(row["player"])
    number = f"no. {row['person']}"
    return number if team_matches == 1 else f"{number}, {values.matches[values.order[row['match']]]['name']}"


def _player(who: str, rows: Sequence[Row], values: SeasonValues, *, matches: int) -> dict[str, Any]:
    """Return a row of the table of players."""
    minutes = [row["seen_s"] / _MINUTE_S for row in rows]
    known = [row["known_s"] / _MINUTE_S for row in rows]
    own = [(who, row["match"]) for row in rows]
    outcomes = {name: [counts.get(key, 0) for key in own] for name, counts in values.pass_counts.items()}
    tried = _summed([outcomes[name] for name in _KNOWN_OUTCOMES if name in outcomes], count=len(rows))
    top = max(row["top_speed_mps"] for row in rows)
    return {
        "name": name_of(rows[0], team_matches=matches, values=values),
        "role": max(sorted({row["role"] for row in rows}), key=[row["role"] for row in rows].count),
        "matches": len(rows),
        "minutes": sum(minutes),
        "pace": ratio([row["distance_m"] for row in rows], known),
        "top_kmh": top * 3.6 if top else None,
        "sprints": ratio([90.0 * row["sprint_s"] for row in rows], known),
        "passes": rate(_summed(list(outcomes.values()), count=len(rows)), minutes, per=90.0),
        "complete": share(outcomes.get("complete", [0] * len(rows)), tried),
        "shots": rate([values.shot_counts.get(key, 0) for key in own], minutes, per=90.0),
        "few": len(rows) < BY_MATCHES_FROM or sum(minutes) < LEAST_MINUTES,
    }


def _summed(counts: Sequence[Sequence[int]], *, count: int) -> list[float]:
    return list(np.sum(np.asarray(counts, np.float64).reshape(-1, count), axis=0))


def _pairs(values: SeasonValues, teams: Iterable[str]) -> dict[str, list[Row]]:
    """Return completed passes of teams, counted by match and pair."""
    import pyarrow as pa
    from pyarrow import compute

    found = values.passes
    wanted = compute.is_in(found["team_id"], value_set=pa.array(sorted(teams), pa.string()))
    both = compute.and_(compute.is_valid(found["from_id"]), compute.is_valid(found["to_id"]))
    chosen = found.filter(compute.and_(compute.and_(wanted, both), compute.equal(found["outcome"], "complete")))
    keys = ["team_id", "match", "from_id", "to_id"]
    grouped = chosen.group_by(keys, use_threads=False).aggregate([([], "count_all")])
    rows: dict[str, list[Row]] = {}
    for row in grouped.to_pylist():
        rows.setdefault(row["team_id"], []).append(row)
    return rows


def _network(team: _Team, values: SeasonValues, passes: Sequence[Row]) -> dict[str, Any] | None:
    """Return the network of a team over the season; of one match if its players have no names over matches."""
    per_match = Counter[str]()
    for row in passes:
        per_match[row["match"]] += row["count_all"]
    if not per_match:
        return None
    chosen, match = _chosen_passes(team, passes, per_match)
    rows = team.rows if match is None else [row for row in team.rows if row["match"] == match]
    pairs = Counter[tuple[str, str]]()
    for row in chosen:
        pairs[(row["from_id"], row["to_id"])] += row["count_all"]
    places, turned = _places(rows)
    names = {row["person_id"]: name_of(row, team_matches=1, values=values) for row in rows}
    drawn = network(pairs, places, names)
    if drawn is None:
        return None
    title = None if match is None else values.matches[values.order[match]]["name"]
    return {**drawn, "passes": sum(pairs.values()), "of_match": title, "turned": turned}


def _chosen_passes(
    team: _Team, passes: Sequence[Row], per_match: Mapping[str, int]
) -> tuple[Sequence[Row], str | None]:
    """Return the passes to draw, and the match if they are those of one match of several."""
    if len(team.matches) == 1:
        return passes, None
    named = {row["person_id"] for row in team.rows if row["player"] is not None}
    of_named = [row for row in passes if row["from_id"] in named and row["to_id"] in named]
    if 2 * sum(row["count_all"] for row in of_named) >= sum(per_match.values()):
        return of_named, None
    match = min(per_match, key=lambda one: (-per_match[one], one))
    return [row for row in passes if row["match"] == match], match


def _places(rows: Sequence[Row]) -> tuple[dict[str, tuple[float, float]], bool]:
    """Return the mean place of each person over his seconds, and whether the team attacks to the right in all."""
    turned = all(row["forward_x_m"] is not None for row in rows if row["mean_x_m"] is not None)
    names = ("forward_x_m", "forward_y_m") if turned else ("mean_x_m", "mean_y_m")
    by_person: dict[str, list[tuple[float, float, float]]] = {}
    for row in rows:
        if row[names[0]] is not None and row["seen_s"] > 0:
            by_person.setdefault(row["person_id"], []).append((row["seen_s"], row[names[0]], row[names[1]]))
    means = {}
    for who, each in by_person.items():
        weights, x_m, y_m = np.array(each).T
        means[who] = (float(np.average(x_m, weights=weights)), float(np.average(y_m, weights=weights)))
    return means, turned


def _heats(values: SeasonValues, teams: Sequence[str]) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return heat maps by team and person, None for all of the team."""
    import pyarrow as pa
    from pyarrow import compute

    wanted = ["team_id", "person_id", "x_m", "y_m", "seconds", "forward"]
    found = values.folder.read(tables.PLACES, columns=wanted)
    found = found.filter(compute.is_in(found["team_id"], value_set=pa.array(teams, pa.string())))
    keys = ["team_id", "person_id", "x_m", "y_m"]
    summed = found.group_by(keys, use_threads=False).aggregate([("seconds", "sum"), ("forward", "min")])
    grouped: dict[tuple[str, str | None], list[tuple[float, float, float, bool]]] = {}
    columns = [summed[name].to_pylist() for name in (*keys, "seconds_sum", "forward_min")]
    for team, person, x_m, y_m, seconds, forward in zip(*columns, strict=True):
        row = (x_m, y_m, seconds, forward)
        grouped.setdefault((team, None), []).append(row)
        if person is not None:
            grouped.setdefault((team, person), []).append(row)
    return {key: _heat(rows) for key, rows in grouped.items() if sum(row[2] for row in rows) >= _LEAST_HEAT_S}


def _heat(rows: Sequence[tuple[float, float, float, bool]]) -> dict[str, Any]:
    x_m, y_m, seconds, forward = zip(*rows, strict=True)
    return {"picture": heat_picture(heat_grid(x_m, y_m, seconds)), "minutes": sum(seconds) / 60, "turned": all(forward)}


def shown_rate(value: Rate | None, *, digits: int = 1, scale: float = 1.0) -> dict[str, Any] | None:
    """Return a rate as the template shows it: value and interval in words."""
    if value is None:
        return None
    text = f"{scale * value.value:.{digits}f}"
    known = value.low == value.low
    interval = f"{scale * value.low:.{digits}f} to {scale * value.high:.{digits}f}" if known else ""
    return {"value": text, "interval": interval, "by_matches": value.by_matches}
