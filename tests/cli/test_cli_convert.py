"""``touchline convert``."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from touchline.cli.main import app
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import Bundle
from touchline.formats.soccernet.labels import read_labels, write_labels

runner = CliRunner()
TIMELINE = Timeline((Event("Goal", 61_000_000, team="home"), Event("Corner", 90_000_000)))


def run(*words: object, code: int = 0) -> Result:
    result = runner.invoke(app, ["convert", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def test_one_file(tmp_path: Path) -> None:
    write_labels(TIMELINE, tmp_path / "Labels-v2.json", game="league/season/a - b")
    result = run(tmp_path / "Labels-v2.json", tmp_path / "out" / "Labels.json", "--json", code=4)
    record: dict[str, Any] = json.loads(result.stdout)
    assert record["events"] == 1 and record["dropped"] == {"Corner": 1} and record["game"] == "league/season/a - b"
    assert "left out: 1 event of 'Corner' has no class there" in result.stderr
    assert json.loads((tmp_path / "out" / "Labels.json").read_text())["UrlLocal"] == "league/season/a - b"
    back = run(tmp_path / "out" / "Labels.json", tmp_path / "out", "--to", "results_spotting.json")
    assert "results_spotting.json: 1 event" in back.stdout


def test_a_bundle(tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path, Path("match.mp4"))
    bundle.write_events(TIMELINE)
    run(bundle.path, tmp_path / "Labels-v2.json")
    assert len(read_labels(tmp_path / "Labels-v2.json")) == 2
    assert json.loads((tmp_path / "Labels-v2.json").read_text())["UrlLocal"] == "match"


def test_folders_and_zips_game_by_game(tmp_path: Path) -> None:
    for game in ("a", "b"):
        (tmp_path / "set" / game).mkdir(parents=True)
        write_labels(TIMELINE, tmp_path / "set" / game / "Labels-v2.json", game=f"set/{game}")
    (tmp_path / "set" / "a" / "Labels.json").write_text("{}")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*.json"):
            archive.write(path, str(path.relative_to(tmp_path / "set")))
    for source in (tmp_path / "set", tmp_path / "set.zip"):
        out = tmp_path / f"out-{source.suffix}"
        result = run(source, out, "--to", "results_spotting.json", "--json")
        assert [json.loads(line)["game"] for line in result.stdout.splitlines()] == ["set/a", "set/b"]
        assert len(read_labels(out / "b" / "results_spotting.json")) == 2
    run(tmp_path / "set", tmp_path / "out", code=2)
    (tmp_path / "set" / "b" / "Labels-v2.json").write_text("{")
    run(tmp_path / "set", tmp_path / "out", "--to", "events.json", code=4)


def test_times_of_untrimmed_videos(tmp_path: Path) -> None:
    write_labels(TIMELINE, tmp_path / "Labels-v2.json", game="g")
    (tmp_path / "video.ini").write_text("[1_HQ.mkv]\nstart_time_second = 60\nduration_second = 10\n")
    words = (tmp_path / "Labels-v2.json", tmp_path / "out" / "Labels-v2.json", "--video-ini", tmp_path / "video.ini")
    assert "1 event outside the halves" in run(*words, code=4).output
    assert [event.start_us for event in read_labels(tmp_path / "out" / "Labels-v2.json")] == [1_000_000]


def test_what_is_not_there_is_told_with_how_to_get_it(tmp_path: Path) -> None:
    assert "SN-Labels" in run(tmp_path / "Labels-v2.json", tmp_path / "Labels.json", code=3).output
    assert "signed agreement" in run(tmp_path / "train.zip", tmp_path / "x", "--to", "events.json", code=3).output
    (tmp_path / "empty").mkdir()
    assert "holds no .json file" in run(tmp_path / "empty", tmp_path, "--to", "events.json", code=3).output
    write_labels(TIMELINE, tmp_path / "Labels-v2.json", game="g")
    assert "matches no event format" in run(tmp_path / "Labels-v2.json", tmp_path / "x.json", code=3).output


@pytest.mark.shared_data
def test_real_predictions_of_a_hundred_matches(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "soccernet" / "netvlad_v2_results_spotting_test.zip"
    result = run(source, tmp_path, "--to", "Labels-v2.json", "--json", code=4)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(found) == 100 and sum(record["events"] for record in found) == 27_678
    assert all(not record["dropped"] for record in found)
    assert all("confidences are not stored" in record["notes"][0] for record in found)
