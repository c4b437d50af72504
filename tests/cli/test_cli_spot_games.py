"""``touchline spot --games``: from folders to one result a game and a submission; a clear line for what is wrong."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.analysis.evaluate import spotting
from touchline.cli.main import app
from touchline.core.clock import ms_from_us
from touchline.formats.bundle import Bundle
from touchline.formats.features.vectors import read_features
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec, SuppressionSpec
from touchline.models.store import build_network, save_model
from touchline.spotting.spotter import Spotter, load_spotter
from touchline.spotting.stream_spotter import spot_streams

GAME = "england_epl/2014-2015/2015-02-21 - 18-00 Chelsea 1 - 1 Burnley"
BALL_GAME = "england_efl/2019-2020/2019-10-01 - Reading - Fulham"
Spot = Callable[..., Result]
runner = CliRunner()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two halves of different pictures and lengths, a whole game, and one at another rate."""
    folder = tmp_path_factory.mktemp("videos")
    sizes = {"width": 96, "height": 64}
    return {
        "first": write_numbered(folder / "first.mkv", frames=100, **sizes),
        "second": write_numbered(folder / "second.mkv", frames=150, first=300, **sizes),
        "whole": write_numbered(folder / "whole.mp4", frames=100, first=500, **sizes),
        "fast": write_numbered(folder / "fast.mkv", frames=200, first=100, fps=50, **sizes),
    }


@pytest.fixture(autouse=True)
def quick_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchline.cli.running.load_spotters", lambda names, **_: prepared(*names))


@cache
def prepared(name: str) -> Spotter:
    return load_spotter(name, device="cpu", backend="torch", threads=1)


@pytest.fixture
def root(tmp_path: Path, videos: dict[str, Path]) -> Path:
    """A folder with a game of two halves and one of a single video."""
    folder = tmp_path / "SoccerNet"
    put(folder / GAME / "1_720p.mkv", videos["first"])
    put(folder / GAME / "2_720p.mkv", videos["second"])
    put(folder / BALL_GAME / "720p.mp4", videos["whole"])
    return folder


def put(path: Path, video: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(video, path)
    return path


@pytest.fixture
def spot(model: Path) -> Spot:
    def run(*words: object) -> Result:
        return runner.invoke(app, ["spot", "--model", str(model), *map(str, words)], catch_exceptions=False)

    return run


def results_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results_spotting.json").read_text())


def records(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def errors(done: Result) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("touchline: error:")]


def test_a_game_gets_one_result_with_both_halves(spot: Spot, root: Path, tmp_path: Path) -> None:
    done = spot("--games", root, "--out", tmp_path / "out", "--zip", tmp_path / "sub" / "all.zip")
    assert done.exit_code == 0, done.output
    found = results_of(tmp_path / "out" / GAME)
    assert found["UrlLocal"] == GAME
    halves = [row["half"] for row in found["predictions"]]
    assert set(halves) == {"1", "2"} and halves == sorted(halves)
    assert {row["gameTime"][:4] for row in found["predictions"]} == {"1 - ", "2 - "}
    for half in ("1", "2"):
        bundle = Bundle(tmp_path / "out" / GAME / f"{half}_720p.touchline")
        candidates = bundle.read_candidates()
        assert [row["position"] for row in found["predictions"] if row["half"] == half] == [
            str(round(event.start_us / 1000)) for event in candidates
        ]
        assert {event.half for event in candidates} == {int(half)}
        assert json.loads((bundle.path / "results_spotting.json").read_text())["UrlLocal"] == GAME
    ball = results_of(tmp_path / "out" / BALL_GAME)
    assert ball["UrlLocal"] == BALL_GAME and {row["half"] for row in ball["predictions"]} == {"1"}
    with zipfile.ZipFile(tmp_path / "sub" / "all.zip") as archive:
        assert archive.namelist() == [f"{BALL_GAME}/results_spotting.json", f"{GAME}/results_spotting.json"]
        assert json.loads(archive.read(f"{GAME}/results_spotting.json")) == found
    assert not list(root.rglob("*.touchline"))


def test_a_second_run_reads_the_bundles_and_gives_the_same_bytes(spot: Spot, root: Path, tmp_path: Path) -> None:
    arguments = ("--games", root, "--out", tmp_path / "out", "--zip", tmp_path / "all.zip", "--json")
    spot(*arguments)
    before = (tmp_path / "all.zip").read_bytes()
    manifest = tmp_path / "out" / GAME / "1_720p.touchline" / "manifest.json"
    made = manifest.stat().st_mtime_ns
    found = records(spot(*arguments))
    assert (tmp_path / "all.zip").read_bytes() == before
    assert manifest.stat().st_mtime_ns == made
    assert [record["type"] for record in found] == ["game", "game", "submission"]
    assert found[1]["game"] == GAME and found[1]["sources"]["2"].endswith("2_720p.mkv")
    assert found[2] == {"type": "submission", "zip": str(tmp_path / "all.zip"), "games": 2}


def test_without_out_the_results_lie_in_the_games(spot: Spot, root: Path) -> None:
    assert spot("--games", root, "--split", "valid").exit_code == 3
    assert spot("--games", root, "--split", "test").exit_code == 4  # one game of the split is not there
    assert results_of(root / BALL_GAME)["UrlLocal"] == BALL_GAME
    assert (root / BALL_GAME / "720p.touchline" / "events.json").is_file()
    assert not (root / GAME / "results_spotting.json").exists()


def test_a_threshold_is_the_least_confidence_of_a_submission(spot: Spot, root: Path, tmp_path: Path) -> None:
    spot("--games", root, "--out", tmp_path / "all")
    every = results_of(tmp_path / "all" / GAME)["predictions"]
    middle = sorted(float(row["confidence"]) for row in every)[len(every) // 2]
    spot("--games", root, "--out", tmp_path / "sure", "--threshold", f"all={middle}")
    sure = results_of(tmp_path / "sure" / GAME)["predictions"]
    assert sure == [row for row in every if float(row["confidence"]) >= middle]
    assert 0 < len(sure) < len(every)


def test_two_videos_and_labels_are_scored_by_soccernets_own_evaluation(
    spot: Spot, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zip goes to SoccerNet's ``evaluate`` as it is; labels are some of the events found, so the score is known."""
    spot("--games", root, "--out", tmp_path / "out", "--zip", tmp_path / "all.zip")
    for game in (GAME, BALL_GAME):
        rows = results_of(tmp_path / "out" / game)["predictions"]
        truth = [{**row, "team": "home", "visibility": "visible"} for row in rows[::2]]
        labels = {"UrlLocal": f"{game}/", "annotations": [without(row, "half", "confidence") for row in truth]}
        (root / game / "Labels-ball.json").write_text(json.dumps(labels))
    ours = spotting(root, tmp_path / "all.zip", metric="at1", fps=25, labels=("PASS", "DRIVE"))
    assert ours.games == 2 and not ours.missing
    assert 0.1 < ours.average_map < 1
    assert spotting(root, tmp_path / "out", metric="at1", labels=("PASS", "DRIVE")).average_map == ours.average_map
    official = pytest.importorskip("SoccerNet.Evaluation.ActionSpotting")
    monkeypatch.setattr(official, "getListGames", lambda **_: [GAME, BALL_GAME])
    theirs = official.evaluate(
        SoccerNet_path=str(root),
        Predictions_path=str(tmp_path / "all.zip"),
        framerate=25,
        metric="at1",
        label_files="Labels-ball.json",
        dataset="SoccerNet",
        EVENT_DICTIONARY={"PASS": 0, "DRIVE": 1},
    )
    assert theirs["a_mAP"] == pytest.approx(ours.average_map, abs=1e-9)
    assert list(theirs["a_mAP_per_class"]) == pytest.approx(ours.record()["a_mAP_per_class"], abs=1e-9)


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def test_hq_videos_count_from_the_start_in_video_ini(spot: Spot, tmp_path: Path, videos: dict[str, Path]) -> None:
    root = tmp_path / "SoccerNet"
    for half, name in ((1, "first"), (2, "second")):
        put(root / GAME / f"{half}_HQ.mkv", videos[name])
    spans = ((1, 1.0, 2.5), (2, 0.5, 5.0))
    ini = "".join(f"[{h}_HQ.mkv]\nstart_time_second = {s}\nduration_second = {d}\n\n" for h, s, d in spans)
    (root / GAME / "video.ini").write_text(ini)
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = results_of(tmp_path / "out" / GAME)["predictions"]
    for half, start_s, length_s in spans:
        events = Bundle(tmp_path / "out" / GAME / f"{half}_HQ.touchline").read_candidates()
        expected = [event.start_us / 1e6 - start_s for event in events]
        got = [int(row["position"]) / 1000 for row in found if row["half"] == str(half)]
        assert got == pytest.approx([time for time in expected if 0 <= time < length_s], abs=1e-3)
    assert "outside the halves of video.ini" in done.stdout
    assert "untrimmed" not in done.stderr
    alone = spot(root / GAME / "1_HQ.mkv", "--out", tmp_path / "alone")
    assert "1_HQ.mkv: untrimmed, so times count from the start of the file" in alone.stderr


def test_hq_videos_without_video_ini_are_warned_of(spot: Spot, tmp_path: Path, videos: dict[str, Path]) -> None:
    root = tmp_path / "SoccerNet"
    put(root / GAME / "1_HQ.mkv", videos["first"])
    put(root / GAME / "2_HQ.mkv", videos["second"])
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert "1_HQ.mkv is untrimmed, and no video.ini says where half 1 begins" in done.stderr


def test_a_game_with_one_half_goes_on_with_it(spot: Spot, root: Path, tmp_path: Path) -> None:
    (root / GAME / "1_720p.mkv").unlink()
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert f"warning: {GAME}: half 1 has no video, so its events are missing from the results" in done.stderr
    assert {row["half"] for row in results_of(tmp_path / "out" / GAME)["predictions"]} == {"2"}
    assert (tmp_path / "out" / BALL_GAME / "results_spotting.json").is_file()


def test_a_broken_half_is_one_line_and_the_rest_goes_on(spot: Spot, root: Path, tmp_path: Path) -> None:
    (root / GAME / "2_720p.mkv").write_bytes(b"no video at all\n" * 400)
    done = spot("--games", root, "--out", tmp_path / "out", "--zip", tmp_path / "all.zip")
    assert done.exit_code == 4
    (line,) = [line for line in done.stderr.splitlines() if "2_720p.mkv" in line]
    assert line.startswith("touchline: error:")
    assert {row["half"] for row in results_of(tmp_path / "out" / GAME)["predictions"]} == {"1"}
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == 2


def test_a_game_of_two_broken_halves_fails_and_the_rest_goes_on(spot: Spot, root: Path, tmp_path: Path) -> None:
    for half in (1, 2):
        (root / GAME / f"{half}_720p.mkv").write_bytes(b"no video at all\n" * 400)
    done = spot("--games", root, "--out", tmp_path / "out", "--zip", tmp_path / "all.zip")
    assert done.exit_code == 4
    assert len(errors(done)) == 2
    assert not (tmp_path / "out" / GAME / "results_spotting.json").exists()
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == [f"{BALL_GAME}/results_spotting.json"]


def labels(folder: Path, *times_s: tuple[int, int], name: str = "Labels-v2.json") -> None:
    rows = [
        {
            "gameTime": f"{half} - {time // 60:02d}:{time % 60:02d}",
            "label": "Goal",
            "position": str(1000 * time),
            "team": "home",
            "visibility": "visible",
        }
        for half, time in times_s
    ]
    (folder / name).write_text(json.dumps({"UrlLocal": GAME, "annotations": rows}))


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("long") / "long.mkv", frames=120, fps=10, width=32, height=32)


def test_swapped_halves_are_seen_by_their_labels(
    spot: Spot, root: Path, tmp_path: Path, long_video: Path, videos: dict[str, Path]
) -> None:
    put(root / GAME / "1_720p.mkv", long_video)  # 12 s
    put(root / GAME / "2_720p.mkv", videos["first"])  # 4 s
    labels(root / GAME, (1, 3), (2, 11))
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert f"{GAME}: the halves look swapped: half 2 goes on until 0:11, 2_720p.mkv ends at 0:04" in done.stderr
    labels(root / GAME, (1, 11), (2, 3))
    assert spot("--games", root, "--out", tmp_path / "out").exit_code == 0


def test_labels_after_the_end_of_a_video_are_warned_of(spot: Spot, root: Path, tmp_path: Path) -> None:
    labels(root / GAME, (1, 2), (2, 300))
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert "2_720p.mkv ends at 0:06, but half 2 goes on until 5:00: it is cut short, or of another game" in done.stderr


def test_swapped_halves_are_seen_by_the_lengths_in_video_ini(
    spot: Spot, root: Path, tmp_path: Path, long_video: Path
) -> None:
    put(root / GAME / "1_720p.mkv", long_video)
    spans = ((1, 4), (2, 12))
    ini = "".join(f"[{h}_HQ.mkv]\nstart_time_second = 30\nduration_second = {d}\n\n" for h, d in spans)
    (root / GAME / "video.ini").write_text(ini)
    put(root / GAME / "2_720p.mkv", root / BALL_GAME / "720p.mp4")
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert "1_720p.mkv is as long as half 2 in video.ini, and 2_720p.mkv as half 1" in done.stderr


def test_one_video_twice_is_no_game(spot: Spot, root: Path, tmp_path: Path, videos: dict[str, Path]) -> None:
    put(root / GAME / "2_720p.mkv", videos["first"])
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    (line,) = errors(done)
    assert line.endswith("1_720p.mkv and 2_720p.mkv are the same video; get the other half again")


def test_two_frame_rates_are_remarked_on(spot: Spot, root: Path, tmp_path: Path, videos: dict[str, Path]) -> None:
    put(root / GAME / "2_720p.mkv", videos["fast"])
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "1_720p.mkv has 25 frames per second and 2_720p.mkv 50" in done.stderr


def test_other_videos_are_left_out_in_one_line(spot: Spot, root: Path, tmp_path: Path, videos: dict[str, Path]) -> None:
    put(root / "holiday.mp4", videos["whole"])
    put(root / GAME / "highlights.mp4", videos["whole"])
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 0
    (line,) = [line for line in done.stderr.splitlines() if "left out" in line]
    assert "holiday.mp4" in line and "highlights.mp4" in line
    (tmp_path / "others").mkdir()
    put(tmp_path / "others" / "holiday.mp4", videos["whole"])
    assert spot("--games", tmp_path / "others").exit_code == 3


def test_labels_without_videos_are_one_line(spot: Spot, root: Path, tmp_path: Path) -> None:
    for number in range(8):
        other = root / "england_epl" / "2015-2016" / f"game {number}"
        other.mkdir(parents=True)
        labels(other, (1, 5))
    done = spot("--games", root, "--out", tmp_path / "out")
    assert done.exit_code == 4
    (line,) = errors(done)
    assert "8 games have no video" in line and "and 5 more" in line and "agreement" in line
    assert (tmp_path / "out" / GAME / "results_spotting.json").is_file()


def test_a_list_of_games(spot: Spot, root: Path, tmp_path: Path) -> None:
    listed = tmp_path / "games.txt"
    listed.write_text(f"# mine\n{GAME}/\nspain_laliga/2014-2015/missing\n")
    done = spot("--games", root, "--split", listed, "--out", tmp_path / "out")
    assert done.exit_code == 4
    (line,) = errors(done)
    assert "1 game of the list not in" in line and "spain_laliga/2014-2015/missing" in line
    assert (tmp_path / "out" / GAME / "results_spotting.json").is_file()
    assert not (tmp_path / "out" / BALL_GAME).exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--zip", "a.zip"], "--zip a.zip belongs to whole games"),
        (["--split", "test"], "--split test belongs to whole games"),
        (["a.mp4", "--games", "."], "--games takes the videos of its folder"),
        (["--games", ".", "--half", "2"], "--half 2"),
        (["a.mp4", "b.mp4", "--half", "2"], "--half 2 belongs to one video"),
    ],
)
def test_options_that_do_not_fit(spot: Spot, words: list[str], message: str) -> None:
    done = spot(*words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_an_unknown_split_is_wrong_usage(spot: Spot, root: Path) -> None:
    done = spot("--games", root, "--split", "tset")
    assert done.exit_code == 2
    assert "did you mean 'test'" in done.stderr


def test_a_dry_run_estimates_every_video(spot: Spot, root: Path) -> None:
    done = spot("--games", root, "--dry-run", "--json")
    assert done.exit_code == 0
    assert [Path(record["video"]).name for record in records(done)] == ["720p.mp4", "1_720p.mkv", "2_720p.mkv"]


def test_a_single_half_has_its_half_from_its_name_or_from_the_option(
    spot: Spot, root: Path, tmp_path: Path, videos: dict[str, Path]
) -> None:
    spot(root / GAME / "2_720p.mkv", "--out", tmp_path / "a")
    found = json.loads((tmp_path / "a" / "2_720p.touchline" / "results_spotting.json").read_text())
    assert found["UrlLocal"] == GAME
    assert {row["half"] for row in found["predictions"]} == {"2"}
    spot(videos["first"], "--half", "3", "--out", tmp_path / "b")
    bundle = Bundle(tmp_path / "b" / "first.touchline")
    assert {event.half for event in bundle.read_events()} == {3}
    assert json.loads((bundle.path / "results_spotting.json").read_text())["UrlLocal"] == "first"
    spot(videos["first"], "--out", tmp_path / "b")
    assert {event.half for event in bundle.read_events()} == {1}


def test_videos_of_two_games_do_not_meet_in_out(
    spot: Spot, root: Path, tmp_path: Path, videos: dict[str, Path]
) -> None:
    other = put(root / Path(GAME).with_name("other") / "1_720p.mkv", videos["fast"])
    done = spot(root / GAME / "1_720p.mkv", root / GAME / "2_720p.mkv", other, "--out", tmp_path / "out")
    assert done.exit_code == 0
    named = {
        path.name: json.loads((path / "results_spotting.json").read_text())["UrlLocal"]
        for path in (tmp_path / "out").iterdir()
    }
    game = Path(named["1_720p.touchline"])
    assert named == {
        "1_720p.touchline": str(game),
        "2_720p.touchline": str(game),
        "1_720p-2.touchline": str(game.with_name("other")),
    }


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head over published features of 512 values, with random weights."""
    config = StreamHeadConfig(
        name="tiny-head",
        architecture="stream-head",
        network={
            "streams": {"picture": 512},
            "num_classes": 2,
            "head": "context",
            "head_arguments": {"window": 16, "inner": 16, "layers": 1, "heads": 2},
            "width": 16,
        },
        streams=(StreamSpec(name="picture", width=512, model="ResNET_TF2_PCA512"),),
        labels=("Goal", "Foul"),
        rate_hz=2.0,
        suppression=SuppressionSpec(window_s=2.0, floor=0.001),
        thresholds={"Goal": 0.001, "Foul": 0.001},
    )
    torch.manual_seed(3)
    return save_model(tmp_path_factory.mktemp("head") / "tiny-head.safetensors", build_network(config), config)


def features(root: Path, game: str, *halves: int) -> None:
    (root / game).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for half in halves:
        np.save(root / game / f"{half}_ResNET_TF2_PCA512.npy", rng.normal(size=(60, 512)).astype(np.float32))


def test_published_features_are_spotted_without_videos(tmp_path: Path, head: Path) -> None:
    root, out = tmp_path / "SoccerNet", tmp_path / "out"
    for game, halves in ((GAME, (1, 2)), ("league/2014-2015/one", (2,)), ("league/2014-2015/none", ())):
        features(root, game, *halves)
        labels(root / game, (1, 5))
    words = ["--games", root, "--model", head, "--features", "picture=ResNET_TF2_PCA512", "--out", out]
    done = runner.invoke(app, ["spot", *map(str, words), "--zip", str(tmp_path / "all.zip"), "--device", "cpu"])
    assert done.exit_code == 4, done.output
    assert "league/2014-2015/one: half 1 has no features" in done.stderr
    (line,) = errors(done)
    assert "none/1_ResNET_TF2_PCA512.npy: file not found" in line and "free" in line
    found = results_of(out / GAME)["predictions"]
    for half in (1, 2):
        values = read_features(root / GAME / f"{half}_ResNET_TF2_PCA512.npy")
        alone = spot_streams({"picture": values}, head, device="cpu", half=half).timeline
        got = [(row["label"], row["position"]) for row in found if row["half"] == str(half)]
        assert got == [(event.label, str(ms_from_us(event.start_us))) for event in alone]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == 2


def test_features_of_games_need_a_head_that_reads_them(spot: Spot, tmp_path: Path, head: Path) -> None:
    features(tmp_path, GAME, 1, 2)
    done = spot("--games", tmp_path, "--features", "picture=ResNET_TF2_PCA512")
    assert done.exit_code == 2 and "needs one spotting head" in done.stderr
    words = ["spot", "--games", str(tmp_path), "--model", str(head)]
    done = runner.invoke(app, [*words, "--features", "sound=ResNET_TF2_PCA512"])
    assert done.exit_code == 2 and "reads the streams picture" in done.stderr
    done = runner.invoke(app, [*words, "--features", "picture=1_ResNET_TF2_PCA512.npy"])
    assert done.exit_code == 2 and "one file belongs to one video" in done.stderr
