"""Memory does not grow with the length of a video."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import psutil
import pytest

from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.core.tracks import PLAYER, Detections
from touchline.spotting.spotter import load_spotter

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "memory.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_memory", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ten_minutes_need_no_more_than_one(benchmark: ModuleType, tmp_path: Path) -> None:
    spotter = load_spotter(write_tiny_model(tmp_path), device="cpu", backend="torch", threads=1)
    process = psutil.Process()
    sizes: list[int] = []
    for name, hours in (("short", 1 / 60), ("long", 10 / 60)):
        benchmark.write_video(tmp_path / f"{name}.mp4", hours=hours)
        peak = [0]

        def watch(done_us: int, total_us: int, peak: list[int] = peak) -> None:
            peak[0] = max(peak[0], process.memory_info().rss)

        analyze_video(
            tmp_path / f"{name}.mp4", tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(), progress=watch
        )
        sizes.append(peak[0])
    assert sizes[1] - sizes[0] < 50e6, f"{sizes[0] / 1e6:.0f} MB became {sizes[1] / 1e6:.0f} MB"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_three_hours_stay_under_the_limit(benchmark: ModuleType, tmp_path: Path) -> None:
    row = benchmark.measure(3.0, model=str(write_tiny_model(tmp_path)), folder=tmp_path)
    assert row["frames_decoded"] == 3 * 3600 * 12.5
    assert row["peak_rss_gb"] < benchmark.LIMIT_GB


class Crowd:
    """Twenty people who wander, wherever one looks."""

    name, sha256, device_reason, batch = "crowd", "c" * 64, "cpu: a fake", 1

    def __init__(self) -> None:
        self.seen = 0

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        self.seen += len(pictures)
        left = np.abs((np.arange(20) * 37 + self.seen * 0.7) % 300 - 150).astype(np.float32)
        top = (np.arange(20, dtype=np.float32) * 4) % 70
        boxes = np.stack([left, top, left + 6, top + 14], axis=1)
        return [Detections(boxes, np.full(20, 0.9, np.float32), np.full(20, PLAYER, np.int64))] * len(pictures)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_following_twenty_minutes_needs_no_more_than_following_ten(benchmark: ModuleType, tmp_path: Path) -> None:
    """A shot without an end is followed in parts of ten minutes, so from there on nothing may grow."""
    process = psutil.Process()
    sizes: list[int] = []
    for name, hours in (("short", 10 / 60), ("long", 20 / 60)):
        benchmark.write_video(tmp_path / f"{name}.mp4", hours=hours)
        peak = [0]

        def watch(done_us: int, total_us: int, peak: list[int] = peak) -> None:
            peak[0] = max(peak[0], process.memory_info().rss)

        result = analyze_video(
            tmp_path / f"{name}.mp4", tasks=usual_tasks(tracker=VideoTracker(Crowd())), progress=watch
        )
        assert result.summaries["track"] is not None
        assert result.summaries["track"].people >= 20
        sizes.append(peak[0])
    assert sizes[1] - sizes[0] < 50e6, f"{sizes[0] / 1e6:.0f} MB became {sizes[1] / 1e6:.0f} MB"
