"""Other people's files in the way of a command: kept, whatever the command, and inputs are never the output."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clipmatch import a_match
from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.cli.main import app
from touchline.formats.bundle import Bundle
from touchline.formats.features.vectors import read_features

pytestmark = pytest.mark.robustness("others")
runner = CliRunner()


def run(*words: object, code: int = 0) -> Result:
    done = runner.invoke(app, [*map(str, words)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Three games whose videos have one name, as SoccerNet's do."""
    for game, frames in (("game 1", 30), ("game 2", 40), ("game 10", 50)):
        (tmp_path / "season" / game).mkdir(parents=True)
        write_numbered(tmp_path / "season" / game / "1_224p.mkv", frames=frames)
    return tmp_path / "season"


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder except the manifests, which have timings."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.robustness("real-files", "3")
def test_a_season_goes_into_one_out_as_it_lies(season: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "R"
    done = run("spot", season, "--model", model, "--out", out, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    bundles = [record["bundle"] for record in records if record["type"] == "result"]
    assert bundles == [str(out / f"game {number}" / "1_224p.touchline") for number in (1, 2, 10)]
    before = content(out)
    again = run("spot", season, "--model", model, "--out", out, "--json")
    assert sum('"reused": true' in line for line in again.stdout.splitlines()) == 3
    assert content(out) == before


@pytest.mark.parametrize("at_once", [True, False])
def test_games_of_one_name_never_replace_each_other(season: Path, model: Path, tmp_path: Path, at_once: bool) -> None:
    out, videos = tmp_path / "R", sorted(season.glob("*/*.mkv"))
    for words in [videos] if at_once else [[video] for video in videos]:
        run("spot", *words, "--model", model, "--out", out)
    before = content(out)
    assert len({Bundle(path).read_manifest().video_fingerprint for path in out.iterdir()}) == 3
    for video in reversed(videos):
        assert '"reused": true' in run("spot", video, "--model", model, "--out", out, "--json").stdout
    assert content(out) == before
    assert len(list(out.iterdir())) == 3


def test_a_folder_of_the_user_is_left_as_it_is(season: Path, model: Path) -> None:
    video = season / "game 1" / "1_224p.mkv"
    theirs = season / "game 1" / "1_224p.touchline"
    (theirs / "keepers").mkdir(parents=True)
    for name in ("events.json", "report.html", "keepers/index.html", "thesis.txt", "scores.npz"):
        (theirs / name).write_text(f"my {name}")
    before = content(theirs)
    done = run("analyze", video, "--model", model, "--no-tracks", "--force")
    assert "1_224p.touchline is not of this video and is kept" in done.stderr
    assert content(theirs) == before
    assert (season / "game 1" / "1_224p-2.touchline" / "report.html").is_file()
    run("analyze", video, "--model", model, "--no-tracks", "--force")
    assert not (season / "game 1" / "1_224p-3.touchline").exists()


def test_foreign_files_in_a_bundle_stay(season: Path, model: Path) -> None:
    video = season / "game 1" / "1_224p.mkv"
    run("analyze", video, "--model", model, "--no-tracks")
    bundle = season / "game 1" / "1_224p.touchline"
    (bundle / "keepers").mkdir()
    (bundle / "features").mkdir()
    for name in ("notes.txt", "keepers/mine.html", "features/mine.npy"):
        (bundle / name).write_text("mine")
    run("analyze", video, "--model", model, "--no-tracks", "--force", "--threshold", "PASS=0.9")
    assert all(
        (bundle / name).read_text() == "mine" for name in ("notes.txt", "keepers/mine.html", "features/mine.npy")
    )


@pytest.mark.parametrize("name", ["events.json", "report.html", "manifest.json", ".partial", "features", "keepers"])
def test_links_in_a_bundle_are_replaced_not_written_through(name: str, season: Path, model: Path) -> None:
    video, outside = season / "game 1" / "1_224p.mkv", season / "outside"
    run("analyze", video, "--model", model, "--no-tracks")
    bundle, folder = season / "game 1" / "1_224p.touchline", "." not in name[1:]
    outside.mkdir()
    for file in ("a.json", "index.html", "index.json"):
        (outside / file).write_text("theirs")
    (outside / "spot").mkdir()
    (outside / "spot" / "key.json").write_text("theirs")
    whole = content(outside)
    (bundle / name).unlink(missing_ok=True)
    (bundle / name).symlink_to(outside if folder else outside / "a.json")
    run("analyze", video, "--model", model, "--no-tracks", "--force")
    assert content(outside) == whole


@pytest.mark.parametrize("name", ["contents.csv", "reel.vtt", "reel.mp4"])
def test_a_folder_for_clips_may_hold_files_of_the_user(name: str, tmp_path: Path) -> None:
    match = a_match(tmp_path, seconds=40)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    done = run("clips", match.bundle.path, "--out", tmp_path / "out", "--reel", "--fast", code=2)
    assert "touchline" in done.stderr and name in done.stderr
    assert content(tmp_path / "out") == {name: b"mine"}


def test_features_of_another_video_or_of_nobody_are_kept(season: Path, tmp_path: Path) -> None:
    for game in ("game 1", "game 2"):
        write_numbered(season / game / "1_224p.mkv", frames=100, tone=None)
    first, second = (season / f"game {number}" / "1_224p.mkv" for number in (1, 2))
    small = ("--rate", "1", "--device", "cpu")
    run("features", "extract", first, "--out", tmp_path / "F", *small)
    (made,) = (tmp_path / "F").glob("*.npy")
    before = content(tmp_path / "F")
    if read_features(made).info.video["fingerprint"]:
        write_numbered(second, frames=125)
    done = run("features", "extract", second, "--out", tmp_path / "F", *small, code=2)
    assert "holds features of another video" in done.stderr
    assert content(tmp_path / "F") == before
    theirs = season / "game 2" / made.name
    theirs.write_bytes(b"published features")
    done = run("features", "extract", second, *small, code=2)
    assert "touchline did not make it" in done.stderr
    assert theirs.read_bytes() == b"published features"


def test_pages_of_the_user_are_kept(tmp_path: Path) -> None:
    from touchline.core.errors import UsageError
    from touchline.formats.files.ours import check_made_here
    from touchline.report.html import PAGE_MARKS

    (tmp_path / "index.html").write_text("<html>my own page</html>")
    with pytest.raises(UsageError, match="touchline did not make it"):
        check_made_here(tmp_path / "index.html", *PAGE_MARKS)
    (tmp_path / "index.html").write_text(f"<html>{PAGE_MARKS[0]}</html>")
    check_made_here(tmp_path / "index.html", *PAGE_MARKS)
    check_made_here(tmp_path / "none.html", *PAGE_MARKS)


def linked(path: Path) -> Path:
    link = path.with_name(f"link-{path.name}")
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link


@pytest.mark.parametrize("way", [lambda path: path, linked, lambda path: path.parent / "." / path.name])
def test_an_input_is_never_the_output(way: Callable[[Path], Path], tmp_path: Path) -> None:
    shots = tmp_path / "shots.csv"
    shots.write_text("id,x,y,keeper_x,keeper_y,keeper,outcome\n1,108,44,117,41,A,Saved\n")
    before = shots.read_bytes()
    for words in (["keeper", "score", "--shots", shots, "--out"], ["convert", shots]):
        done = run(*words, way(shots), code=2)
        assert "is the input, which would be lost" in done.stderr
    assert shots.read_bytes() == before


def test_two_exports_of_one_name_are_not_one_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    bundles = [a_match(tmp_path / name, seconds=40).bundle.path for name in "ab"]
    done = run("export", *bundles, "--to", "csv", "--out", tmp_path / "R", code=4)
    assert "holds" in done.stderr and "already" in done.stderr


@pytest.mark.robustness("31")
@pytest.mark.parametrize(
    "writes", [2, *(pytest.param(number, marks=pytest.mark.slow) for number in (0, 1, 3, 4, 5, 6, 7))]
)
def test_a_disk_that_fills_at_any_write_leaves_the_report(
    writes: int, season: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report of the old results is removed only once the new results are on the disk."""
    video = season / "game 1" / "1_224p.mkv"
    words = ("analyze", video, "--model", model, "--no-tracks", "--threshold")
    run(*words, "PASS=0.2")
    report = season / "game 1" / "1_224p.touchline" / "report.html"
    before, fsync, count = report.read_bytes(), os.fsync, iter(range(1000))

    def fill(handle: int) -> None:
        if next(count) >= writes:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", fill)
    done = run(*words, "PASS=0.3", "--force", code=5)
    monkeypatch.undo()
    assert "the disk is full" in done.stderr
    assert report.exists() and (report.read_bytes() == before or next(count) > writes)
    run(*words, "PASS=0.3")
    assert not list(report.parent.rglob(".writing-*"))
