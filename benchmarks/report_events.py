"""Measure the report of a video of three hours with 20,000 events: building it, its size, and the page in a browser.

    python benchmarks/report_events.py [--out benchmarks/results/report_events.json]

Needs Debian's chromium and playwright. The browser draws without a GPU here, which is slower than on a desk; times on
the clock depend on what else the machine does, so run it on an idle one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from review_page import CASES, CHROMIUM, FLAGS, FRAME_TIMES, write_video

from touchline.core.events import Coverage, Event, Scores, Timeline
from touchline.formats.bundle import CANDIDATES, EVENTS, SCORES, Bundle, Manifest, video_fingerprint
from touchline.media.video import probe
from touchline.report.page import write_report

LIMITS = {"interactive_s": 2.0, "frame_ms": 50.0}
SCROLL = """async (steps) => {
  const list = document.getElementById('list');
  const times = [];
  let last = performance.now();
  for (let step = 0; step < steps; step++) {
    list.scrollTop += step % 20 === 19 ? 40000 : 120;
    await new Promise(done => requestAnimationFrame(done));
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}"""
FILTER = """async (steps) => {
  const slider = document.querySelector('.lane-slider');
  const times = [];
  for (let step = 0; step < steps; step++) {
    const begun = performance.now();
    slider.value = String(0.3 + 0.6 * (step % 10) / 10);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(done => requestAnimationFrame(done));
    times.push(performance.now() - begun);
  }
  return times;
}"""
CLASS = """async (steps) => {
  const filter = document.getElementById('filter');
  const times = [];
  for (let step = 0; step < steps; step++) {
    const begun = performance.now();
    filter.selectedIndex = step % filter.options.length;
    filter.dispatchEvent(new Event('change', { bubbles: true }));
    await new Promise(done => requestAnimationFrame(done));
    times.push(performance.now() - begun);
  }
  return times;
}"""


def write_bundle(folder: Path) -> tuple[Bundle, Path]:
    """Write a video and a bundle with events and curves."""
    case = CASES["season"]
    video = folder / "video.mp4"
    write_video(video, case)
    random = np.random.default_rng(0)
    duration_us = case.minutes * 60_000_000
    at_us = np.sort(random.choice(duration_us // 40_000, case.events, replace=False)) * 40_000
    sure = (0.5 + 0.5 * random.random(case.events)).round(6)
    names = random.choice(case.labels, case.events)
    rows = [Event(str(n), int(t), confidence=float(c)) for n, t, c in zip(names, at_us, sure, strict=True)]
    bundle = Bundle.create(None, video)
    bundle.write_candidates(Timeline(tuple(rows)))
    bundle.write_events(Timeline(tuple(rows)))
    times_us = np.arange(duration_us // 80_000, dtype=np.int64) * 80_000
    values = random.random((len(times_us), len(case.labels)), np.float32) ** 8
    bundle.write_scores(Scores(values, times_us, case.labels))
    bundle.write_manifest(
        Manifest(
            video_name=video.name,
            video_fingerprint=video_fingerprint(video),
            models=(),
            settings={"spot": {"thresholds": dict.fromkeys(case.labels, 0.5)}},
            coverage=Coverage(duration_us, case.minutes * 60 * 25),
            files=bundle.checksums(EVENTS, CANDIDATES, SCORES),
        )
    )
    return bundle, video


def measure(page_path: Path) -> dict[str, Any]:
    """Open a report and measure loading, scrolling and filtering."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begun = time.perf_counter()
        page.goto(page_path.as_uri(), wait_until="commit")
        page.wait_for_function("() => document.querySelectorAll('#list .event').length > 0")
        row: dict[str, Any] = {"interactive_s": round(time.perf_counter() - begun, 2)}
        page.wait_for_timeout(2000)
        row["events_shown"] = page.evaluate("() => Number(document.getElementById('shown-count').textContent)")
        row["rows_in_page"] = page.evaluate("() => document.querySelectorAll('#list .event').length")
        row["idle_frame_ms"] = spread(page.evaluate(SCROLL.replace("list.scrollTop +=", "step +"), 100))
        row["scroll_frame_ms"] = spread(page.evaluate(SCROLL, 200))
        row["timeline_frame_ms"] = {kind: spread(page.evaluate(FRAME_TIMES, [kind, 100])) for kind in ("pan", "zoom")}
        row["threshold_ms"] = spread(page.evaluate(FILTER, 40))
        row["class_ms"] = spread(page.evaluate(CLASS, 40))
        row["page_heap_mb"] = round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6, 1)
        browser.close()
    return row


def spread(values_ms: list[float]) -> dict[str, float]:
    """Return the middle and the worst of some times."""
    return {name: round(float(np.percentile(values_ms, at)), 1) for name, at in zip(NAMES, (50, 95, 100), strict=True)}


NAMES = ("median", "p95", "max")


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/report_events.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle, video = write_bundle(Path(folder))
        begun, cpu = time.perf_counter(), time.process_time()
        write_report(bundle, probe(video))
        built = {
            "seconds": round(time.perf_counter() - begun, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
        }
        path = bundle.path / "report.html"
        size_mb = round(path.stat().st_size / 1e6, 2)
        result = {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "events": CASES["season"].events,
            "limits": LIMITS,
            "load_average": round(os.getloadavg()[0], 1),
            "built": built,
            "page_mb": size_mb,
            "page": measure(path),
        }
    print(json.dumps(result, indent=2))
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
