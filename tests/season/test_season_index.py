"""The index of a season: what its tables hold, what is read again, what is left out, and two processes at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seasonbundles import MadeMatch, write_made_bundle, write_made_manifest
from touchline.core.corrections.history import Change
from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.core.events import Timeline
from touchline.formats.bundle import EVENTS, Bundle
from touchline.formats.corrections.writer import JournalWriter
from touchline.season import SeasonFolder, index_season
from touchline.season import tables as season_tables
from touchline.season.reading.match import MatchReader

SHORT = MadeMatch(minutes=1.0, passes=8, shots=2)


@pytest.fixture
def bundles(tmp_path: Path) -> list[Path]:
    """Three bundles in two folders."""
    names = ["round-1/leeds-hull", "round-1/derby-stoke", "round-2/hull-leeds"]
    return [
        write_made_bundle(tmp_path / f"{name}.touchline", MadeMatch(minutes=1.0, passes=8, shots=2, seed=number)).path
        for number, name in enumerate(names)
    ]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "season.touchline"


def rows(out: Path, table: str) -> list[dict]:
    return list(SeasonFolder(out).read(table).to_pylist())


def digest(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.glob("*.parquet"))}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Matches that are read, as they are."""
    found: list[str] = []
    plain = MatchReader.tables

    def noted(self: MatchReader) -> dict:
        found.append(self.place.match)
        return plain(self)

    monkeypatch.setattr(MatchReader, "tables", noted)
    return found


def test_tables_hold_what_the_bundles_hold(bundles: list[Path], out: Path) -> None:
    result = index_season(bundles, out)
    assert (result.matches, result.read, result.state.problems) == (3, 3, ())
    matches = rows(out, "matches")
    assert [row["match"] for row in matches] == ["round-1/derby-stoke", "round-1/leeds-hull", "round-2/hull-leeds"]
    first = matches[0]
    assert first["bundle"] == "../round-1/derby-stoke.touchline" and first["report"] is None
    assert first["models"] == [{"task": "spot", "name": "made-spotter", "sha256": "ab" * 32}]
    assert (first["duration_s"], first["in_play_s"], first["people"]) == (60.0, 30.0, 22)
    assert (first["team_a"], first["team_b"], first["verdict"], first["reviewed"]) == (
        "white (A)",
        "red (B)",
        "like",
        False,
    )
    assert first["parts"] == ["events", "tracks", "play", "sound", "keepers"]
    assert len(rows(out, "events")) == 30 and len(rows(out, "passes")) == 24
    assert len(rows(out, "players")) == 66 and len(rows(out, "keepers")) == 6
    assert [row["kind"] for row in rows(out, "sound")] == ["whistle"] * 3


def test_a_pass_names_both_players(bundles: list[Path], out: Path) -> None:
    index_season(bundles[:1], out)
    (first, *_) = rows(out, "passes")
    event = Bundle(bundles[0]).read_events().events[0]
    assert first["from_id"] == f"round-1/leeds-hull/{event.player}"
    assert first["to_id"] == f"round-1/leeds-hull/{event.extra['receiver']}"
    assert (first["outcome"], first["team_id"], first["team_name"]) == ("complete", "round-1/leeds-hull/A", "white (A)")


def test_columns_are_those_that_are_documented(bundles: list[Path], out: Path) -> None:
    index_season(bundles[:1], out)
    for name, columns in season_tables.TABLES.items():
        assert SeasonFolder(out).read(name).schema.names == [column.name for column in columns]


def test_only_what_changed_is_read_again(bundles: list[Path], out: Path, read: list[str]) -> None:
    index_season(bundles, out)
    assert len(read) == 3
    before = digest(out)
    assert not index_season(bundles, out).changed
    assert len(read) == 3 and digest(out) == before
    write_made_bundle(bundles[1], MadeMatch(minutes=1.0, passes=12, shots=2, seed=7))
    result = index_season(bundles, out)
    assert (read[3:], result.read, result.matches) == (["round-1/derby-stoke"], 1, 3)
    changed = digest(out)
    assert changed != before and len(rows(out, "passes")) == 28
    index_season(bundles, out, rebuild=True)
    assert digest(out) == changed, "tables built bit by bit are those built at once"


def test_a_bundle_that_went_leaves_the_index(bundles: list[Path], out: Path, read: list[str]) -> None:
    index_season(bundles, out)
    shutil.rmtree(bundles[2])
    result = index_season(bundles[:2], out)
    assert result.removed == ("round-2/hull-leeds",) and len(read) == 3
    assert {row["match"] for row in rows(out, "events")} == {"round-1/leeds-hull", "round-1/derby-stoke"}


@pytest.mark.robustness
@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("manifest.json", b"{", "not readable as JSON"),
        ("events.json", b'{"schema": "other"}', "not the file that the manifest lists"),
        ("tracks.parquet", b"PAR1", "not the file that the manifest lists"),
        ("corrections.jsonl", b"\xff\n\n{}\n", "corrections.jsonl"),
        ("keepers/index.json", b"[]", "index.json"),
    ],
)
def test_a_damaged_bundle_is_left_out_and_taken_in_once_mended(
    bundles: list[Path], out: Path, name: str, data: bytes, words: str
) -> None:
    path = bundles[0] / name
    kept = path.read_bytes() if path.exists() else None
    path.write_bytes(data)
    result = index_season(bundles, out)
    (problem,) = result.state.problems
    assert problem.match == "round-1/leeds-hull" and words in problem.problem
    assert result.matches == 2 and len(rows(out, "matches")) == 2
    assert index_season(bundles, out).read == 0, "it is not read again until it changes"
    path.unlink() if kept is None else path.write_bytes(kept)
    assert index_season(bundles, out).matches == 3


def test_damaged_content_that_the_manifest_lists_is_a_problem_too(bundles: list[Path], out: Path) -> None:
    (bundles[0] / EVENTS).write_text('{"schema": "touchline.events", "version": 1, "events": [{"label": ""}]}')
    write_made_manifest(Bundle(bundles[0]), SHORT)
    (problem,) = index_season(bundles, out).state.problems
    assert "events.json" in problem.problem and "not valid" in problem.problem


def test_corrected_events_count(bundles: list[Path], out: Path) -> None:
    bundle = Bundle(bundles[0])
    index_season(bundles[:1], out)
    before = rows(out, "events")
    added = {"label": "SHOT", "start_us": 1_000_000, "end_us": None, "team": "A", "player": "pl-abc123"}
    value = {**added, "visible": True, "half": 1, "confidence": 1.0, "state": "accepted", **_REST}
    rejected = {**json.loads((bundle.path / EVENTS).read_text())["events"][0]}
    wrong = {
        key: rejected[key] for key in ("label", "start_us", "end_us", "team", "player", "visible", "half", "confidence")
    }
    with JournalWriter(bundle.path / "corrections.jsonl", video_fingerprint="f", who="anna") as journal:
        journal.do(_change("player", "pl-abc123", {"name": "Smith", "number": 9, "team": "A"}))
        journal.do(_change("team", "A", {"name": "Leeds", "colour": None}))
        journal.do(_change("event", "p-0123456789ab", value))
        journal.do(_change("event", rejected["id"], {**wrong, "state": "rejected", **_REST}))
        journal.do(_change("reviewed", "spans", {"spans": [[0, 2_000_000]]}))
        journal.do(_change("track", "3", {"role": None, "team": None, "player": "pl-abc123", "same_as": None}))
    result = index_season(bundles[:1], out)
    assert result.read == 1
    after = rows(out, "events")
    assert rejected["id"] not in {row["event"] for row in after} and len(after) == len(before)
    (shot,) = (row for row in after if row["event"] == "p-0123456789ab")
    assert (shot["player"], shot["person_id"], shot["team_name"]) == ("9 Smith", "Leeds/9 Smith", "Leeds")
    assert shot["reviewed"] and shot["source"] == "review"
    (match,) = rows(out, "matches")
    assert (match["reviewed"], match["reviewed_s"], match["corrections"], match["team_a"]) == (True, 2.0, 6, "Leeds")
    (smith,) = (row for row in rows(out, "players") if row["player"] == "9 Smith")
    assert (smith["person"], smith["person_id"]) == (3, "Leeds/9 Smith")


_REST = {"note": "", "point_px": None, "point_m": None, "lead_us": None, "lag_us": None}


def _change(what: str, name: str, after: dict) -> Change:
    return Change(what, name, None, after)


def test_two_at_once_are_refused_and_readers_go_on(bundles: list[Path], out: Path) -> None:
    index_season(bundles, out)
    with SeasonFolder(out).locked():
        code = f"from touchline.season import index_season; index_season([], {str(out)!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
        assert "another touchline index is writing it" in done.stderr
        assert len(rows(out, "matches")) == 3
    with SeasonFolder(out).locked(), pytest.raises(ResourceError, match="another"):
        index_season(bundles, out)


def test_tables_that_do_not_belong_together_are_found_and_built_again(
    bundles: list[Path], out: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("touchline.season.folder._PAUSE_S", 0.0)
    index_season(bundles, out)
    state = json.loads((out / "season.json").read_text())
    (out / "season.json").write_text(json.dumps({**state, "generation": "of-another-writer"}))
    with pytest.raises(InputError, match="do not belong together"):
        SeasonFolder(out).checked_state()
    assert index_season(bundles, out).read == 3
    assert SeasonFolder(out).checked_state().generation == state["generation"]


def test_a_stopped_run_goes_on_from_what_it_had(bundles: list[Path], out: Path, read: list[str]) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_season(bundles, out, progress=stop)
    assert len(rows(out, "matches")) == 2
    result = index_season(bundles, out)
    assert (result.read, result.matches, len(read)) == (1, 3, 3)


def test_a_folder_of_something_else_is_left_alone(bundles: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="something else"):
        index_season(bundles, bundles[0])
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="not a folder"):
        index_season(bundles, tmp_path / "file")


def test_an_empty_bundle_of_events_only_is_a_match(tmp_path: Path, out: Path) -> None:
    bundle = Bundle(tmp_path / "plain.touchline")
    bundle.path.mkdir()
    bundle.write_events(Timeline())
    write_made_manifest(bundle, SHORT)
    assert index_season([bundle.path], out).matches == 1
    assert rows(out, "players") == [] and rows(out, "matches")[0]["parts"] == ["events"]
