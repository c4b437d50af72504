"""Names of matches, teams and players from a file, and how they put matches together."""

from __future__ import annotations

from pathlib import Path

import pytest

from seasonbundles import MadeMatch, write_made_bundle
from touchline.core.errors import InputError
from touchline.season import SeasonFolder, index_season, read_names

CSV = """bundle,team,person,name,date
one,,,Leeds - Hull,2026-03-01
one,A,,Leeds,
one,A,4,Aaronson,
two.touchline,B,,Leeds,
round/two,B,15,Aaronson,
two,A,3,,
nowhere,A,,Nobody,
"""


def test_the_same_name_puts_matches_together(tmp_path: Path) -> None:
    paths = [tmp_path / "one.touchline", tmp_path / "round" / "two.touchline"]
    for path in paths:
        write_made_bundle(path, MadeMatch(minutes=1.0, passes=8))
    (tmp_path / "teams.csv").write_text(CSV)
    result = index_season(paths, tmp_path / "season.touchline", names=tmp_path / "teams.csv")
    assert result.remarks == ("names: bundle 'nowhere' is not in the index",)
    players = [row for row in result.folder.read("players").to_pylist() if row["person_id"] == "Leeds/Aaronson"]
    assert [(row["match"], row["person"], row["team_name"]) for row in players] == [
        ("one", 4, "Leeds"),
        ("round/two", 15, "Leeds"),
    ]
    first, second = result.folder.read("matches").to_pylist()
    assert (first["name"], first["date"], first["team_a"], first["team_b"]) == (
        "Leeds - Hull",
        "2026-03-01",
        "Leeds",
        "red (B)",
    )
    assert (second["name"], second["date"], second["team_b"]) == ("two", None, "Leeds")
    passes = result.folder.read("passes").to_pylist()
    assert {row["from_player"] for row in passes if row["from_person"] == 4 and row["match"] == "one"} <= {"Aaronson"}
    assert index_season(paths, tmp_path / "season.touchline").changed is False, "the names of the last time are kept"


def test_new_names_need_no_bundle_again(tmp_path: Path) -> None:
    path = write_made_bundle(tmp_path / "one.touchline", MadeMatch(minutes=1.0)).path
    out = tmp_path / "season.touchline"
    index_season([path], out)
    (tmp_path / "names.csv").write_text("bundle;team;person;name\none;A;;Leeds\n")
    result = index_season([path], out, names=tmp_path / "names.csv")
    assert (result.read, result.changed) == (0, True)
    assert {row["team_id"] for row in SeasonFolder(out).read("players").to_pylist()} == {"Leeds", "one/B"}


@pytest.mark.robustness
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bundle,team,name\n", "column 'person' is missing"),
        ("bundle,team,person,name\none,C,,Leeds\n", "line 2: team 'C' is not A or B"),
        ("bundle,team,person,name\none,A,x,Leeds\n", "line 2: person 'x' is not a number"),
        ("bundle,team,person,name\none,A,,Leeds\none,A,,Hull\n", "line 3: names"),
        ("bundle,team,person,name\n,A,,Leeds\n", "line 2: names 'Leeds', but no bundle"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "names.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_names(tmp_path / "names.csv")
