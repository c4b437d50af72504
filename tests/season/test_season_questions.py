"""Questions to a season: by DuckDB, which sees nothing else, and ready ones without it."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from seasonbundles import MadeMatch, write_made_bundle
from touchline.core.errors import InputError, UsageError
from touchline.season import SeasonFolder, ask_season, index_season, query_season
from touchline.season.questions import QUESTIONS


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> SeasonFolder:
    folder = tmp_path_factory.mktemp("season")
    paths = [
        write_made_bundle(folder / f"{name}.touchline", MadeMatch(minutes=2.0, passes=40, shots=3, seed=seed)).path
        for seed, name in enumerate(["one", "two"])
    ]
    names = ["bundle,team,person,name", *(f"{name},A,,Leeds" for name in ("one", "two"))]
    names += [f"{name},A,{n},Player {n}" for name in ("one", "two") for n in range(1, 12)]
    (folder / "teams.csv").write_text("\n".join(names))
    return index_season(paths, folder / "season.touchline", names=folder / "teams.csv").folder


def test_sql_sees_every_table(season: SeasonFolder) -> None:
    pytest.importorskip("duckdb")
    sql = "SELECT e.label, count(*) AS n FROM events e JOIN matches m USING (match) GROUP BY 1 ORDER BY n DESC"
    assert query_season(season, sql).to_pylist() == [{"label": "PASS", "n": 80}, {"label": "SHOT", "n": 6}]
    assert query_season(season.path, "SELECT 1; SELECT count(*) AS n FROM matches").to_pylist() == [{"n": 2}]
    shown = {row["name"] for row in query_season(season, "SHOW TABLES").to_pylist()}
    assert shown == {"matches", "events", "passes", "players", "player_halves", "tracks", "places", "keepers", "sound"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/season.touchline/events.parquet'",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY events TO '{folder}/stolen.csv'",
        "ATTACH '{folder}/other.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM sql",
        "CREATE TABLE t AS SELECT 1; EXPORT DATABASE '{folder}/dump'",
    ],
)
def test_sql_reaches_no_file_and_no_variable(season: SeasonFolder, sql: str) -> None:
    pytest.importorskip("duckdb")
    folder = season.path.parent
    (folder / "secret.csv").write_text("a\n1\n")
    before = sorted(folder.rglob("*"))
    with pytest.raises(UsageError, match="query: "):
        query_season(season, sql.format(folder=folder))
    assert sorted(folder.rglob("*")) == before


def test_a_wrong_query_says_what_was_meant(season: SeasonFolder) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(UsageError, match='evnts does not exist! Did you mean "events"'):
        query_season(season, "SELECT * FROM evnts")


def test_without_duckdb_the_line_to_install_it_is_named(season: SeasonFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "duckdb":
            raise ModuleNotFoundError("No module named 'duckdb'", name="duckdb")
        return plain(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "duckdb", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"needs duckdb: pip install 'touchline\[season\]'; --ask answers"):
        query_season(season, "SELECT 1")
    for question in QUESTIONS:
        assert ask_season(season, question).num_rows > 0


def test_passes_are_counted_by_pair_over_matches(season: SeasonFolder) -> None:
    rows = ask_season(season, "passes").to_pylist()
    complete = [row for row in season.read("passes").to_pylist() if row["outcome"] == "complete"]
    assert sum(row["passes"] for row in rows) == len(complete)
    best = rows[0]
    assert best["passes"] == sum(
        (row["from_id"], row["to_id"], row["team_id"]) == (best["from_id"], best["to_id"], best["team_id"])
        for row in complete
    )


def test_players_add_up_over_matches(season: SeasonFolder) -> None:
    rows = ask_season(season, "players").to_pylist()
    assert len(rows) == 11 + 22, "named players are one over both matches, the others one a match"
    (ninth,) = (row for row in rows if row["player"] == "Player 9")
    parts = [row for row in season.read("players").to_pylist() if row["player"] == "Player 9"]
    assert (ninth["person_id"], ninth["matches"]) == ("Leeds/Player 9", 2)
    assert ninth["distance_m"] == pytest.approx(sum(row["distance_m"] for row in parts))
    known_s = sum(row["known_s"] for row in parts)
    assert ninth["metres_per_minute"] == pytest.approx(ninth["distance_m"] / known_s * 60)


def test_keepers_are_compared_with_the_average(season: SeasonFolder) -> None:
    rows = ask_season(season, "keepers").to_pylist()
    assert [(row["keeper"], row["match"], row["on_target"], row["saved"]) for row in rows] == [
        ("Keeper B", "one", 3, 2),
        ("Keeper B", "two", 3, 2),
    ]
    assert rows[0]["expected"] == pytest.approx(1.8) and rows[0]["techniques"] == "Set 3"
    assert rows[0]["above_low"] < rows[0]["above"] < rows[0]["above_high"]


def test_shots_and_labels_and_matches(season: SeasonFolder) -> None:
    assert [row["label"] for row in ask_season(season, "shots").to_pylist()] == ["SHOT"] * 6
    assert ask_season(season, "labels").to_pylist()[0]["events"] == 80
    first = ask_season(season, "matches").to_pylist()[0]
    assert (first["match"], first["events"], first["passes"]) == ("one", 43, 40)


def test_the_rows_of_a_file_of_names_can_be_given_back(season: SeasonFolder, tmp_path: Path) -> None:
    from touchline.formats.files.csv_rows import csv_text
    from touchline.season import read_names

    rows = ask_season(season, "names").to_pylist()
    (tmp_path / "names.csv").write_text(csv_text([list(rows[0]), *(list(row.values()) for row in rows)]))
    names = read_names(tmp_path / "names.csv")
    assert names.teams == {("one", "A"): "Leeds", ("two", "A"): "Leeds"}, "colours of shirts are no names"
    assert names.players[("two", 11)] == "Player 11" and len(names.players) == 22
    assert {row["hint"] for row in rows if row["person"] == "12"} == {"2.0 minutes seen"}


def test_an_unknown_question_and_a_folder_without_a_season_are_named(season: SeasonFolder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such question; did you mean 'players'"):
        ask_season(season, "player")
    with pytest.raises(InputError, match=r"season\.json"):
        ask_season(tmp_path, "players")
