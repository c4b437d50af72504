"""The same bundle from any number of threads, in bounded memory, and errors and interrupts that come through."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fakematch import FakeDetector, FakePitchFinder, write_match
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.task import Task
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.analysis.threads import side_by_side
from touchline.analysis.threads.crew import Channel, Crew
from touchline.analysis.threads.side_by_side import pass_on
from touchline.core.arrays import Rgb
from touchline.core.tracks import Detections
from touchline.media.frame import Frame
from touchline.models.runtime.requests import Pending
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import load_spotter

FRAMES = 300
TIMES = {"manifest.json", "report.html"}
"""Files that hold timings, or refer to one that does."""


class LateDetector(FakeDetector):
    """A detector that answers some calls later, the later the more there are."""

    def __init__(self, ahead: int) -> None:
        super().__init__()
        self.ahead = ahead
        self.most = self._open = 0

    def begin(self, pictures: Sequence[Rgb]) -> Pending[list[Detections]]:
        self._open += 1
        self.most = max(self.most, self._open)

        def wait() -> list[Detections]:
            self._open -= 1
            return self.detect(pictures)

        return wait


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=FRAMES)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


def analysed(video: Path, model: Path, out: Path, *, threads: int) -> dict[str, bytes]:
    """The files of a bundle made with some threads, without those that hold times."""
    spotter = load_spotter(model, device="cpu", threads=threads)
    detector = LateDetector(threads) if threads > 1 else FakeDetector()
    tracker = VideoTracker(detector, FakePitchFinder())
    tasks = usual_tasks(spotter=spotter, tracker=tracker, sound=True, report=ReportOptions())
    result = analyze_video(video, tasks=tasks, options=AnalyzeOptions(out=out, threads=threads, chunk_s=2.0))
    if isinstance(detector, LateDetector):
        assert detector.most == threads + 1
    return {path.name: path.read_bytes() for path in result.bundle.iterdir() if path.name not in TIMES}


def test_the_bundle_is_the_same_with_any_number_of_threads(video: Path, model: Path, tmp_path: Path) -> None:
    one = analysed(video, model, tmp_path / "1", threads=1)
    assert {"tracks.parquet", "events.json", "scores.npz", "sound.json"} <= set(one)
    for threads in (2, 4):
        assert analysed(video, model, tmp_path / str(threads), threads=threads) == one


class Watcher(Task):
    """Notes the frames it sees, slowly if it has to."""

    files = ()
    watches = True

    def __init__(self, name: str, *, pause_s: float = 0.0, fails_at: int | None = None) -> None:
        self.name = name  # type: ignore[misc]
        self.seen: list[int] = []
        self.most_ahead = 0
        self.slower: Watcher | None = None
        self._pause_s, self._fails_at = pause_s, fails_at

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if len(self.seen) == self._fails_at:
                raise LookupError(f"{self.name} fails")
            self.seen.append(frame.time_us)
            time.sleep(self._pause_s)
            if self.slower is not None:
                self.most_ahead = max(self.most_ahead, len(self.seen) - len(self.slower.seen))
            yield frame


def numbered(count: int, *, size: tuple[int, int] = (4, 4)) -> Iterator[Frame]:
    luma: npt.NDArray[np.uint8] = np.zeros(size, np.uint8)
    return (Frame(number * 40_000, luma) for number in range(count))


def test_every_task_sees_every_frame_and_none_is_far_ahead(tmp_path: Path) -> None:
    slow, fast = Watcher("slow", pause_s=0.001), Watcher("fast")
    fast.slower = slow
    pass_on(numbered(200), tasks=[slow, fast], video=tmp_path, threads=2)
    assert slow.seen == fast.seen == [number * 40_000 for number in range(200)]
    assert fast.most_ahead <= side_by_side._MOST_FRAMES + 2


def test_large_frames_wait_in_short_queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channels: list[Channel[Frame]] = []
    original = Crew.channel

    def channel(self: Crew, *, most: int) -> Channel[Frame]:
        channels.append(original(self, most=most))
        return channels[-1]

    monkeypatch.setattr(Crew, "channel", channel)
    slow = Watcher("slow", pause_s=0.002)
    pass_on(numbered(30, size=(2160, 3840)), tasks=[slow], video=tmp_path, threads=2)
    assert channels[0].longest <= 32_000_000 // (2160 * 3840)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_task_comes_through_with_its_traceback(tmp_path: Path, threads: int) -> None:
    tasks = [Watcher("good"), Watcher("bad", fails_at=20), Watcher("slow", pause_s=0.001)]
    with pytest.raises(LookupError, match="bad fails") as caught:
        pass_on(numbered(10_000), tasks=tasks, video=tmp_path, threads=threads)
    assert "watch" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("touchline-")]


def test_an_interrupt_while_frames_are_read_ends_all_threads(tmp_path: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield from numbered(50)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pass_on(frames(), tasks=[Watcher("one"), Watcher("two", pause_s=0.01)], video=tmp_path, threads=2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("touchline-")]


class Listener(Task):
    """Hears, and notes in which thread."""

    name = "listener"
    files = ()

    def hear(self, sound: Path) -> None:
        self.thread = threading.current_thread().name


def test_the_sound_is_heard_in_a_thread_of_its_own(tmp_path: Path) -> None:
    task = Listener()
    pass_on((), tasks=[task], video=tmp_path, threads=2)
    assert task.thread == "touchline-listener"
    pass_on((), tasks=[task], video=tmp_path, threads=1)
    assert task.thread == threading.main_thread().name
