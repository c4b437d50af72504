"""A task of one's own: fed from the same decode, reused, shown in the report; and the order of tasks by their needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.report import ReportTask
from touchline.analysis.tasks.spot import SpotTask
from touchline.analysis.tasks.task import EVERYTHING, Job, Summary, Task, in_order, stale_files
from touchline.core.events import Coverage
from touchline.formats.bundle import Bundle, Manifest
from touchline.media.frame import Frame
from touchline.media.video import VideoReader
from touchline.report.options import ReportOptions
from touchline.report.sections.section import Section
from touchline.report.values import BundleValues
from touchline.spotting.spotter import Spotter, load_spotter

FILE = "count.json"
EVIL = "<img src=x onerror=alert(1)>"


def count_of(values: BundleValues) -> int:
    return int(json.loads((values.bundle.path / FILE).read_text())["frames"])


class Counted(Summary):
    def __init__(self, frames: int) -> None:
        self.frames = frames

    def record(self) -> dict[str, Any]:
        return {"frames": self.frames}


class CountTask(Task):
    """How many frames a video has."""

    name = "count"
    files = (FILE,)
    sections = (
        Section(lambda values: {"count": count_of(values)}, lambda values: [(EVIL, f"{count_of(values)} frames")]),
    )
    watches = True

    def __init__(self) -> None:
        self.seen = 0
        self.done = 0

    def begin(self, job: Job) -> None:
        self.key = {**job.origin, "version": 1}

    def open(self) -> None:
        self.seen = 0

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.seen += 1
            yield frame

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        self.done += 1
        (bundle.path / FILE).write_text(json.dumps({"frames": self.seen}))

    def summary(self, bundle: Bundle, manifest: Manifest) -> Counted:
        return Counted(json.loads((bundle.path / FILE).read_text())["frames"])


@pytest.fixture(scope="module")
def spotter(tmp_path_factory: pytest.TempPathFactory) -> Spotter:
    return load_spotter(write_tiny_model(tmp_path_factory.mktemp("model")), device="cpu", backend="torch", threads=1)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=120, width=96, height=64)


def test_a_task_of_ones_own_is_fed_reused_and_shown(
    spotter: Spotter, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decodes: list[int] = []
    frames = VideoReader.frames
    monkeypatch.setattr(VideoReader, "frames", lambda self, **wanted: (decodes.append(1), frames(self, **wanted))[1])
    count, spot = CountTask(), SpotTask(spotter)
    report = ReportTask(ReportOptions(), sections=count.sections)
    options = AnalyzeOptions(out=tmp_path)
    first = analyze_video(video, tasks=[report, spot, count], options=options)
    assert (first.summaries["count"].record(), len(decodes)) == ({"frames": 120}, 1)
    alone = analyze_video(video, tasks=[spot], options=AnalyzeOptions(out=tmp_path / "alone"))
    assert (alone.bundle / "scores.npz").read_bytes() == (first.bundle / "scores.npz").read_bytes()
    assert first.report is not None
    page = first.report.read_text()
    assert '"count":120' in page
    assert "<dd>120 frames</dd>" in page and EVIL not in page
    assert Bundle(first.bundle).read_manifest().settings["count"]["version"] == 1
    again = analyze_video(video, tasks=[report, spot, count], options=options)
    assert (again.reused, count.done, again.summaries["count"].record()) == (True, 1, {"frames": 120})
    (first.bundle / FILE).unlink()
    assert not analyze_video(video, tasks=[spot, count], options=options).reused
    assert first.report is None, "it was made of a count that was taken anew"


def named(name: str, *needs: str, recorded: bool = True) -> Task:
    facts: Mapping[str, Any] = {"name": name, "needs": needs, "files": (f"{name}.x",), "recorded": recorded}
    return type("Named", (CountTask,), dict(facts))()


def test_tasks_go_in_the_order_of_their_needs() -> None:
    last, spot, track, sound = named("last", EVERYTHING, recorded=False), named("spot", "track"), *map(named, "tb")
    tasks = [last, spot, sound, named("track")]
    assert [task.name for task in in_order(tasks)] == ["b", "track", "spot", "last"]
    assert [task.name for task in in_order([spot, track])] == ["spot", "t"], "what is not there is not waited for"
    with pytest.raises(ValueError, match="need each other"):
        in_order([named("a", "b"), named("b", "a")])
    with pytest.raises(ValueError, match="may appear only once"):
        in_order([track, track])


def test_files_made_of_the_bundle_are_stale_when_what_they_show_is_done_again() -> None:
    page, film = type(named("page", EVERYTHING, recorded=False)), type(named("film", "track", recorded=False))
    kinds = [page, film, type(named("track"))]
    assert stale_files(kinds, redone=["sound"]) == ["page.x"]
    assert stale_files(kinds, redone=["track"]) == ["page.x", "film.x"]
    assert stale_files(kinds, redone=[]) == []


def test_nothing_to_do_is_refused(video: Path) -> None:
    with pytest.raises(ValueError, match="tasks is empty"):
        analyze_video(video, tasks=[])
