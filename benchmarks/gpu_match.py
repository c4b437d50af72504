"""Measure a whole match on a GPU: end to end, stage by stage, and the share of the device's peak.

    python benchmarks/gpu_match.py MATCH.mp4 [--decoders 8] [--out benchmarks/results/gpu_match.json]

MATCH should be 90 minutes of 1280x720 at 25 frames a second; of another length, seconds are also given per 90 minutes.
Each stage is first measured alone: decoding by one decoder, by several over spans, and by the device's own decoder;
each network with batches begun ahead. Then ``analyze`` runs as a whole. Needs a CUDA device that torch finds; ends with
exit code 5 and says so without one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from av.codec.hwaccel import HWAccel
from gpu_estimate import PEAK_TFLOPS, SAMPLED_FPS, networks

from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import load_tracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.analysis.threads.spans import SpanReader
from touchline.core.errors import EXIT_RESOURCES
from touchline.media.video import VideoReader, probe
from touchline.models.runtime.runner import PictureModel
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import load_spotter
from touchline.tracking.detector import load_detector
from touchline.tracking.pitch.finder import load_pitch_finder

MATCH_US = 90 * 60 * 1_000_000
TRIAL_FRAMES, TRIAL_PICTURES = 3_000, 2_048


def rate(things: Iterable[Any], *, most: int) -> float:
    """Return how many things come a second."""
    started_s, count = time.perf_counter(), 0
    for count, _ in enumerate(itertools.islice(things, most), start=1):  # noqa: B007
        pass
    return count / (time.perf_counter() - started_s)


def decode_rates(video: Path, *, decoders: int) -> dict[str, float | str]:
    """Return frames a second of each way to decode."""
    rates = (SAMPLED_FPS,)
    with VideoReader(video) as reader:
        one = rate(reader.frames(rates=rates), most=TRIAL_FRAMES)
    spans = SpanReader(video, decoders=decoders).frames(rates=rates)
    several = rate(spans, most=TRIAL_FRAMES * decoders)
    found: dict[str, float | str] = {"one decoder": round(one, 1), f"{decoders} decoders": round(several, 1)}
    try:
        with av.open(str(video), hwaccel=HWAccel("cuda", allow_software_fallback=False)) as container:
            found["device's decoder"] = round(rate(container.decode(video=0), most=TRIAL_FRAMES), 1)
    except (av.FFmpegError, RuntimeError, ValueError, NotImplementedError) as error:
        found["device's decoder"] = f"not available: {error}"
    return found


def picture_rate(model: PictureModel[Any], run: Callable[[list[Any]], object], *, size: tuple[int, int]) -> float:
    """Return pictures a second of a model on the device."""
    rng = np.random.default_rng(0)
    pictures = list(rng.integers(0, 256, (model.batch, *size, 3), dtype=np.uint8))
    run(pictures)
    torch.cuda.synchronize()
    started_s = time.perf_counter()
    run(pictures * (TRIAL_PICTURES // model.batch))
    torch.cuda.synchronize()
    return TRIAL_PICTURES / (time.perf_counter() - started_s)


def network_rates(*, size: tuple[int, int]) -> dict[str, dict[str, float]]:
    """Return pictures a second and the share of the peak of each network."""
    work, found = networks(), {}
    detector, finder = load_detector(device="cuda"), load_pitch_finder(device="cuda")
    assert isinstance(detector, PictureModel)
    spotter = load_spotter(device="cuda")
    measured = {
        detector.name: picture_rate(detector, detector.detect, size=size),
        finder.name: picture_rate(finder, finder.find, size=size),
    }
    luma = np.zeros((spotter.config.frame.height, spotter.config.frame.width), np.uint8)
    frames = ((index, luma) for index in range(TRIAL_PICTURES))
    started_s = time.perf_counter()
    deque(spotter.stream(frames), maxlen=0)
    measured[f"{spotter.name} encoder"] = TRIAL_PICTURES / (time.perf_counter() - started_s)
    for name, per_s in measured.items():
        share = per_s * work[name]["gflop"] / 1000 / PEAK_TFLOPS
        found[name] = {"pictures_per_s": round(per_s, 1), "share_of_peak": round(share, 4)}
    return found


def whole(video: Path, *, decoders: int) -> dict[str, Any]:
    """Return what the whole analysis takes."""
    started_s = time.perf_counter()
    spotter, tracker = load_spotter(device="cuda"), load_tracker(device="cuda")
    loaded_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tasks = usual_tasks(spotter=spotter, tracker=tracker, sound=True, events="fused", report=ReportOptions())
        cpu_s = time.process_time()
        result = analyze_video(video, tasks=tasks, options=AnalyzeOptions(out=Path(folder), decoders=decoders))
        cpu_s = time.process_time() - cpu_s
    wall_s = time.perf_counter() - loaded_s
    work = networks()
    gflop = sum(part["gflop"] * part["items"] for part in work.values()) * result.coverage.duration_us / MATCH_US
    return {
        "load_s": round(loaded_s - started_s, 1),
        "wall_s": round(wall_s, 1),
        "wall_s_per_90_min": round(wall_s * MATCH_US / result.coverage.duration_us, 1),
        "host_cpu_s": round(cpu_s, 1),
        "stages_s": dict(result.timings_s),
        "share_of_peak": round(gflop / 1000 / wall_s / PEAK_TFLOPS, 4),
        "peak_device_mb": round(torch.cuda.max_memory_allocated() / 2**20),
    }


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("match", type=Path)
    parser.add_argument("--decoders", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "gpu_match.json")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("gpu_match: torch finds no CUDA device, so there is nothing to measure", file=sys.stderr)
        raise SystemExit(EXIT_RESOURCES)
    info = probe(options.match)
    result = {
        "device": torch.cuda.get_device_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "match": {"seconds": info.duration_us / 1e6, "size": f"{info.width}x{info.height}", "fps": info.fps},
        "decode_frames_per_s": decode_rates(options.match, decoders=options.decoders),
        "networks": network_rates(size=(info.height, info.width)),
        "analyze": whole(options.match, decoders=options.decoders),
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
