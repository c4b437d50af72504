"""``touchline live``: a growing file and streams of a paced local server, against ``touchline spot``."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from makevideo import write_frames, write_numbered
from rtspserver import RtspServer
from tinymodel import write_tiny_model
from touchline.cli.main import app

Key = tuple[str, int, float]
FPS = 25
SECONDS = 12
FILES = ("events.json", "results_spotting.json", "candidates.json", "scores.npz", "likeness.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small model and a video of noise, match.ts."""
    folder = tmp_path_factory.mktemp("live")
    write_tiny_model(folder)
    rng = np.random.default_rng(3)
    strength = 60 + 60 * np.sin(np.arange(FPS * SECONDS) / 9)
    pictures = (np.clip(rng.normal(110, s, (96, 160)), 0, 255).astype(np.uint8) for s in strength)
    write_frames(folder / "match.ts", pictures, fps=FPS, options={"preset": "ultrafast", "g": "25", "bf": "2"})
    return folder


def call(folder: Path, *words: str) -> Result:
    """Run the command line with the small model."""
    return CliRunner().invoke(app, [*words, "--model", str(folder / "tiny.safetensors"), "--json"])


def lines(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def found_live(done: Result) -> list[Key]:
    events = (one for one in lines(done) if one["type"] == "event" and one["final"] and not one["withdrawn"])
    return sorted((one["label"], one["time_us"], one["confidence"]) for one in events)


def found_offline(folder: Path, video: Path) -> list[Key]:
    done = call(folder, "spot", str(video), "--force")
    events = (one for one in lines(done) if one["type"] == "event")
    return sorted((one["label"], one["time_us"], one["confidence"]) for one in events)


class Growing(threading.Thread):
    """Writes a file piece by piece, as a recorder does."""

    def __init__(self, source: Path, target: Path, *, pieces: int = 20, pause_s: float = 0.03) -> None:
        super().__init__(daemon=True)
        self._data, self._target, self._pieces, self._pause_s = source.read_bytes(), target, pieces, pause_s
        target.touch()

    def run(self) -> None:
        size = -(-len(self._data) // self._pieces)
        with self._target.open("ab", buffering=0) as file:
            for start in range(0, len(self._data), size):
                file.write(self._data[start : start + size])
                time.sleep(self._pause_s)


@pytest.mark.parametrize(
    "ending", ["mkv", pytest.param("ts", marks=pytest.mark.slow), pytest.param("mp4", marks=pytest.mark.slow)]
)
def test_a_growing_file_gives_the_events_of_the_finished_one(folder: Path, tmp_path: Path, ending: str) -> None:
    whole = tmp_path / f"whole.{ending}"
    remux(folder / "match.ts", whole)
    target = tmp_path / f"growing.{ending}"
    writer = Growing(whole, target)
    writer.start()
    done = call(folder, "live", str(target), "--follow", "2", "--no-page", "--status", "1")
    writer.join()
    assert done.exit_code == 0, done.stderr
    written = [(tmp_path / "growing.touchline" / name).read_bytes() for name in FILES]
    expected = found_offline(folder, target)
    assert found_live(done) == expected
    assert [(tmp_path / "growing.touchline" / name).read_bytes() for name in FILES] == written
    assert len(expected) > 5
    kinds = {one["type"] for one in lines(done)}
    assert {"event", "status", "result"} <= kinds
    assert lines(done)[-1]["bundles"] == [str(tmp_path / "growing.touchline")]
    assert lines(done)[-1]["likeness"]["verdict"] == "never measured"


def remux(source: Path, target: Path) -> None:
    """Copy the packets of a video into another container that can be read while it is written."""
    import av

    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if target.suffix == ".mp4" else {}
    with av.open(str(source)) as given, av.open(str(target), "w", options=options) as taken:
        stream = taken.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                taken.mux(packet)


def test_a_marker_ends_a_file_at_once(folder: Path, tmp_path: Path) -> None:
    target, marker = tmp_path / "a.ts", tmp_path / "done"
    shutil.copy(folder / "match.ts", target)
    marker.touch()
    out = tmp_path / "out"
    done = call(
        folder, "live", str(target), "--follow", "1000", "--marker", str(marker), "--no-page", "--out", str(out)
    )
    assert done.exit_code == 0, done.stderr
    assert (out / "a.touchline" / "events.json").exists()


def test_a_plain_mp4_that_is_written_is_refused_with_the_setting_to_change(folder: Path, tmp_path: Path) -> None:
    data = write_numbered(tmp_path / "whole.mp4", frames=30).read_bytes()
    target = tmp_path / "recording.mp4"
    target.write_bytes(data[: data.rindex(b"moov") - 4])
    done = CliRunner().invoke(app, ["live", str(target), "--json"])
    assert done.exit_code == 3
    assert "Hybrid MP4" in json.loads(done.stdout.splitlines()[-1])["error"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["nothing.mkv"], 3, "no such file"),
        (["ftp://host/a"], 2, "is not read live"),
        (["rtsp://me:secret@127.0.0.1:1/a", "--keep", "1"], 2, "--record"),
        (["rtsp://me:secret@127.0.0.1:1/a", "--record", "a.mp4"], 5, "end the name in .mkv"),
    ],
)
def test_what_cannot_be_done_says_why(words: list[str], code: int, text: str) -> None:
    done = CliRunner().invoke(app, ["live", *words, "--json"])
    assert done.exit_code == code
    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert text in error
    assert "secret" not in done.output


def test_a_source_that_cannot_be_reached_ends_with_six_and_shows_no_password(folder: Path) -> None:
    done = call(folder, "live", "rtsp://me:secret@127.0.0.1:1/a?key=secret", "--give-up", "1", "--no-page")
    assert done.exit_code == 6
    assert "rtsp://me:***@127.0.0.1:1/a?***: no picture within" in done.stderr
    assert "secret" not in done.stderr + done.stdout


class Served:
    """ffmpeg as a paced server of match.ts."""

    def __init__(self, ffmpeg: str) -> None:
        self._ffmpeg, self._running = ffmpeg, list[subprocess.Popen[bytes]]()

    def start(self, folder: Path, *out: str, seconds: float = SECONDS, shift_s: float = 0) -> subprocess.Popen[bytes]:
        given = ["-re", "-i", str(folder / "match.ts"), "-t", f"{seconds}", "-output_ts_offset", f"{shift_s}"]
        command = [self._ffmpeg, "-loglevel", "error", *given, "-c", "copy", "-f", *out]
        self._running.append(subprocess.Popen(command))
        return self._running[-1]

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def served(ffmpeg: str) -> Iterator[Served]:
    found = Served(ffmpeg)
    yield found
    found.stop()


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
def test_a_cut_connection_that_returns_on_another_clock(folder: Path, tmp_path: Path, served: Served) -> None:
    url, recording = f"tcp://127.0.0.1:{free_port()}", tmp_path / "rec.mkv"

    def serve() -> None:
        served.start(folder, "mpegts", f"{url}?listen=1", seconds=6).wait()
        time.sleep(2)
        served.start(folder, "mpegts", f"{url}?listen=1", seconds=6, shift_s=500).wait()

    threading.Thread(target=serve, daemon=True).start()
    time.sleep(1)
    done = call(folder, "live", url, "--record", str(recording), "--give-up", "12", "--no-page")
    assert done.exit_code == 4, done.stderr
    state = [one for one in lines(done) if one["type"] == "status"][-1]
    assert state["state"] == "ended"
    reasons = [gap["reason"] for gap in state["gaps"] if gap["end_us"] - gap["start_us"] > 1_000_000]
    assert len(reasons) == 1 and "the connection was lost" in reasons[0], state["gaps"]
    assert found_live(done) == found_offline(folder, recording)


@pytest.mark.slow
def test_hls_over_http(folder: Path, tmp_path: Path, served: Served) -> None:
    place = tmp_path / "hls"
    place.mkdir()
    handler = partial(_Quiet, directory=str(place))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.start(folder, "hls", "-hls_time", "1", "-hls_list_size", "0", str(place / "index.m3u8"))
    for _ in range(100):
        if (place / "index.m3u8").exists():
            break
        time.sleep(0.1)
    recording = tmp_path / "rec.mkv"
    url = f"http://127.0.0.1:{server.server_port}/index.m3u8"
    done = call(folder, "live", url, "--record", str(recording), "--no-page")
    server.shutdown()
    assert done.exit_code == 0, done.stderr
    assert found_live(done) == found_offline(folder, recording)
    assert len(found_live(done)) > 5


@pytest.mark.slow
def test_rtsp_that_breaks_and_returns(folder: Path, tmp_path: Path) -> None:
    server = RtspServer(folder / "match.ts", duration_s=SECONDS, plays=2)
    recording = tmp_path / "rec.mkv"
    done = call(folder, "live", server.url, "--record", str(recording), "--give-up", "6", "--no-page")
    assert all("RTP/AVP/TCP" in transport for transport in server.transports)
    assert done.exit_code in (0, 4), done.stderr
    assert "secret" not in done.stdout + done.stderr
    found = found_live(done)
    assert found == found_offline(folder, recording)
    assert max(time_us for _, time_us, _ in found) > 15_000_000, "events of the second connection"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.slow
def test_udp_that_falls_silent(folder: Path, tmp_path: Path, served: Served) -> None:
    port, recording = free_port(), tmp_path / "rec.mkv"
    served.start(folder, "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316")
    done = call(folder, "live", f"udp://127.0.0.1:{port}", "--record", str(recording), "--give-up", "4", "--no-page")
    assert done.exit_code in (0, 4), done.stderr
    assert found_live(done) == found_offline(folder, recording)
    assert len(found_live(done)) > 3


@pytest.mark.slow
def test_ctrl_c_ends_a_run_in_good_order(folder: Path, tmp_path: Path, served: Served) -> None:
    url, recording = f"tcp://127.0.0.1:{free_port()}", tmp_path / "rec.mkv"
    served.start(folder, "mpegts", f"{url}?listen=1")
    time.sleep(1)
    given = [sys.executable, "-m", "touchline", "live", url, "--record", str(recording), "--no-page", "--json"]
    running = subprocess.Popen(
        [*given, "--model", str(folder / "tiny.safetensors")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line)["type"] == "event":
            break
    running.terminate()
    out, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    assert json.loads(out.splitlines()[-1])["type"] == "result"
    assert (tmp_path / "rec.touchline" / "manifest.json").exists()
