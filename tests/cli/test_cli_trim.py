"""``touchline convert`` of halves: HQ videos cut to their half by video.ini, and events that get the half of a name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from makevideo import read_number, write_numbered
from touchline.cli.main import app
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import Bundle
from touchline.formats.soccernet.labels import read_labels
from touchline.media.video import VideoReader, probe

GAME = "england_epl/2014-2015/2015-02-21 - 18-00 Chelsea 1 - 1 Burnley"
S = 1_000_000
runner = CliRunner()


def run(*words: object, code: int = 0) -> Result:
    result = runner.invoke(app, ["convert", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def numbers(video: Path) -> list[int]:
    with VideoReader(video) as reader:
        return [read_number(frame.luma) for frame in reader.frames()]


def hq_game(root: Path, *, start_s: float, duration_s: float = 2.0, tone: np.ndarray | None = None) -> Path:
    """A game with an untrimmed first half: 100 frames at 25 per second, a key frame every 12."""
    folder = root / GAME
    folder.mkdir(parents=True)
    write_numbered(folder / "1_HQ.mkv", frames=100, tone=tone)
    ini = f"[1_HQ.mkv]\nstart_time_second = {start_s}\nduration_second = {duration_s}\n"
    (folder / "video.ini").write_text(ini)
    return folder


@pytest.mark.parametrize("name", ["1_720p.mkv", "half.mp4"])
def test_a_half_that_begins_at_a_key_frame_is_copied(tmp_path: Path, name: str) -> None:
    game = hq_game(tmp_path, start_s=0.96)
    result = run(game / "1_HQ.mkv", tmp_path / name, "--json")
    record = json.loads(result.stdout)
    assert record["copied"] and record["start_us"] == 960_000 and record["early_us"] == 0
    assert numbers(tmp_path / name)[:50] == list(range(24, 74))


@pytest.mark.parametrize("name", ["1_720p.mkv", "half.mp4"])
def test_another_half_is_encoded_from_its_exact_frame_on(tmp_path: Path, name: str) -> None:
    tone = np.sin(np.arange(48_000 * 4) / 20).astype(np.float32)
    game = hq_game(tmp_path, start_s=1.0, tone=tone)
    result = run(game / "1_HQ.mkv", tmp_path / name)
    assert "encoded again to the exact frame" in result.stdout
    assert numbers(tmp_path / name) == list(range(25, 75))
    assert probe(tmp_path / name).has_audio


def test_fast_copies_from_the_key_frame_before_and_says_how_early(tmp_path: Path) -> None:
    game = hq_game(tmp_path, start_s=1.1)
    result = run(game / "1_HQ.mkv", tmp_path / "half.mkv", "--fast", "--json")
    assert json.loads(result.stdout)["early_us"] == 140_000
    assert numbers(tmp_path / "half.mkv")[0] == 24


def test_a_video_that_ends_before_its_half_is_degraded(tmp_path: Path) -> None:
    game = hq_game(tmp_path, start_s=1.0, duration_s=60.0)
    result = run(game / "1_HQ.mkv", tmp_path / "half.mkv", code=4)
    assert "the half goes on until 1:01.000, the video ends at 0:04.000" in result.stderr


def test_what_is_missing_or_wrong_is_named(tmp_path: Path) -> None:
    game = hq_game(tmp_path, start_s=1.0)
    (game / "2_HQ.mkv").write_bytes((game / "1_HQ.mkv").read_bytes())
    assert "names the halves [1], not half 2" in run(game / "2_HQ.mkv", tmp_path / "a.mkv", code=3).stderr
    other = (game / "2_HQ.mkv").rename(game / "match.mkv")
    assert "give --half 1 or 2" in run(other, tmp_path / "a.mkv", code=2).stderr
    run(other, tmp_path / "a.mkv", "--half", "1")
    assert "an ending of a video too" in run(other, tmp_path / "a.json", code=2).stderr
    assert "one of these endings" in run(game / "1_HQ.mkv", tmp_path / "a.avi", code=2).stderr
    (game / "video.ini").unlink()
    assert "signed agreement" in run(game / "1_HQ.mkv", tmp_path / "a.mkv", code=3).stderr
    assert "1_HQ.mkv" in run(tmp_path / "1_HQ.mkv", tmp_path / "a.mkv", code=3).stderr


def test_events_get_the_half_of_their_file_or_of_the_option(tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path / GAME, Path("2_720p.mkv"))
    bundle.write_events(Timeline((Event("Goal", 61 * S),)))
    run(bundle.path, tmp_path / "Labels-v2.json")
    document = json.loads((tmp_path / "Labels-v2.json").read_text())
    assert document["UrlLocal"] == GAME and document["annotations"][0]["gameTime"] == "2 - 01:01"
    (tmp_path / "tags.csv").write_text("label,start\nGoal,61\n")
    columns = ("--columns", "label=label", "--columns", "start=start")
    result = run(tmp_path / "tags.csv", tmp_path / "Labels-v2.json", *columns, "--half", "3")
    assert "SoccerNet's evaluation leaves out halves other than 1 and 2: 1 of half 3" in result.output
    assert [event.half for event in read_labels(tmp_path / "Labels-v2.json")] == [3]
    rows = [{"gameTime": f"{half} - 00:01", "label": "Goal", "position": "1000"} for half in (1, 2)]
    (tmp_path / "Labels-v2.json").write_text(json.dumps({"annotations": rows}))
    done = run(tmp_path / "Labels-v2.json", tmp_path / "out.csv", "--half", "2", code=2)
    assert "of the halves 1 and 2" in done.stderr
