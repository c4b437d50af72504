"""``touchline clips``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clipmatch import a_match
from touchline.cli.main import app
from touchline.core.events import Event
from touchline.render.clips.match import Match

runner = CliRunner()
SHORT = ("--lead", "1", "--lag", "1")


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Match:
    return a_match(tmp_path_factory.mktemp("m"), width=64, height=48)


def run(*words: object, code: int = 0) -> Result:
    result = runner.invoke(app, ["clips", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def test_clips_beside_the_bundle(match: Match) -> None:
    result = run(match.bundle.path, *SHORT, "--label", "pass", "--reel")
    folder = match.bundle.path.parent / "match-clips"
    assert f"{folder}: 2 clips" in result.stdout
    assert f"reel: {folder / 'reel.mp4'}" in result.stdout
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    assert names == [
        "0001_00-00-12_PASS_TeamA.mp4",
        "0002_00-00-36_PASS_TeamB.mp4",
        "contents.csv",
        "reel.mp4",
        "reel.vtt",
    ]
    assert "2 of them were there already" in run(match.video, *SHORT, "--label", "PASS", "--reel").stdout


def test_one_record_for_each_clip(match: Match, tmp_path: Path) -> None:
    result = run(match.bundle.path, "--json", "--out", tmp_path)
    clips, summary = (
        [json.loads(line) for line in result.stdout.splitlines()][:-1],
        json.loads(result.stdout.splitlines()[-1]),
    )
    assert [(clip["start_us"], clip["end_us"]) for clip in clips] == [(4_000_000, 26_000_000), (28_000_000, 40_000_000)]
    assert [moment["label"] for moment in clips[0]["moments"]] == ["PASS", "SHOT"]
    assert (summary["type"], summary["clips"], summary["reused"], summary["degraded"]) == ("clips", 2, 0, False)
    assert Path(clips[0]["file"]).is_file()


def test_merging_is_said(match: Match, tmp_path: Path) -> None:
    assert "1 overlapping one merged into others" in run(match.bundle.path, "--out", tmp_path / "a").stdout
    assert "3 clips" in run(match.bundle.path, "--no-merge", "--out", tmp_path / "b").stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--label", "GOAL"), 2, "--label 'GOAL' is not in any of the bundles"),
        (("--min-confidence", "0.95"), 3, "there are 2 PASS, 1 SHOT"),
        (("--each-player",), 3, "no player has a name"),
        (("--lead", "x"), 2, "--lead 'x' is not SECONDS or LABEL=SECONDS"),
        (("--seen",), 2, "--seen needs a player"),
    ],
)
def test_what_cannot_be_done(match: Match, tmp_path: Path, words: tuple[str, ...], code: int, message: str) -> None:
    assert message in run(match.bundle.path, *words, "--out", tmp_path / "out", code=code).output


def test_a_bundle_that_cannot_be_used_does_not_stop_the_others(match: Match, tmp_path: Path) -> None:
    lost = a_match(tmp_path, name="lost", seconds=4, events=[Event("PASS", 1_000_000)], width=64, height=48)
    lost.video.unlink()
    result = run(match.bundle.path, lost.bundle.path, *SHORT, "--out", tmp_path / "out", code=4)
    assert "'lost.mp4' is not beside it" in result.output
    assert "3 clips" in result.stdout
    assert "no bundle" in run(tmp_path / "none.mp4", code=3).output


def test_lost_parts_give_exit_code_4(tmp_path: Path) -> None:
    match = a_match(tmp_path, hurt_s=(20, 21))
    result = run(match.bundle.path, "--out", tmp_path / "out", code=4)
    assert "could not be read" in result.stderr and "2 clips" in result.stdout


def test_another_video_under_the_same_name_is_refused(tmp_path: Path) -> None:
    match = a_match(tmp_path, seconds=2, events=[Event("PASS", 0)])
    match.video.write_bytes(match.video.read_bytes() + bytes(1))
    assert "not the video that was analysed" in run(match.bundle.path, code=3).output
