"""Media are read in a child process: the same pictures and sound, and errors in place of crashes and hangs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from makevideo import read_number, write_frames, write_numbered
from touchline.core.errors import InputError, ResourceError, TouchlineError
from touchline.media import Video, VideoReader, check_video, read_audio
from touchline.media.isolation.calls import PATIENCE_VARIABLE
from touchline.media.isolation.limits import MEMORY_VARIABLE
from touchline.media.isolation.pool import POOL
from touchline.media.isolation.switch import VARIABLE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

Inside = Callable[[], None]


@pytest.fixture(autouse=True)
def new_children() -> Iterator[None]:
    """Every test starts its own processes, so that those of others are not taken for its own."""
    POOL.close()
    yield
    POOL.close()


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Inside:
    """Call to read media in this process from now on."""
    return lambda: monkeypatch.setenv(VARIABLE, "0")


def children_of(pid: int) -> list[int]:
    """The numbers of a process's children, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *children_of(child)]
    return found


def readers(pid: int | None = None) -> list[int]:
    """The processes that read files: those whose parent is a child of the given process."""
    mine = children_of(os.getpid() if pid is None else pid)
    return [child for child in mine if parent_of(child) in mine]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def gone(pid: int) -> bool:
    """Whether a process has ended, within some seconds."""
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def whole(path: Path, **arguments: Any) -> tuple[list[tuple[int, bytes, bytes]], object, object]:
    """Everything that a reader gives."""
    with VideoReader(path, **arguments) as video:
        frames = [(frame.time_us, frame.luma.tobytes(), frame.to_rgb().tobytes()) for frame in video.frames()]
        return frames, video.facts, video.coverage()


def interlaced(frame: av.VideoFrame) -> av.VideoFrame:
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    mark = graph.add("setfield", "tff")
    source.link_to(mark)
    mark.link_to(graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    marked = graph.pull()
    assert isinstance(marked, av.VideoFrame)
    return marked


KINDS: dict[str, dict[str, Any]] = {
    "yuv420p": {},
    "444": {"pix_fmt": "yuv444p"},
    "10-bit": {"pix_fmt": "yuv420p10le"},
    "grey": {"codec": "ffv1", "pix_fmt": "gray"},
    "rgb": {"codec": "ffv1", "pix_fmt": "bgr0"},
    "packed": {"codec": "rawvideo", "pix_fmt": "yuyv422"},
    "semi-planar": {"codec": "rawvideo", "pix_fmt": "nv12"},
    "10-bit 4:2:2": {"codec": "ffv1", "pix_fmt": "yuv422p10le"},
    "full range": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "rotated": {"rotation_deg": 90, "suffix": ".mp4"},
    "interlaced": {"prepare": interlaced, "options": {"flags": "+ilme+ildct", "preset": "ultrafast"}},
}


@pytest.mark.robustness("child")
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_of_the_decoder_itself(tmp_path: Path, inside: Inside, kind: str) -> None:
    arguments = dict(KINDS[kind])
    path = tmp_path / f"video{arguments.pop('suffix', '.mkv')}"
    generator = np.random.default_rng(5)
    size = (94, 150) if kind not in ("10-bit", "interlaced") else (96, 160)
    pictures = [generator.integers(0, 256, (*size, 3), np.uint8) for _ in range(20)]
    write_frames(path, pictures, **arguments)
    apart = whole(path)
    assert readers()
    inside()
    assert apart == whole(path)
    assert len(apart[0]) == 20


def test_sizes_that_change_midway_come_over(tmp_path: Path, inside: Inside) -> None:
    small = write_numbered(tmp_path / "small.ts", frames=12)
    large = write_numbered(tmp_path / "large.ts", frames=12, width=640, height=384)
    path = tmp_path / "both.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    apart = whole(path)
    inside()
    assert apart == whole(path)


def test_damage_is_found_as_it_is_without_a_child(tmp_path: Path, inside: Inside) -> None:
    path = write_numbered(tmp_path / "damaged.ts", frames=100)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    path.write_bytes(data)
    books: list[list[object]] = []
    for _ in range(2):
        with VideoReader(path) as video:
            books.append([(time_us, video.coverage()) for time_us, _ in video.decoded()] + [video.coverage()])
        inside()
    assert books[0] == books[1]
    assert books[0][0] != books[0][-1]


def test_sound_is_that_of_the_decoder_itself(tmp_path: Path, inside: Inside) -> None:
    tone = np.sin(np.arange(96_000) / 30).astype(np.float32)
    path = write_numbered(tmp_path / "sound.mp4", tone=tone)
    apart = read_audio(path)
    inside()
    assert len(apart) > 30_000 and np.array_equal(apart, read_audio(path))


def test_reading_goes_on_anywhere_and_may_end_early(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=300)
    with Video(path) as video:
        for start_us, number in ((0, 0), (8_000_000, 200), (4_000_000, 100), (40_000, 1)):
            frame = next(iter(video.frames(start_us=start_us)))
            assert (frame.time_us, read_number(frame.luma)) == (start_us, number)
        one, other = video.frames(), video.frames(start_us=6_000_000)
        assert [read_number(next(frames).luma) for frames in (one, other, one, other)] == [0, 150, 1, 151]
    with pytest.raises(StopIteration):
        next(one)
    assert len(children_of(os.getpid())) <= 6


def test_a_reader_that_is_forgotten_gives_its_process_back(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=300)
    for _ in range(20):
        next(iter(VideoReader(path).frames()))
    assert len(children_of(os.getpid())) <= 4


@pytest.mark.robustness("child")
def test_a_crash_ends_the_video_and_says_where(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=400)
    with VideoReader(path) as video:
        frames = video.frames()
        for _ in range(60):
            next(frames)
        (reader,) = readers()
        os.kill(reader, signal.SIGSEGV)
        with pytest.raises(ResourceError, match=r"video.mp4' cannot be decoded at 0:0\d\.\d: .*crashed \(SIGSEGV\); "):
            list(frames)
        assert 60 <= video.coverage().frames_decoded < 100
    assert gone(reader)
    assert len(whole(path)[0]) == 400


@pytest.mark.robustness("child")
def test_a_hang_ends_the_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=400)
    with VideoReader(path) as video:
        frames = video.frames()
        next(frames)
        monkeypatch.setenv(PATIENCE_VARIABLE, "0.5")
        (reader,) = readers()
        os.kill(reader, signal.SIGSTOP)
        with pytest.raises(ResourceError, match=r"cannot be decoded at 0:00\.\d: the decoder hangs, .* for 0\.5 s"):
            list(frames)
    assert gone(reader)


@pytest.mark.robustness("child", "10")
def test_more_memory_than_allowed_ends_the_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_frames(tmp_path / "8k.mkv", [np.zeros((4320, 7680), np.uint8)], codec="mjpeg", pix_fmt="yuvj420p")
    assert len(whole(path)[0]) == 1
    monkeypatch.setenv(MEMORY_VARIABLE, "40")
    POOL.close()
    with pytest.raises(ResourceError, match=r"8k.mkv' needs more memory to decode than is free"):
        whole(path)
    small = write_numbered(tmp_path / "small.mp4")
    assert len(whole(small)[0]) == 50


@pytest.mark.robustness("11")
def test_pictures_beyond_the_limit_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "16k.mkv", [np.zeros((8640, 15360), np.uint8)], codec="ffv1", pix_fmt="gray")
    with pytest.raises(InputError, match="pixels"):
        VideoReader(path)


LONG = """
import sys, time
from touchline.media.video import VideoReader
with VideoReader(sys.argv[1]) as video:
    frames = video.frames()
    next(frames)
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.robustness("child", "32")
@pytest.mark.parametrize("stopped", [False, True], ids=["waiting", "stuck"])
def test_children_end_with_their_parent(tmp_path: Path, stopped: bool) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=400)
    parent = subprocess.Popen([sys.executable, "-c", LONG, str(path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
    mine = children_of(parent.pid)
    assert len(mine) == 2
    if stopped:
        spin(readers(parent.pid)[0])
    parent.kill()
    parent.wait()
    assert all(gone(pid) for pid in mine)


def spin(pid: int) -> None:
    """Keep a process from reading its messages."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.1)
    os.kill(pid, signal.SIGCONT)


def test_ctrl_c_ends_the_parent_and_the_children_with_it(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=400)
    parent = subprocess.Popen(
        [sys.executable, "-c", LONG, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
    mine = children_of(parent.pid)
    os.killpg(parent.pid, signal.SIGINT)
    _, told = parent.communicate(timeout=20)
    assert "KeyboardInterrupt" in told and told.count("Traceback") == 1
    assert all(gone(pid) for pid in mine)


def test_a_forked_process_starts_its_own(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "video.mp4", frames=30)
    whole(path)
    mine = set(children_of(os.getpid()))
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        same = len(whole(path)[0]) == 30 and not mine & set(children_of(os.getpid()))
        os.write(writes, b"1" if same else b"0")
        os._exit(0)
    assert os.read(reads, 1) == b"1"
    os.waitpid(pid, 0)
    for number in (reads, writes):
        os.close(number)
    assert len(whole(path)[0]) == 30
    assert mine <= set(children_of(os.getpid()))


def test_nothing_stays_in_shared_memory(tmp_path: Path) -> None:
    before = set(Path("/dev/shm").iterdir())
    path = write_numbered(tmp_path / "video.mp4")
    whole(path)
    assert set(Path("/dev/shm").iterdir()) <= before


def test_the_current_folder_is_not_imported_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_numbered(tmp_path / "video.mp4")
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)\n")
    (tmp_path / "av.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert len(whole(Path("video.mp4"))[0]) == 50


def mutated(path: Path, data: bytes, *, seed: int) -> Path:
    """A copy with some bytes of its header changed."""
    generator = random.Random(seed)
    changed = bytearray(data)
    moov = max(0, data.find(b"moov"))
    ends = moov + min(2_000, len(data) - moov)
    for _ in range(generator.randint(1, 6)):
        changed[generator.randrange(moov, ends)] = generator.choice((0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)))
    path.write_bytes(changed)
    return path


def read_mutated(tmp_path: Path, seeds: range) -> None:
    data = write_numbered(tmp_path / "good.mp4", frames=24).read_bytes()
    for seed in seeds:
        path = mutated(tmp_path / f"{seed}.mp4", data, seed=seed)
        try:
            check_video(path)
        except TouchlineError as error:
            assert str(path) in str(error)
            assert error.exit_code in (3, 5)


@pytest.mark.robustness("10", "child")
def test_changed_headers_crash_nothing(tmp_path: Path, tried: Callable[[int], None]) -> None:
    read_mutated(tmp_path, range(12))
    tried(12)


@pytest.mark.slow
@pytest.mark.robustness("10", "child")
def test_a_hundred_changed_headers_crash_nothing(tmp_path: Path, tried: Callable[[int], None]) -> None:
    read_mutated(tmp_path, range(100))
    tried(100)
