"""A short trial of speed: reading a clip, and finding people in pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.resources import as_file, files
from itertools import count

from touchline.cli.health.finding import Finding

_EACH_S = 0.8
_HEIGHT, _WIDTH = 720, 1280
_REFERENCE = 12.8
"""Pictures a second of the detector in benchmarks/results/detector_speed.json, in bfloat16."""


def trial_findings() -> list[Finding]:
    """Read the sample clip and run the detector for about a second each, and return how fast that was."""
    return [_reading(), _detector()]


def rate_of(step: Callable[[], int], *, seconds: float) -> float:
    """Return how much a step gets done in a second: it is repeated until the time is over, once at least."""
    started_s, done = time.perf_counter(), 0
    for _ in count():
        done += step()
        used_s = time.perf_counter() - started_s
        if used_s >= seconds:
            return done / used_s
    raise AssertionError("unreachable")


def _reading() -> Finding:
    """Time the reading of the sample clip."""
    from touchline.media.video import VideoReader

    with as_file(files("touchline.analysis") / "sample" / "sample.mp4") as clip, VideoReader(clip) as video:
        frames = iter(video.frames())

        def step() -> int:
            return 1 if next(frames, None) is not None else 0

        step()
        rate = rate_of(step, seconds=_EACH_S)
        size = f"{video.info.width}x{video.info.height}"
    return Finding("trial: reading", "ok", f"{rate:.0f} pictures of {size} a second")


def _detector() -> Finding:
    """Time the built-in detector."""
    import numpy as np

    from touchline.models.runtime.device import available_threads
    from touchline.tracking.detector import load_detector

    started_s = time.perf_counter()
    detector = load_detector()
    picture = np.random.default_rng(0).integers(0, 256, (_HEIGHT, _WIDTH, 3), dtype=np.uint8)
    detector.detect([picture])
    ready_s = time.perf_counter() - started_s
    rate = rate_of(lambda: len(detector.detect([picture])), seconds=_EACH_S)
    found = f"{rate:.1f} pictures of {_WIDTH}x{_HEIGHT} a second on {available_threads()} threads"
    text = f"{found}, ready after {ready_s:.1f} s; the published figure is {_REFERENCE} on two threads"
    return Finding("trial: detector", "ok", text)
