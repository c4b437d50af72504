"""Rows 1-11, 18, 23, 26, 28-30 of the bad inputs: what cannot be used is refused in one clear line, at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from makevideo import bars, read_number, write_frames, write_numbered
from touchline.core.errors import InputError, UsageError
from touchline.media.check import check_video, still_growing
from touchline.media.video import VideoReader, probe


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fails any socket, Python's at least; returns what was tried."""
    tried: list[str] = []

    def refuse(*args: object, **kwargs: object) -> None:
        tried.append(str(args))
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    return tried


@pytest.mark.robustness("1")
def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(InputError, match=r"empty\.mp4' is empty .*copy or export"):
        probe(path)


@pytest.mark.robustness("2")
@pytest.mark.parametrize("text", ["This is not a video.\n" * 40, "<html>404</html>", "ünïcode Wörter\n" * 400])
def test_text_named_mp4(tmp_path: Path, text: str) -> None:
    path = tmp_path / "text.mp4"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"text\.mp4' is text, not a video"):
        probe(path)


@pytest.mark.robustness("2")
def test_random_bytes(tmp_path: Path) -> None:
    path = tmp_path / "noise.mp4"
    path.write_bytes(np.random.default_rng(0).bytes(50_000))
    with pytest.raises(InputError, match=r"noise\.mp4'"):
        probe(path)


@pytest.mark.robustness("3")
@pytest.mark.timeout(20)
def test_folder_and_pipe_are_wrong_use_and_do_not_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="is a folder"):
        probe(tmp_path)
    with pytest.raises(UsageError, match="is a pipe or device"):
        probe(pipe)
    with pytest.raises(UsageError, match="is a pipe or device"):
        probe("/dev/null")


@pytest.mark.robustness("4")
def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4' does not exist"):
        probe(tmp_path / "gone.mp4")


@pytest.mark.robustness("4")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "secret.mp4", frames=2)
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read"):
        probe(path)


@pytest.mark.robustness("5")
def test_recording_without_its_index(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.mp4").read_bytes()
    path = tmp_path / "crashed.mp4"
    path.write_bytes(whole[: whole.index(b"moov") - 4])
    with pytest.raises(InputError, match=r"unfinished recording: its index \(moov\) is missing.*repair it"):
        probe(path)


@pytest.mark.robustness("7")
def test_cut_inside_the_first_frame(tmp_path: Path) -> None:
    pictures = [np.random.default_rng(i).integers(0, 255, (96, 160), dtype=np.uint8) for i in range(5)]
    whole = write_frames(tmp_path / "whole.mp4", pictures, container_options={"movflags": "faststart"}).read_bytes()
    path = tmp_path / "stub.mp4"
    path.write_bytes(whole[: whole.index(b"mdat") + 1500])
    with pytest.raises(InputError, match="no frame that can be decoded"):
        probe(path)


@pytest.mark.robustness("7")
@pytest.mark.timeout(120)
def test_cut_anywhere_never_crashes(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "w.mp4", frames=30, container_options={"movflags": "faststart"}).read_bytes()
    path = tmp_path / "cut.mp4"
    for size in range(1, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:size])
        try:
            with VideoReader(path) as video:
                shown = [read_number(frame.luma) for frame in video.frames()]
                assert shown == list(range(len(shown))) or not video.coverage().complete
                assert not video.coverage().complete
        except InputError as error:
            assert "cut.mp4" in str(error)


@pytest.mark.robustness("11")
def test_huge_picture_is_refused_before_decoding(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "bomb.mp4", [np.zeros((2000, 3000), np.uint8)])
    assert probe(path).width == 3000
    with pytest.raises(InputError, match="3000x2000 pixels, more than the 5000000 allowed"):
        probe(path, max_pixels=5_000_000)
    path = write_frames(tmp_path / "bomb.mkv", [np.zeros((2000, 3000), np.uint8)], codec="mjpeg", pix_fmt="yuvj420p")
    with pytest.raises(InputError, match="larger than the 5000000 pixels allowed"):
        probe(path, max_pixels=5_000_000)


@pytest.mark.robustness("11")
def test_picture_above_the_default_cap_is_refused(tmp_path: Path) -> None:
    whole = write_frames(tmp_path / "x.avi", [np.zeros((96, 160), np.uint8)], codec="mjpeg", pix_fmt="yuvj420p")
    lied = bytearray(whole.read_bytes())
    for marker in (b"\xff\xc0", b"strf"):
        at = lied.index(marker)
        if marker == b"strf":
            lied[at + 12 : at + 20] = (15360).to_bytes(4, "little") + (8640).to_bytes(4, "little")
        else:
            lied[at + 5 : at + 9] = (8640).to_bytes(2, "big") + (15360).to_bytes(2, "big")
    path = tmp_path / "bomb.avi"
    path.write_bytes(lied)
    with pytest.raises(InputError, match=r"bomb\.avi"):
        probe(path)


@pytest.mark.robustness("18")
def test_sound_only(tmp_path: Path) -> None:
    import av

    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="sound but no video"):
        probe(path)


SCRIPTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "hls-file": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nreal.mp4\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile real.mp4\n",
    "concat-bare": "file 'real.mp4'\nfile 'real.mp4'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
}


@pytest.mark.robustness("28")
@pytest.mark.parametrize("kind", sorted(SCRIPTS))
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8"])
def test_playlists_and_scripts_are_refused(tmp_path: Path, kind: str, suffix: str, no_sockets: list[str]) -> None:
    write_numbered(tmp_path / "real.mp4", frames=3)
    path = tmp_path / f"list{suffix}"
    path.write_text(SCRIPTS[kind])
    with pytest.raises(InputError, match=r"list\.(mp4|m3u8)' is (a playlist|text)"):
        probe(path)
    assert not no_sockets


@pytest.mark.robustness("28")
@pytest.mark.timeout(30)
def test_a_playlist_opens_no_connection(tmp_path: Path) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.5)
    path = tmp_path / "list.mp4"
    path.write_text(SCRIPTS["hls"].replace(":9/", f":{server.getsockname()[1]}/"))
    with pytest.raises(InputError):
        probe(path)
    with pytest.raises(TimeoutError):
        server.accept()
    server.close()


@pytest.mark.robustness("29")
@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/x.mp4", "https://localhost/x", "rtmp://10.0.0.1/a", "file:///etc/passwd", "http:/x"]
)
def test_urls_are_wrong_use(url: str, no_sockets: list[str]) -> None:
    with pytest.raises(UsageError, match="is a URL"):
        probe(url)
    assert not no_sockets


@pytest.mark.robustness("30")
@pytest.mark.parametrize(
    "name",
    [
        "with space.mp4",
        "quo'te\".mp4",
        "-leading.mp4",
        "new\nline.mp4",
        "⚽ goal.mp4",
        "match:1%02d[0]*?.mp4",
        "https:fake.mp4",
        "$(touch pwned);.mp4",
        "b\udcffad.mp4",
    ],
)
def test_odd_names_work(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_numbered(tmp_path / "plain.mp4", frames=3)
    (tmp_path / name).write_bytes(source.read_bytes())
    monkeypatch.chdir(tmp_path)
    for path in (name, tmp_path / name):
        with VideoReader(path) as video:
            assert [read_number(frame.luma) for frame in video.frames()] == [0, 1, 2]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.robustness("30")
def test_a_path_longer_than_260_characters_works(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 120) / ("b" * 120)
    folder.mkdir(parents=True)
    path = write_numbered(tmp_path / "plain.mp4", frames=3).rename(folder / f"{'c' * 60}.mp4")
    assert len(str(path)) > 260
    assert probe(path).width == 160


@pytest.mark.robustness("26")
def test_a_growing_file_is_noticed(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "w.ts", frames=200, width=320, height=192).read_bytes()
    path = tmp_path / "live.ts"
    path.write_bytes(whole[: len(whole) // 2])
    with VideoReader(path) as video:
        frames = video.frames()
        next(frames)
        with path.open("ab") as file:
            file.write(whole[len(whole) // 2 :])
        for _ in frames:
            pass
        coverage = video.coverage()
    assert not coverage.complete
    assert "still being written" in coverage.gaps[-1].reason


@pytest.mark.robustness("26")
def test_check_says_that_a_file_is_growing(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "live.ts", [bars(i, width=160, height=96) for i in range(20)])
    assert not still_growing(path)
    os.utime(path)
    stop = threading.Event()

    def record() -> None:
        with path.open("ab") as file:
            while not stop.wait(0.05):
                file.write(bytes(188))
                file.flush()

    recorder = threading.Thread(target=record)
    recorder.start()
    try:
        report = check_video(path, decode=False)
    finally:
        stop.set()
        recorder.join()
    assert report.severity == "error"
    assert "growing" in {finding.code for finding in report.findings}


LITTLE_MEMORY = """
import resource, sys
from touchline.core.errors import ResourceError
from touchline.media.video import VideoReader
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) << 20,) * 2)
try:
    with VideoReader(sys.argv[1]) as video:
        print(len([frame.time_us for frame in video.frames()]))
except ResourceError as error:
    print(error)
"""


@pytest.mark.robustness("10")
def test_too_little_memory_is_a_lack_of_resources_and_no_damage(tmp_path: Path) -> None:
    picture = np.zeros((4320, 7680), np.uint8)
    path = write_frames(tmp_path / "8k.mkv", [picture] * 2, codec="mjpeg", pix_fmt="yuvj420p")
    outputs = []
    for limit_mib in (8192, 250):
        command = [sys.executable, "-c", LITTLE_MEMORY, str(path), str(limit_mib)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=True)
        outputs.append(done.stdout)
    assert outputs[0] == "2\n"
    assert "8k.mkv' needs more memory to decode than is free" in outputs[1]
