"""``touchline data soccernet``: the calls that download, what the agreement asks, and files that are not whole."""

from __future__ import annotations

import json
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from makevideo import write_numbered
from touchline.cli.main import app
from touchline.formats.soccernet.offers import OFFERS
from touchline.formats.soccernet.splits import PUBLIC, public_split

GAME = "england_epl/2014-2015/2015-02-21 - 18-00 Chelsea 1 - 1 Burnley"
runner = CliRunner()


def run(*words: object, code: int = 0) -> Result:
    result = runner.invoke(app, ["data", "soccernet", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def test_without_a_kind_everything_is_listed_with_its_terms() -> None:
    lines = run().stdout.splitlines()
    assert len(lines) == len(OFFERS)
    assert any(line.split()[:2] == ["labels", "free"] for line in lines)
    assert any(line.split()[:2] == ["videos-HQ", "agreement"] for line in lines)


def test_the_calls_are_python_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_package(monkeypatch)
    text = run("labels", "videos-HQ", "ball-2025", "--root", tmp_path, "--split", "test").stdout
    assert "non-disclosure agreement" in text and "not for commercial use" in text
    exec(compile(text, "printed", "exec"), {})
    assert calls == [
        ("downloadGames", {"files": ["Labels-v2.json"], "split": ["test"]}),
        ("downloadGames", {"files": ["1_HQ.mkv", "2_HQ.mkv", "video.ini"], "split": ["test"]}),
        ("downloadDataTask", {"task": "spotting-ball-2025", "split": ["test"]}),
    ]


def test_a_recipe_names_what_it_needs(tmp_path: Path) -> None:
    found = [json.loads(line) for line in run("--recipe", "spotting-slow-fusion", "--json").stdout.splitlines()]
    assert [offer["name"] for offer in found] == ["labels", "videos-720p", "ball-2023"]
    assert "needs none of its data" in run("--recipe", "planted-calf", code=2).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lables"], "did you mean 'labels'"),
        (["labels", "--split", "tets"], "did you mean 'test'"),
        (["labels", "--split", "challenge"], "has the splits train, valid, test"),
        (["--download"], "name a KIND"),
        (["videos-720p", "--download"], "add --agreed once you have signed"),
    ],
)
def test_what_cannot_be_asked(words: list[str], message: str) -> None:
    assert message in run(*words, code=2).stderr


def fake_package(monkeypatch: pytest.MonkeyPatch, *, fails: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Put a package in SoccerNet's place that notes its calls; return them."""
    calls: list[tuple[str, dict[str, Any]]] = []

    class SoccerNetDownloader:
        def __init__(self, folder: str) -> None:
            self.folder = folder

        def downloadGames(self, **arguments: Any) -> None:
            print("a line of the package")  # noqa: T201 -- as the package does
            self._note("downloadGames", arguments)

        def downloadDataTask(self, **arguments: Any) -> None:
            self._note("downloadDataTask", arguments)

        def _note(self, method: str, arguments: dict[str, Any]) -> None:
            if fails and fails in str(arguments):
                raise PermissionError("request access on its page")
            calls.append((method, arguments))

    module = types.ModuleType("SoccerNet.Downloader")
    vars(module)["SoccerNetDownloader"] = SoccerNetDownloader
    monkeypatch.setitem(sys.modules, "SoccerNet", types.ModuleType("SoccerNet"))
    monkeypatch.setitem(sys.modules, "SoccerNet.Downloader", module)
    return calls


def test_download_runs_the_calls_and_goes_on_after_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_package(monkeypatch, fails="videos-720p")
    result = run("labels", "ball-2023", "--download", "--agreed", "--root", tmp_path, "--json")
    assert [json.loads(line)["offer"] for line in result.stdout.splitlines()] == ["labels", "ball-2023"]
    assert [method for method, _ in calls] == ["downloadGames", "downloadDataTask"]
    assert "a line of the package" in result.stderr
    fake_package(monkeypatch, fails="mkv")
    failed = run("labels", "videos-720p", "--download", "--agreed", "--root", tmp_path, code=4)
    assert "videos-720p: request access on its page" in failed.stderr
    assert run("videos-720p", "--download", "--agreed", "--root", tmp_path, code=6)


def test_without_the_package_the_line_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SoccerNet", None)
    monkeypatch.setitem(sys.modules, "SoccerNet.Downloader", None)
    assert "pip install SoccerNet" in run("labels", "--download", code=2).stderr


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_soccernets_package_fetches_what_an_offer_says(offer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package, with its access to the network replaced, must know the files and take them from the page."""
    package = pytest.importorskip("SoccerNet.Downloader")
    fetched: list[tuple[str, list[str]]] = []

    def snapshot(repo_id: str, *, allow_patterns: list[str], **_: Any) -> None:
        fetched.append((repo_id, allow_patterns))

    monkeypatch.setattr(package, "_snapshot_download_or_explain", snapshot)
    call = offer.call(offer.splits)
    getattr(package.SoccerNetDownloader("none"), call.method)(**call.arguments)
    pages = {repo.removeprefix("SoccerNet/") for repo, _ in fetched}
    assert pages - {"SoccerNet_raw_HQ_Challenge"} == {offer.page}
    patterns = [pattern for _, found in fetched for pattern in found]
    if offer.task:
        assert all(any(split in pattern for pattern in patterns) for split in offer.splits)
    else:
        games = [game for split in offer.splits for game in public_split(split).families[0]]
        assert sorted(patterns) == sorted(f"{game}/{name}" for game in games for name in offer.files)


def test_the_public_splits_are_those_of_soccernets_package() -> None:
    utils = pytest.importorskip("SoccerNet.utils")
    for split in PUBLIC:
        action, ball = public_split(split).families
        assert list(action) == utils.getListGames(split)
        assert list(ball) == utils.getListGames(split, task="spotting-ball")


def test_broken_files_are_named_one_by_one(tmp_path: Path) -> None:
    game = tmp_path / GAME
    game.mkdir(parents=True)
    write_numbered(game / "1_720p.mkv", frames=50)
    whole = write_numbered(tmp_path / "whole.mkv", frames=50, first=200).read_bytes()
    (game / "2_720p.mkv").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "whole.mkv").unlink()
    (game / "1_224p.mkv").touch()
    (game / "2_224p.mkv").write_text("<!DOCTYPE html><title>403</title>")
    np.save(game / "1_ResNET_TF2_PCA512.npy", np.zeros((10, 512), np.float32))
    data = (game / "1_ResNET_TF2_PCA512.npy").read_bytes()
    (game / "2_ResNET_TF2_PCA512.npy").write_bytes(data[:-100])
    (game / "Labels-v2.json").write_text("version https://git-lfs.github.com/spec/v1\n")
    (game / "Labels-cameras.json").write_text('{"annotations": [')
    (tmp_path / "test.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    with zipfile.ZipFile(tmp_path / "train.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    result = run("labels", "--root", tmp_path, "--check", "--json", code=4)
    *problems, total = [json.loads(line) for line in result.stdout.splitlines()]
    found = "\n".join(problem["problem"] for problem in problems)
    assert f"{game}/1_224p.mkv: is empty" in found
    assert f"{game}/2_224p.mkv: is a web page" in found
    assert f"{game}/2_720p.mkv" in found
    assert f"{game}/2_ResNET_TF2_PCA512.npy" in found
    assert f"{game}/Labels-v2.json: is a Git LFS pointer" in found
    assert f"{game}/Labels-cameras.json: is not readable as JSON" in found
    assert f"{tmp_path}/test.zip: is no whole zip" in found
    assert f"{game}/1_720p.mkv:" not in found and "train.zip" not in found
    assert "labels: 499 files missing" in found
    assert (total["type"], total["files"], total["broken"]) == ("checked", 10, 7)


def test_a_whole_game_is_fine_and_contradictions_are_named(tmp_path: Path) -> None:
    game = tmp_path / GAME
    game.mkdir(parents=True)
    write_numbered(game / "1_720p.mkv", frames=50)
    write_numbered(game / "2_720p.mkv", frames=60, first=200)
    rows = [{"gameTime": f"{half} - 00:01", "label": "Goal", "position": "1000"} for half in (1, 2)]
    (game / "Labels-v2.json").write_text(json.dumps({"annotations": rows}))
    assert "3 files" in run("--root", tmp_path, "--check").stdout
    (game / "2_720p.mkv").write_bytes((game / "1_720p.mkv").read_bytes())
    assert "are the same video" in run("--root", tmp_path, "--check", code=4).stderr


def test_a_folder_without_data_is_an_error(tmp_path: Path) -> None:
    assert "holds none of SoccerNet's files" in run("--root", tmp_path, "--check", code=3).stderr
    assert "not a folder" in run("--root", tmp_path / "none", "--check", code=3).stderr
