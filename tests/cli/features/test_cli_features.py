"""``touchline features`` from the command line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from typer.testing import CliRunner, Result

from fakefeatures import number_extractor
from makevideo import write_numbered
from touchline.cli.main import app
from touchline.core.tracks import Shot, Track, Tracks
from touchline.features.picture_extractor import FeatureExtractor
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.features.vectors import FeatureInfo, read_features, side_car, write_features

runner = CliRunner()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=200, width=96, height=64)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that tell their picture's number; the real networks have tests of their own."""

    def load(name: str, **options: Any) -> FeatureExtractor:
        return number_extractor(batch=options["batch"] or 4, name=name)

    monkeypatch.setattr("touchline.features.picture_extractor.load_feature_extractor", load)


def run(*words: object, code: int = 0) -> Result:
    result = runner.invoke(app, ["features", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def records(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def stream(path: Path, *, rows: int = 60, width: int = 6, seed: int = 0, model: str = "m") -> Path:
    values = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    write_features(path, [values], shape=values.shape, info=FeatureInfo(model=model))
    return path


def test_extract_tells_what_it_wrote(video: Path, tmp_path: Path) -> None:
    (record,) = records(run("extract", video, "--model", "m", "--out", tmp_path, "--json"))
    assert record["rows"] == 16 and record["width"] == 3 and not record["reused"]
    assert Path(record["path"]) == tmp_path / "match_m.npy"
    (again,) = records(run("extract", video, "--model", "m", "--out", tmp_path, "--json"))
    assert again["reused"]
    assert "(up to date)" in run("extract", video, "--model", "m", "--out", tmp_path).stdout
    named = run("extract", video, "--model", "m", "--out", tmp_path / "x.npy", "--sampling", "opencv", "--rate", "5")
    assert "40 x 3, 5 a second" in named.stdout


def test_rows_of_an_untrimmed_half_are_said_to_count_from_the_start_of_the_file(video: Path, tmp_path: Path) -> None:
    untrimmed = tmp_path / "1_HQ.mkv"
    untrimmed.write_bytes(video.read_bytes())
    assert "1_HQ.mkv: untrimmed" in run("extract", untrimmed, "--model", "m").stderr
    assert "untrimmed" not in run("extract", video, "--model", "m", "--out", tmp_path).stderr


def test_extract_goes_on_after_a_bad_video(video: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("no video")
    result = run("extract", tmp_path / "bad.mp4", video, "--model", "m", "--out", tmp_path, "--json", code=4)
    assert [record["type"] for record in records(result)] == ["error", "features"]
    run("extract", tmp_path / "none.mp4", "--out", tmp_path, code=3)
    run("extract", video, video, "--out", tmp_path / "x.npy", code=2)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "match.mp4").write_bytes(video.read_bytes())
    both = run("extract", video, tmp_path / "b" / "match.mp4", "--out", tmp_path, code=2)
    assert "would both be written to" in both.output
    (tmp_path / "empty").mkdir()
    assert "holds no videos" in run("extract", tmp_path / "empty", code=2).output
    assert "b/match_builtin.npy" in run("extract", tmp_path, code=4).stdout
    run("extract", video, "--out", tmp_path / "x.csv", code=2)
    run("extract", video, "--tracks", tmp_path, code=2)


def test_extract_follows_the_ball(video: Path, tmp_path: Path) -> None:
    frames = np.arange(50, 150)
    boxes = np.tile(np.array([[0, 0, 96, 64]], np.float32), (100, 1))
    ball = Track(1, "ball", frames * 40_000, frames, boxes, np.ones(100, np.float32), np.ones(100, bool))
    write_tracks_parquet(tmp_path / "tracks.parquet", Tracks((ball,), (Shot(0, 0, 8_000_000),), 96, 64))
    words = ("--model", "m", "--out", tmp_path, "--ball", "--tracks", tmp_path / "tracks.parquet", "--json")
    (record,) = records(run("extract", video, *words))
    assert record["path"].endswith("match_ball_m.npy") and record["absent_rows"] == 8
    assert np.asarray(read_features(record["path"]).values)[4:6, 0].tolist() == [50, 62]
    no_ball = Tracks(
        (Track(1, "player", ball.times_us, ball.frames, boxes, ball.confidence, ball.observed),), (), 96, 64
    )
    write_tracks_parquet(tmp_path / "tracks.parquet", no_ball)
    assert "hold no ball" in run("extract", video, *words, code=3).output


def test_info_tells_what_files_are(tmp_path: Path, video: Path) -> None:
    (record,) = records(run("info", stream(tmp_path / "a.npy", rows=16), "--video", video, "--json"))
    assert record["rows"] == 16 and record["model"] == "m" and record["lost_rows"] == 0
    assert "these are of 'm'" in run("info", tmp_path / "a.npy").stdout
    assert "of features have no video" in run("info", stream(tmp_path / "b.npy"), "--video", video, code=4).stdout
    assert "where 512 are required" in run("info", tmp_path / "a.npy", "--width", "512", code=3).output
    (tmp_path / "c.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-3])
    assert "truncated" in run("info", tmp_path / "c.npy", "--rate", "2", code=3).output


def test_options_of_the_ball_go_with_the_ball(tmp_path: Path, video: Path) -> None:
    assert "--margin 3.0: goes with --ball" in run("extract", video, "--margin", "3", code=2).output
    assert "goes with --ball" in run("extract", video, "--tracks", tmp_path, code=2).output


def test_rows_with_nothing_to_see_are_no_loss(tmp_path: Path) -> None:
    path = stream(tmp_path / "ball.npy", rows=16)
    document = json.loads(side_car(path).read_text())
    side_car(path).write_text(json.dumps({**document, "absent": [[2, 5]]}))
    assert ", 3 rows with nothing to see" in run("info", path).stdout
    gap = {"start_us": 4_000_000, "end_us": 5_000_000, "reason": "damaged"}
    coverage = {"duration_us": 8_000_000, "frames_decoded": 100, "packets_skipped": 1, "gaps": [gap], "repairs": []}
    side_car(path).write_text(json.dumps({**document, "absent": [[2, 5]], "coverage": coverage}))
    assert ", 3 rows with nothing to see, 2 rows lost" in run("info", path, code=4).stdout


def test_the_file_that_is_written_is_the_one_that_is_told(tmp_path: Path) -> None:
    source = stream(tmp_path / "a.npy")
    told = run("reduce", source, "--fit", tmp_path / "mine.txt", "--components", "4", "--no-apply").stdout
    written = tmp_path / "mine.txt.safetensors"
    assert told.startswith(f"{written}: ") and written.is_file()


def test_a_video_of_soccernets_that_is_missing_says_where_it_is_to_be_had(tmp_path: Path) -> None:
    for model in ("builtin", "sound"):
        result = run("extract", tmp_path / "1_720p.mkv", "--model", model, code=3)
        assert "signed agreement" in result.output


def test_reduce_fits_on_all_files_and_applies_to_each(tmp_path: Path) -> None:
    sources = [stream(tmp_path / f"{name}.npy", seed=seed) for seed, name in enumerate("abc")]
    fitted = tmp_path / "mine.safetensors"
    result = run("reduce", tmp_path, "--fit", fitted, "--components", "4", "--json")
    about, *written = records(result)
    assert about["rows"] == 180 and about["size"] == 4 and not about["published"]
    assert "mine is not SoccerNet's reduction" in result.stderr
    assert [Path(record["path"]).name for record in written] == ["a_PCA4.npy", "b_PCA4.npy", "c_PCA4.npy"]
    values = np.concatenate([np.asarray(read_features(source).values) for source in sources]).astype(np.float64)
    exact = PCA(4, svd_solver="full").fit(values)
    reduced = read_features(tmp_path / "b_PCA4.npy")
    assert np.allclose(np.abs(reduced.values), np.abs(exact.transform(values[60:120])), atol=1e-4)
    assert reduced.info.self_fitted and reduced.info.reduction is not None and reduced.info.reduction["name"] == "mine"
    again = records(run("reduce", tmp_path, "--pca", fitted, "--json"))
    assert [record["reused"] for record in again] == [True] * 3
    other = run("reduce", stream(tmp_path / "d.npy", model="other"), "--pca", fitted, "--out", tmp_path / "out")
    assert "d_PCA4.npy: 60 x 4" in other.stdout
    assert "fitted on features of m" in read_features(tmp_path / "out" / "d_PCA4.npy").info.remarks[0]


def test_reduce_keeps_games_apart(tmp_path: Path) -> None:
    for game in ("a", "b"):
        (tmp_path / "set" / game).mkdir(parents=True)
        stream(tmp_path / "set" / game / "1_x.npy", seed=ord(game))
    words = ("--fit", tmp_path / "f.safetensors", "--components", "2", "--out", tmp_path / "out")
    run("reduce", tmp_path / "set", *words)
    assert (tmp_path / "out" / "a" / "1_x_PCA2.npy").is_file() and (tmp_path / "out" / "b" / "1_x_PCA2.npy").is_file()
    files = [tmp_path / "set" / game / "1_x.npy" for game in ("a", "b")]
    assert "would both be written to" in run("reduce", *files, *words, code=2).output


def test_reduce_reads_pickles(tmp_path: Path) -> None:
    source = stream(tmp_path / "a.npy")
    values = np.asarray(read_features(source).values)
    pca = PCA(3).fit(values - 1)
    (tmp_path / "pca.pkl").write_bytes(pickle.dumps(pca))
    (tmp_path / "mean.pkl").write_bytes(pickle.dumps(np.ones(6)))
    run("reduce", source, "--pca", tmp_path / "pca.pkl", "--mean", tmp_path / "mean.pkl")
    assert np.allclose(read_features(tmp_path / "a_PCA3.npy").values, pca.transform(values - 1), atol=1e-4)


def test_reduce_refuses_what_cannot_be(tmp_path: Path) -> None:
    source = stream(tmp_path / "a.npy")
    run("reduce", source, code=2)
    run("reduce", source, "--fit", tmp_path / "x", "--pca", tmp_path / "y", code=2)
    run("reduce", source, "--fit", tmp_path / "x", "--mean", tmp_path / "y", code=2)
    assert "use at most 6 with --components" in run("reduce", source, "--fit", tmp_path / "x", code=3).output
    narrow = stream(tmp_path / "b.npy", width=5)
    wrong = run("reduce", source, narrow, "--fit", tmp_path / "x", "--components", "2", code=3)
    assert "fit one kind at a time" in wrong.output
    (tmp_path / "empty").mkdir()
    assert "holds no .npy" in run("reduce", tmp_path / "empty", "--fit", tmp_path / "x", code=3).output
    run("reduce", source, "--fit", tmp_path / "x.safetensors", "--components", "2", "--no-apply")
    assert not (tmp_path / "a_PCA2.npy").exists()
    assert "numbers where 6 are required" in run("reduce", narrow, "--pca", tmp_path / "x.safetensors", code=3).output
