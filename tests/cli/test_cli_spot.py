from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.cli.main import app
from touchline.formats.bundle import Bundle
from touchline.spotting.spotter import Spotter, load_spotter

Spot = Callable[..., Result]
runner = CliRunner()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "good.mp4", frames=100, width=96, height=64)


@pytest.fixture(autouse=True)
def quick_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each model is prepared once, for torch: preparing one for OpenVINO takes seconds (test_cli_signals.py does)."""
    monkeypatch.setattr("touchline.spotting.spotter.load_spotter", prepared)
    monkeypatch.setattr("touchline.cli.running.has_detector", lambda: False)  # analyze with tracks: test_cli_track.py


@cache
def prepared(name: str | None, *, device: str, flip: bool | None, threads: int | None) -> Spotter:
    return load_spotter(name, device=device, backend="torch", flip=flip, threads=1)  # type: ignore[arg-type]


@pytest.fixture
def spot(model: Path, tmp_path: Path) -> Spot:
    def run(*words: object, verb: str = "spot", out: Path | None = tmp_path / "out") -> Result:
        folder = [] if out is None else ["--out", str(out)]
        return runner.invoke(app, [verb, "--model", str(model), *folder, *map(str, words)], catch_exceptions=False)

    return run


def lines(done: Result) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_spot_prints_a_table_and_where_the_bundle_is(spot: Spot, video: Path, tmp_path: Path) -> None:
    done = spot(video)
    assert done.exit_code == 0
    bundle = tmp_path / "out" / "good.touchline"
    assert done.stdout.splitlines()[-1] == f"bundle: {bundle}"
    events = Bundle(bundle).read_events()
    assert done.stdout.startswith("Never measured, treat as a demonstration: events (tiny).")
    rows = [line.split() for line in done.stdout.splitlines()[3:-1]]
    assert [row[1] for row in rows] == [event.label for event in events]
    assert "cpu" in done.stderr
    assert not (bundle / "report.html").exists()
    again = spot(video)
    assert again.exit_code == 0
    assert "already analysed" in again.stdout


def test_without_out_the_bundle_lies_beside_the_video(spot: Spot, video: Path, tmp_path: Path) -> None:
    copy = tmp_path / "match.mp4"
    copy.write_bytes(video.read_bytes())
    assert spot(copy, out=None).exit_code == 0
    assert (tmp_path / "match.touchline" / "events.json").is_file()


def test_json_is_one_object_a_line_and_nothing_else(spot: Spot, video: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    done = spot(video, tmp_path / "empty.mp4", "--json")
    assert done.exit_code == 4
    records = lines(done)
    *events, result, error = records
    assert {record["type"] for record in events} == {"event"}
    assert (result["type"], result["events"]) == ("result", len(events))
    assert result["coverage"]["frames_decoded"] == 100
    assert (error["type"], error["exit_code"]) == ("error", 3)
    assert error["video"].endswith("empty.mp4")


def test_analyze_writes_a_report(spot: Spot, video: Path, tmp_path: Path) -> None:
    done = spot(video, verb="analyze")
    assert done.exit_code == 0
    report = tmp_path / "out" / "good.touchline" / "report.html"
    assert report.is_file()
    assert done.stdout.splitlines()[-1] == f"report: {report}"
    (record,) = lines(spot(video, "--json", verb="analyze"))
    assert record["reused"]
    assert record["report"] == str(report)


def bad(folder: Path, kind: str, video: Path) -> Path:
    """A file that cannot be used, by the rows of the list of bad inputs."""
    path = folder / f"{kind}.mp4"
    data = video.read_bytes()
    if kind == "empty":
        path.touch()
    if kind == "text":
        path.write_text("just words\n" * 100)
    if kind == "no-moov":
        path.write_bytes(data[: data.index(b"moov") - 4])
    if kind == "playlist":
        path.write_text(f"ffconcat version 1.0\nfile {video}\n")
    return path


@pytest.mark.parametrize("kind", ["empty", "text", "missing", "no-moov", "playlist"])
def test_a_video_that_cannot_be_used_is_code_3(spot: Spot, video: Path, tmp_path: Path, kind: str) -> None:
    path = bad(tmp_path, kind, video)
    done = spot(path)
    assert done.exit_code == 3
    errors = [line for line in done.stderr.splitlines() if line.startswith("touchline: error:")]
    assert len(errors) == 1
    assert str(path) in errors[0]
    assert "Traceback" not in done.output
    assert not list((tmp_path / "out").glob("*.touchline/*")) if (tmp_path / "out").exists() else True


@pytest.mark.robustness("4")
def test_one_failing_does_not_stop_the_others(spot: Spot, video: Path, tmp_path: Path) -> None:
    done = spot(bad(tmp_path, "empty", video), tmp_path / "missing.mp4", video)
    assert done.exit_code == 4
    assert (tmp_path / "out" / "good.touchline" / "events.json").is_file()
    assert done.stderr.count("touchline: error:") == 2


def test_all_unusable_is_code_3(spot: Spot, video: Path, tmp_path: Path) -> None:
    assert spot(bad(tmp_path, "empty", video), tmp_path / "missing.mp4").exit_code == 3


@pytest.mark.robustness("3", "29")
def test_a_pipe_a_url_or_a_folder_without_videos_is_wrong_usage(spot: Spot, video: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "pipe.mp4", "http://169.254.1.1/a.mp4", "rtsp://localhost/a"):
        done = spot(path, video)
        assert done.exit_code == 2, path
        assert "touchline: error:" in done.stderr
        assert not (tmp_path / "out").exists()


@pytest.mark.robustness("others")
def test_two_videos_of_one_name_have_a_bundle_each(spot: Spot, video: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write_numbered(tmp_path / "other" / "good.mkv", frames=40)
    done = spot(video, other)
    assert done.exit_code == 0
    assert "good.touchline is not of this video and is kept" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good-2.touchline", "good.touchline"]
    assert Bundle(tmp_path / "out" / "good-2.touchline").read_manifest().video_name == "good.mkv"


@pytest.mark.robustness("30")
@pytest.mark.parametrize(
    "name",
    [
        "with  spaces.mp4",
        'quote\'s "here".mp4',
        "new\nline.mp4",
        "goal ⚽ 試合.mp4",
        "-leading.mp4",
        "; rm -rf $(x) `y`.mp4",
        "[bold]markup[/].mp4",
        "%d-%s.mp4",
        "x" * 240 + ".mp4",
        os.fsdecode(b"bytes-\xff.mp4"),
    ],
    ids=["spaces", "quotes", "newline", "emoji", "dash", "shell", "markup", "format", "long", "bytes"],
)
def test_any_file_name_works(
    spot: Spot, video: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        Path(name).write_bytes(video.read_bytes())
    except OSError:
        pytest.skip(f"this file system takes no name {name!r}")
    done = spot("--json", "--", name, verb="analyze")
    assert done.exit_code == 0, done.stderr
    *_, record = lines(done)
    assert record["video"] == name
    assert len(list((tmp_path / "out").glob("*.touchline/report.html"))) == 1
    missing = spot("--", f"{name}.none")
    assert missing.exit_code == 3
    assert len([line for line in missing.stderr.splitlines() if "error:" in line]) == 1


@pytest.mark.robustness("30")
def test_a_path_longer_than_260_characters_works(spot: Spot, video: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 150) / ("b" * 150)
    folder.mkdir(parents=True)
    path = folder / "match.mp4"
    path.write_bytes(video.read_bytes())
    assert spot(path, out=None).exit_code == 0


@pytest.mark.robustness("31")
def test_an_out_that_cannot_be_written_is_code_5(spot: Spot, video: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = spot(video, out=tmp_path / "file" / "below")
    assert done.exit_code == 5
    assert "--out" in done.stderr


@pytest.mark.robustness("31")
def test_a_full_disk_is_code_5_and_leaves_the_old_files(
    spot: Spot, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    spot(video)
    before = (tmp_path / "out" / "good.touchline" / "events.json").read_bytes()

    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    done = spot(video, "--force")
    monkeypatch.undo()
    assert done.exit_code == 5
    assert "disk is full" in done.stderr
    assert (tmp_path / "out" / "good.touchline" / "events.json").read_bytes() == before


def test_a_damaged_video_is_code_4_and_told(spot: Spot, tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "long.mp4", frames=600, width=96, height=64)
    data = bytearray(video.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    video.write_bytes(data)
    done = spot(video)
    assert done.exit_code == 4
    assert "could not be analysed" in done.stderr
    again = spot(video)
    assert again.exit_code == 4, "a reused bundle is as degraded as it was"


def test_a_model_that_is_none_is_code_3(video: Path, tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(b"no model")
    for name in (str(tmp_path / "m.safetensors"), "no-such-model"):
        done = runner.invoke(app, ["spot", "--model", name, str(video), "--out", str(tmp_path)])
        assert done.exit_code == 3
        assert "touchline: error:" in done.stderr


def test_dry_run_says_how_long_and_writes_nothing(spot: Spot, video: Path, tmp_path: Path) -> None:
    done = spot(video, "--dry-run")
    assert done.exit_code == 0
    assert "x real time" in done.stdout
    (record,) = lines(spot(video, "--dry-run", "--json"))
    assert record["seconds"] > 0
    assert not (tmp_path / "out").exists()
    assert spot(tmp_path / "missing.mp4", "--dry-run").exit_code == 3


def test_flip_is_another_result(spot: Spot, video: Path) -> None:
    assert spot(video).exit_code == 0
    assert "already analysed" in spot(video, "--no-flip").stdout, "this model does not flip by itself"
    done = spot(video, "--flip")
    assert "already analysed" not in done.stdout


@pytest.mark.parametrize("verb", ["spot", "analyze"])
def test_several_models_are_an_ensemble(spot: Spot, video: Path, tmp_path: Path, verb: str) -> None:
    other = write_tiny_model(tmp_path, name="other", seed=2)
    done = spot(video, "--model", other, verb=verb)
    assert done.exit_code == 0, done.stderr
    manifest = Bundle(tmp_path / "out" / "good.touchline").read_manifest()
    assert [model["name"] for model in manifest.models if model["task"] == "spot"] == ["tiny", "other"]
    assert "already analysed" in spot(video, "--model", other, verb=verb).stdout
    assert "already analysed" not in spot(video, verb=verb).stdout


@pytest.mark.parametrize("difference", [{"labels": ("PASS", "SHOT")}, {"fps": 25.0}], ids=["labels", "fps"])
def test_models_that_do_not_agree_are_wrong_usage(
    spot: Spot, video: Path, tmp_path: Path, difference: dict[str, Any]
) -> None:
    done = spot(video, "--model", write_tiny_model(tmp_path, name="other", **difference))
    assert done.exit_code == 2
    assert "models tiny and other have different" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", ["spot", "analyze"])
def test_thresholds_by_label(spot: Spot, video: Path, tmp_path: Path, verb: str) -> None:
    bundle = Bundle(tmp_path / "out" / "good.touchline")
    assert spot(video, "--threshold", "PASS=0", "--threshold", "DRIVE=1", verb=verb).exit_code == 0
    assert bundle.read_events().labels == ("PASS",)
    assert spot(video, "--threshold", "PASS=1", "--threshold", "DRIVE=1", verb=verb).exit_code == 0
    assert len(bundle.read_events()) == 0
    assert spot(video, "--threshold", "DRIVE=1", "--threshold", "all=0", verb=verb).exit_code == 0
    assert bundle.read_events().labels == ("PASS",)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("all=2", "0 to 1"),
        ("SHOT=0.5", "PASS, DRIVE"),
        ("PASS=1.5", "0 to 1"),
        ("PASS=-0.1", "0 to 1"),
        ("PASS=nan", "0 to 1"),
        ("PASS=high", "LABEL=VALUE"),
        ("0.5", "LABEL=VALUE"),
        ("=0.5", "LABEL=VALUE"),
    ],
)
def test_wrong_thresholds_are_wrong_usage(spot: Spot, video: Path, tmp_path: Path, word: str, told: str) -> None:
    for verb in ("spot", "analyze"):
        done = spot(video, video.with_name("b.mp4"), "--threshold", word, verb=verb)
        assert done.exit_code == 2
        assert told in done.stderr
        assert done.stderr.count("touchline: error:") == 1
        assert not (tmp_path / "out").exists()
