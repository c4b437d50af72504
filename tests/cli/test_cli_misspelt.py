"""A misspelt command, option or value is answered with the nearest one, and exit code 2 (3 for what is a file)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from touchline.cli.main import app

runner = CliRunner()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["analyse", "a.mp4"], "'analyze'"),
        (["recognise", "a.mp4"], "'recognize'"),
        (["keeper", "scor"], "'score'"),
        (["models", "lst"], "'list'"),
        (["--versoin"], "'--version'"),
        (["spot", "a.mp4", "--modle", "x"], "'--model'"),
        (["spot", "a.mp4", "--no-resum"], "'--no-resume'"),
        (["spot", "a.mp4", "--device", "gpucuda"], "'cuda'"),
        (["features", "extract", "a.mp4", "--sampling", "open-cv"], "'opencv'"),
        (["models", "import", "a.pth", "--architecture", "r2plus1d"], "'r2plus1d-18'"),
        (["models", "import", "a.pth", "--architecture", "vgish"], "'vggish'"),
        (["evaluate", "tracking", "--truth", "a", "--predictions", "b", "--zero-based", "prediction"], "'predictions'"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else words,
)
def test_the_nearest_word_is_named(words: list[str], meant: str) -> None:
    done = runner.invoke(app, words)
    assert done.exit_code == 2
    assert f"; did you mean {meant}?" in done.stderr
    assert done.stderr.count("did you mean") == 1 and "Possible options" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "meant"), [("--labels", "soccernetv2", "'soccernet-v2'"), ("--metric", "tigth", "'tight'")]
)
def test_label_sets_and_metrics(tmp_path: Path, option: str, value: str, meant: str) -> None:
    for name in ("truth", "found"):
        game = tmp_path / name / "game"
        game.mkdir(parents=True)
        file, key = ("Labels-v2.json", "annotations") if name == "truth" else ("results_spotting.json", "predictions")
        event = '{"gameTime": "1 - 00:10", "label": "Goal", "position": "10000", "half": "1", "confidence": "0.9"}'
        (game / file).write_text(f'{{"UrlLocal": "game", "{key}": [{event}]}}')
    paths = ["--truth", str(tmp_path / "truth"), "--predictions", str(tmp_path / "found")]
    done = runner.invoke(app, ["evaluate", "spotting", *paths, option, value])
    assert (done.exit_code, f"; did you mean {meant}?" in done.stderr) == (2, True), done.stderr


def test_formats_to_convert_to(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text('{"UrlLocal": "game", "annotations": []}')
    done = runner.invoke(app, ["convert", str(tmp_path / "events.json"), str(tmp_path / "Label-v2.json")])
    assert (done.exit_code, "; did you mean 'Labels-v2.json'?" in done.stderr) == (3, True), done.stderr


def test_model_names() -> None:
    done = runner.invoke(app, ["models", "show", "people-detectr"])
    assert (done.exit_code, "; did you mean 'people-detector'?" in done.stderr) == (3, True)


def test_recipes_and_their_tasks(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(yaml.safe_dump({"task": "distil"}))
    named = runner.invoke(app, ["train", "spoting-simulated"])
    assert (named.exit_code, "; did you mean 'spotting-simulated'?" in named.stderr) == (3, True)
    done = runner.invoke(app, ["train", str(recipe), "--dry-run"])
    assert (done.exit_code, "; did you mean 'distill'?" in done.stderr) == (2, True)


def test_a_word_like_no_command_gets_the_list_of_them() -> None:
    done = runner.invoke(app, ["keeper", "zzz"])
    assert done.exit_code == 2
    assert "No such command 'zzz'; the commands are fit, score, map, pose, report, compare, match" in done.stderr


def test_a_video_in_place_of_a_command(tmp_path: Path) -> None:
    video = tmp_path / "match.mp4"
    video.touch()
    done = runner.invoke(app, [str(video)])
    assert done.exit_code == 2
    assert f"; to analyse a video, write: touchline analyze {video}" in done.stderr
