"""Submissions of boxes and game states: names, columns, zips, and scores of one's own files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from touchline import Track, Tracks, evaluate
from touchline.cli.main import app
from touchline.formats.boxes.mot_tracks import SoccerNetMot, SportsMot
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import Bundle
from touchline.formats.events.export_context import ExportContext


def person(number: int, label: str, left: float) -> Track:
    frames = np.arange(3)
    boxes = np.array([[left + 2 * f, 20, left + 30 + 2 * f, 90] for f in frames], np.float32)
    places = np.array([[left / 10, 1]] * 3, np.float32)
    ones = np.ones(3, np.float32)
    return Track(number, label, frames * 40_000, frames, boxes, ones, ones > 0, positions_m=places)


TRACKS = Tracks(
    (person(1, "player", 100), person(2, "goalkeeper", 300), person(3, "referee", 500), person(4, "ball", 700)),
    (),
    1920,
    1080,
)


def export(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["export", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def bundles(folder: Path, *names: str) -> list[Path]:
    paths = []
    for name in names:
        bundle = Bundle.create(folder, Path(f"{name}.mp4"))
        write_tracks_parquet(bundle.path / "tracks.parquet", TRACKS)
        paths.append(bundle.path)
    return paths


def test_soccernets_files_have_everybody_and_no_class() -> None:
    rows = SoccerNetMot().content(TRACKS, context=ExportContext()).decode().splitlines()
    assert len(rows) == 12
    assert rows[0] == "1,1,100.00,20.00,30.00,70.00,1.0000,-1,-1,-1"


def test_sportsmots_files_have_players_only() -> None:
    rows = SportsMot().content(TRACKS, context=ExportContext()).decode().splitlines()
    assert {row.split(",")[1] for row in rows} == {"1", "2"}
    assert SportsMot().losses(TRACKS, context=ExportContext())[1] == "2 tracks of officials and the ball left out"


def test_a_zip_of_sequences_scores_one_against_its_own_truth(tmp_path: Path) -> None:
    zipped = tmp_path / "submission.zip"
    code, out, err = export(*bundles(tmp_path, "SNMOT-116", "SNMOT-117"), "--to", "soccernet-mot", "--out", zipped)
    assert code == 0, err
    assert f"{zipped}/SNMOT-116.txt: 12 boxes" in out
    with zipfile.ZipFile(zipped) as archive:
        assert archive.namelist() == ["SNMOT-116.txt", "SNMOT-117.txt"]
    for name in ("SNMOT-116", "SNMOT-117"):
        path = tmp_path / "test" / name / "gt" / "gt.txt"
        path.parent.mkdir(parents=True)
        path.write_bytes(SoccerNetMot().content(TRACKS, context=ExportContext()))
    assert evaluate.tracking(tmp_path / "test", zipped).total.results()["HOTA"] == 1


def test_game_states_have_the_image_ids_of_their_split(tmp_path: Path) -> None:
    zipped = tmp_path / "gsr.zip"
    found = bundles(tmp_path, "SNGS-116")
    code, out, err = export(*found, "--to", "gamestate", "--split", "test", "--out", zipped, "--json")
    assert (code, json.loads(out)["path"]) == (0, f"{zipped}/SNGS-116.json"), err
    with zipfile.ZipFile(zipped) as archive:
        rows = json.loads(archive.read("SNGS-116.json"))["predictions"]
    assert {row["image_id"] for row in rows} == {"3116000001", "3116000002", "3116000003"}
    assert len(rows) == 9
    assert "1 of 1 players have no shirt number" in err


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    found = bundles(tmp_path, "SNMOT-116")
    code, _, err = export(*found, "--to", "mot", "--out", tmp_path / "a.zip")
    assert (code, "--to mot is not handed in as a zip" in err) == (2, True)
    code, _, err = export(*found, "--to", "gamestate", "--split", "tset")
    assert (code, "did you mean 'test'" in err) == (2, True)
    assert not (tmp_path / "a.zip").exists()


def test_a_single_file_is_named_after_its_sequence(tmp_path: Path) -> None:
    export(*bundles(tmp_path, "v_00HRwkvvjtQ_c001"), "--to", "sportsmot", "--out", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["v_00HRwkvvjtQ_c001.txt"]


def test_a_bundle_of_tracks_alone_has_no_events(tmp_path: Path) -> None:
    code, _, err = export(*bundles(tmp_path, "match"), "--to", "csv")
    assert (code, "events.json" in err) == (3, True)
