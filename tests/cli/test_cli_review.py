"""``touchline review`` as users run it: its address, its end, and nothing lost when it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from makevideo import write_numbered
from reviewserver import change, event_value, make_bundle
from touchline.formats.bundle import CORRECTIONS
from touchline.formats.corrections.journal import read_journal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@contextlib.contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, ended at the latest here."""
    line = [sys.executable, "-m", "touchline", "review", *map(str, arguments), "--no-browser"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_it_prints_its_address_and_ends_on_an_interrupt(tmp_path: Path) -> None:
    with running(make_bundle(tmp_path).path) as process:
        url = first_line(process)
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client() as client:
            assert client.get(url).status_code == 303
            session = client.get(url.partition("?")[0] + "api/session").json()
            assert [bundle["title"] for bundle in session["bundles"]] == ["match.mp4"]
            with client.stream("GET", url.partition("?")[0] + f"media/{session['bundles'][0]['id']}/video"):
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert "every correction is on the disk" in err
    assert "Traceback" not in err
    assert "token" not in err


def test_one_object_under_json(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "training.mp4", frames=10)
    with running(video, "--json", "--name", "Anna", "--label-set", "ball-2") as process:
        record = json.loads(first_line(process))
        assert (record["type"], [bundle["title"] for bundle in record["bundles"]]) == ("review", ["training.mp4"])
        with httpx.Client() as client:
            client.get(record["url"])
            session = client.get(record["url"].partition("?")[0] + "api/session").json()
        assert (session["who"], session["label_set"]) == ("Anna", "ball-2")
        process.terminate()
        out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone.mp4"], 3, "does not exist"),
        (["gone.touchline"], 3, "no such bundle"),
        (["v.mp4", "--label-set", "bal-12"], 2, "did you mean 'ball-12'"),
        (["v.mp4", "--host", "203.0.113.7"], 2, "not an address of this machine"),
        (["v.mp4", "--truth", "gone.json"], 3, "gone.json"),
        (["v.mp4", "--port", "99999"], 2, "65535"),
        ([], 2, "PATH"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    write_numbered(tmp_path / "v.mp4", frames=5)
    line = [sys.executable, "-m", "touchline", "review", "--no-browser", *arguments]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "v.mp4", frames=5)
    with running(video) as process:
        port = first_line(process).split(":")[2].partition("/")[0]
        line = [sys.executable, "-m", "touchline", "review", str(video), "--no-browser", "--port", port]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    assert f"port {port}" in done.stderr


@pytest.mark.robustness("32")
def test_killed_at_any_moment_it_keeps_every_answered_correction(tmp_path: Path) -> None:
    """Four times: corrections one after another, ``kill -9`` in their midst, and the next server continues."""
    bundle = make_bundle(tmp_path)
    answered: list[int] = []
    for round_number in range(4):
        with running(bundle.path) as process, httpx.Client() as client:
            base, bundle_id = opened(client, first_line(process))
            data = client.get(f"{base}api/bundles/{bundle_id}", params={"window": f"window-{round_number}xx"}).json()
            numbers = [entry["n"] for entry in data["entries"]]
            assert numbers[: len(answered)] == answered
            assert numbers in (answered, [*answered, len(answered) + 1])  # one may be written and not answered
            answered = list(numbers)
            with contextlib.suppress(httpx.TransportError):
                while True:
                    if len(answered) == len(numbers) + 1:
                        threading.Timer(0.05 + 0.1 * round_number, process.kill).start()
                    n = len(answered) + 1
                    body = {"window": f"window-{round_number}xx", "n": n, "do": [added(n)]}
                    answer = client.post(f"{base}api/bundles/{bundle_id}/entries", json=body)
                    assert answer.status_code == 200, answer.text
                    answered.append(n)
    assert len(answered) > 4
    kept = [entry.number for entry in read_journal(bundle.path / CORRECTIONS).entries]
    assert kept[: len(answered)] == answered
    assert len(kept) <= len(answered) + 1


def opened(client: httpx.Client, url: str) -> tuple[str, str]:
    """Let a client in; the address of the server, and the id of its bundle."""
    client.get(url)
    base = url.partition("?")[0]
    return base, client.get(f"{base}api/session").json()["bundles"][0]["id"]


def added(number: int) -> dict[str, Any]:
    return change("event", f"p-{number:012x}", event_value(note="x" * 500))
