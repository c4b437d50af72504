"""``touchline batch`` as it is called: plans, options, exit codes, a stop by SIGTERM, and one real analysis."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from touchline.batch.markers import Failed, Failure, write_marker
from touchline.batch.plan import read_plan
from touchline.batch.stores import open_store
from touchline.cli.main import app

runner = CliRunner()


def run(*words: str | Path) -> Any:
    return runner.invoke(app, ["batch", *map(str, words)])


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files that have the names of videos."""
    (tmp_path / "v").mkdir()
    for name in ("a", "b"):
        (tmp_path / "v" / f"{name}.mp4").write_text(f"no video {name}")
    return tmp_path / "v"


def test_a_plan_is_made_shown_and_made_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    made = run("plan", "--input", folder, "--out", out, "--options", "--fps 5 --no-clock", "--json")
    assert made.exit_code == 0
    assert records(made.stdout)[0] | {"store": ""} == {
        "type": "plan", "store": "", "matches": 2, "new": 2, "bytes": 20,
    }  # fmt: skip
    terms = read_plan(open_store(str(out))).terms
    assert terms.options == ("--fps", "5", "--no-clock")
    assert terms.settings == {"fps": 5.0, "clock": False}
    again = run("plan", "--input", folder, "--out", out, "--options", "--no-clock --fps=5.0")
    assert again.exit_code == 2, "options that are written otherwise are passed on otherwise"
    again = run("plan", "--input", folder, "--out", out, "--options", "--fps 5 --no-clock")
    assert "nothing new" in again.stdout
    other = run("plan", "--input", folder, "--out", out, "--options", "--fps 6 --no-clock")
    assert (other.exit_code, "choose another --out" in other.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--fsp 5", "--fps"),
        ("--fps fast", "--fps"),
        ("--out x", "no out"),
        ("--force", "no force"),
        ("x.mp4", "no videos"),
    ],
)
def test_options_that_a_plan_cannot_have_are_refused(folder: Path, tmp_path: Path, options: str, words: str) -> None:
    done = run("plan", "--input", folder, "--out", tmp_path / "s", "--options", options)
    assert done.exit_code == 2
    assert words in done.stderr


def test_status_and_retry_of_failed_matches(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    run("plan", "--input", folder, "--out", out)
    store = open_store(str(out))
    for match in read_plan(store).matches:
        write_marker(store, match.key, Failed(reason="too dark", failures=(Failure(reason="too dark"),)))
    status = run("status", "--out", out, "--price", "2")
    assert "0 done, 2 failed, 0 running, 0 lost, 0 waiting" in status.stdout
    assert "too dark" in status.stdout
    shown = records(run("status", "--out", out, "--json").stdout)
    assert [each["state"] for each in shown if each["type"] == "match"] == ["failed", "failed"]
    assert shown[-1]["failed"] == 2
    assert "1 failed match will be tried again" in run("retry", "--out", out, "--match", "a").stdout
    assert records(run("status", "--out", out, "--json").stdout)[-1]["failed"] == 1
    unknown = run("retry", "--out", out, "--match", "c")
    assert (unknown.exit_code, "no match 'c'" in unknown.stderr) == (2, True)


def test_files_that_are_no_videos_fail_with_their_reason_and_exit_code_4(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    run("plan", "--input", folder, "--out", out, "--options", "--no-tracks --no-clock")
    done = run("work", "--out", out, "--scratch", tmp_path / "x", "--json")
    assert done.exit_code == 4, done.stderr
    outcomes = [each for each in records(done.stdout) if each["type"] == "match"]
    assert [each["outcome"] for each in outcomes] == ["failed", "failed"]
    assert all(".mp4" in each["remark"] for each in outcomes)


def test_a_worker_without_a_plan_and_one_of_another_split_are_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    assert run("work", "--out", out).exit_code == 2
    run("plan", "--input", folder, "--out", out, "--shards", "4")
    refused = run("work", "--out", out, "--shard", "0/2")
    assert (refused.exit_code, "split in 4 shards" in refused.stderr) == (2, True)


def test_a_plan_of_another_version_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    run("plan", "--input", folder, "--out", out)
    document = json.loads((out / "plan.json").read_bytes())
    document["terms"]["version"] = "0.0.1"
    (out / "plan.json").write_text(json.dumps(document))
    refused = run("work", "--out", out, "--shard", "0/1")
    assert (refused.exit_code, "made with touchline 0.0.1" in refused.stderr) == (2, True)


def test_a_bucket_that_cannot_be_reached_gives_exit_code_6_or_names_what_is_missing(folder: Path) -> None:
    done = run("status", "--out", "nowhere-at-all://bucket/x")
    assert done.exit_code == 2
    assert "nowhere-at-all://bucket/x" in done.stderr


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample clip, and a plan that names its events from the picture alone."""
    root = tmp_path_factory.mktemp("real")
    (root / "v").mkdir()
    with as_file(files("touchline.analysis") / "sample" / "sample.mp4") as sample:
        (root / "v" / "sample.mp4").write_bytes(sample.read_bytes())
    options = "--no-tracks --no-clock"
    assert run("plan", "--input", root / "v", "--out", root / "s", "--options", options).exit_code == 0
    return root


@pytest.mark.slow
def test_a_real_analysis_stopped_by_sigterm_goes_on_and_comes_home(real: Path) -> None:
    command = [sys.executable, "-m", "touchline", "batch", "work", "--out", str(real / "s")]
    first = subprocess.Popen([*command, "--scratch", str(real / "one")], stderr=subprocess.PIPE, text=True)
    wait_for_chunk(real / "one", first)
    first.send_signal(signal.SIGTERM)
    _, messages = first.communicate(timeout=60)
    assert first.returncode == 75, messages
    assert "the next worker continues" in messages
    key = read_plan(open_store(str(real / "s"))).matches[0].key
    assert (real / "s" / key / "_CHECKPOINT.tar").is_file()
    second = subprocess.run([*command, "--scratch", str(real / "two"), "--json"], capture_output=True, text=True)
    assert second.returncode == 0, second.stderr
    fetched = run("fetch", "--out", real / "s", "--to", real / "home", "--json")
    assert records(fetched.stdout)[-1] == {"type": "fetch", "bundles": 1, "new": 1, "unfinished": 0}
    alone = [sys.executable, "-m", "touchline", "analyze", str(real / "v" / "sample.mp4"), "--no-tracks", "--no-clock"]
    subprocess.run(alone, check=True, capture_output=True)
    for path in (real / "v" / "sample.touchline").iterdir():
        home = real / "home" / "sample.touchline" / path.name
        if path.name == "manifest.json":
            assert untimed(path) == untimed(home)
        else:
            assert path.read_bytes() == home.read_bytes(), path.name


def untimed(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    del document["timings_s"]
    return document


def wait_for_chunk(folder: Path, process: subprocess.Popen[str]) -> None:
    until_s = time.monotonic() + 120
    while not list(folder.rglob("*.npz")):
        assert process.poll() is None and time.monotonic() < until_s
        time.sleep(0.05)
    assert os.path.isdir(folder)
