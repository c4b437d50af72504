"""Measure the review tool on long videos: time to the first picture, frame times, seeking, memory.

    python benchmarks/review_page.py [--out benchmarks/results/review_page.json] [--case match|season]

Two made bundles: a match of 90 minutes at 1280x720 with 2,000 events and 22 people, and a video of three hours with
20,000 events of 12 classes. Needs Debian's chromium and playwright. The browser draws without a GPU here, which is
slower than on a desk; times on the clock depend on what else the machine does, so run it on an idle one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil

from touchline.core.events import Coverage, Event, Scores, Timeline
from touchline.core.labels import BALL_12
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import CANDIDATES, EVENTS, SCORES, TRACKS, Bundle, Manifest, video_fingerprint

FPS = 25
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--enable-precise-memory-info"]


@dataclass(frozen=True)
class Case:
    """A made bundle."""

    minutes: int
    width: int
    height: int
    events: int
    labels: tuple[str, ...]
    people: int


CASES = {
    "match": Case(90, 1280, 720, 2_000, BALL_12[:2], 22),
    "season": Case(180, 640, 360, 20_000, BALL_12, 22),
}


def write_video(path: Path, case: Case) -> None:
    """Encode one minute of moving stripes, and repeat its packets."""
    packets: list[tuple[bytes, int, int, bool]] = []
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "50", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = case.width, case.height, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index in range(60 * FPS):
            columns = ((np.arange(case.width) + 4 * index) // 64 % 2 * 90 + 60).astype(np.uint8)
            picture = np.broadcast_to(columns, (case.height, case.width))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            packets += [(bytes(p), int(p.pts or 0), int(p.dts or 0), p.is_keyframe) for p in stream.encode(frame)]
        packets += [(bytes(p), int(p.pts or 0), int(p.dts or 0), p.is_keyframe) for p in stream.encode(None)]
        for minute in range(case.minutes):
            for data, pts, dts, is_key in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, FPS), is_key
                packet.pts, packet.dts = pts + minute * 60 * FPS, dts + minute * 60 * FPS
                container.mux(packet)


def write_bundle(folder: Path, case: Case) -> Bundle:
    """Write a video and a bundle with events, curves and tracks."""
    video = folder / "video.mp4"
    write_video(video, case)
    random = np.random.default_rng(0)
    duration_us = case.minutes * 60_000_000
    at_us = np.sort(random.choice(duration_us // 40_000, case.events, replace=False)) * 40_000
    sure = random.beta(0.7, 0.5, case.events).round(6)
    names = random.choice(case.labels, case.events)
    rows = [Event(str(n), int(t), confidence=float(c)) for n, t, c in zip(names, at_us, sure, strict=True)]
    bundle = Bundle.create(None, video)
    bundle.write_candidates(Timeline(tuple(rows)))
    bundle.write_events(Timeline(tuple(event for event in rows if event.confidence >= 0.5)))
    times_us = np.arange(duration_us // 80_000, dtype=np.int64) * 80_000
    values = random.random((len(times_us), len(case.labels)), np.float32) ** 8
    bundle.write_scores(Scores(values, times_us, case.labels))
    shots = tuple(Shot(i, i * 60_000_000, (i + 1) * 60_000_000, kind="wide", pitch=1.0) for i in range(case.minutes))
    tracks = [track for shot in shots for track in _tracks(shot, case, random)]
    write_tracks_parquet(bundle.path / TRACKS, Tracks(tuple(tracks), shots, case.width, case.height))
    bundle.write_manifest(
        Manifest(
            video_name=video.name,
            video_fingerprint=video_fingerprint(video),
            models=(),
            settings={"spot": {"thresholds": dict.fromkeys(case.labels, 0.5)}},
            coverage=Coverage(duration_us, case.minutes * 60 * FPS),
            files=bundle.checksums(EVENTS, CANDIDATES, SCORES, TRACKS),
        )
    )
    return bundle


def _tracks(shot: Shot, case: Case, random: np.random.Generator) -> list[Track]:
    """Return tracks of 22 people through a shot, five boxes a second."""
    frames = np.arange(shot.start_us // 40_000, shot.end_us // 40_000, 5)
    made = []
    for person in range(case.people):
        x, y = random.uniform(0.1, 0.9, 2)
        wave = 0.05 * np.sin(frames / 40 + person)
        left, top = (x + wave) * case.width, np.full(len(frames), y * case.height)
        boxes = np.stack([left, top, left + 0.02 * case.width, top + 0.08 * case.height], 1).astype(np.float32)
        places = np.stack([(x + wave - 0.5) * 105, np.full(len(frames), (y - 0.5) * 68)], 1).astype(np.float32)
        sure = np.full(len(frames), 0.9, np.float32)
        number = shot.index * case.people + person + 1
        seen = np.ones(len(frames), bool)
        team = "A" if person < case.people // 2 else "B"
        times_us = frames.astype(np.int64) * 40_000
        made.append(
            Track(number, "player", times_us, frames.astype(np.int64), boxes, sure, seen, shot.index, team, 0.9, places)
        )
    return made


FRAME_TIMES = """async ([kind, steps]) => {
  const canvas = [...document.querySelectorAll('.timeline canvas')].pop();
  const box = canvas.getBoundingClientRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 3, bubbles: true, cancelable: true };
  const times = [];
  let last = performance.now();
  for (let step = 0; step < steps; step++) {
    const zoom = kind === 'zoom';
    const delta = step % 40 < 20 ? 60 : -60;
    const how = zoom ? { deltaY: delta, ctrlKey: true } : { deltaX: delta, shiftKey: true };
    canvas.dispatchEvent(new WheelEvent('wheel', { ...at, ...how }));
    await new Promise(done => requestAnimationFrame(done));
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}"""


def measure(bundle: Bundle, *, home: Path) -> dict[str, Any]:
    """Open a bundle in the review tool twice (without and with caches) and measure."""
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        for name in ("first", "again"):
            found[name] = _opened(bundle, home=home, playwright=playwright, scroll=name == "again")
    return found


def _opened(bundle: Bundle, *, home: Path, playwright: Any, scroll: bool) -> dict[str, Any]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "touchline.cli.main", "review", str(bundle.path), "--no-browser", "--json"]
    env = {**os.environ, "XDG_CACHE_HOME": str(home)}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["url"]
    row: dict[str, Any] = {"address_printed_s": round(time.perf_counter() - begun, 2)}
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    begun = time.perf_counter()
    page.goto(url)
    page.wait_for_function("() => (document.querySelector('video') || {}).readyState >= 2")
    row["first_picture_s"] = round(time.perf_counter() - begun, 2)
    page.wait_for_function("() => !document.querySelector('.where').textContent.includes('≈')", timeout=300_000)
    row["frames_known_s"] = round(time.perf_counter() - begun, 2)
    page.wait_for_timeout(3000)
    if scroll:
        row["frame_ms"] = {kind: _spread(page.evaluate(FRAME_TIMES, [kind, 200])) for kind in ("pan", "zoom")}
        row["next_event_ms"] = _spread([_next_ms(page) for _ in range(30)])
        row["accept_ms"] = _spread([_accept_ms(page) for _ in range(30)])
    row["page_heap_mb"] = round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6, 1)
    row["server_rss_mb"] = round(psutil.Process(server.pid).memory_info().rss / 1e6)
    browser.close()
    server.terminate()
    server.wait()
    return row


def _next_ms(page: Any) -> float:
    """Return the time from the key N until the frame of the next event is on the screen."""
    begun = time.perf_counter()
    page.keyboard.press("n")
    page.wait_for_function("() => !document.querySelector('video').seeking", polling="raf")
    return 1000 * (time.perf_counter() - begun)


def _accept_ms(page: Any) -> float:
    """Return the time from the key A until the decision is on the disk."""
    begun = time.perf_counter()
    page.keyboard.press("a")
    page.wait_for_function("() => document.querySelector('.save-mark').dataset.waiting === '0'", polling="raf")
    return 1000 * (time.perf_counter() - begun)


def _spread(values_ms: list[float]) -> dict[str, float]:
    named = {"median": 50, "p95": 95, "max": 100}
    return {name: round(float(np.percentile(values_ms, at)), 1) for name, at in named.items()}


def main() -> None:
    """Measure the cases and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--case", choices=sorted(CASES))
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
    for name in [options.case] if options.case else CASES:
        with tempfile.TemporaryDirectory() as folder:
            bundle = write_bundle(Path(folder), CASES[name])
            result[name] = measure(bundle, home=Path(folder) / "home")
            result[name]["load_before"] = round(os.getloadavg()[0], 1)
        print(json.dumps({name: result[name]}, indent=2))
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
