"""Compute what one H200 would need for a match of 90 minutes: nothing here is measured on a GPU.

    python benchmarks/gpu_estimate.py CLIP [--out benchmarks/results/gpu_estimate.json]

Counted are the operations of each network for one picture (by torch's counter) and the bytes that go to the device.
Measured on this machine's CPU with CLIP (1280x720) are the time to decode a frame, and what the host does for a picture
besides decoding and the networks. Assumed, and marked so in the result, are the device's peak, the share of it that
such small networks reach, the bandwidth of the bus and the rate of a hardware decoder. ``benchmarks/gpu_match.py``
measures all of it where there is a GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import load_tracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.media.isolation.switch import works_apart
from touchline.media.video import VideoReader
from touchline.models.exporting.parts import parts_of
from touchline.models.runtime.graphs import CompiledGraph
from touchline.models.runtime.requests import Arrays, Pending
from touchline.models.store import DEFAULT_DETECTOR, DEFAULT_PITCH_FINDER, default_spotter, load_model
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import load_spotter

MINUTES, FPS, SAMPLED_FPS, PITCH_EVERY = 90, 25, 12.5, 3
PICTURES = int(MINUTES * 60 * SAMPLED_FPS)
FRAMES = MINUTES * 60 * FPS
PEAK_TFLOPS, SHARES = 989.0, (0.02, 0.05, 0.1)
"""NVIDIA's peak of dense bf16, and the shares of it that are assumed for such small networks."""
BUS_GB_PER_S = 40.0
HARDWARE_DECODERS, HARDWARE_FPS = 7, 500.0
"""Hardware decoders, and frames of 1280x720 a second that each is assumed to decode."""
CORES = 16


def operations(module: nn.Module, example: Tensor) -> float:
    """Return the floating-point operations of a module for an input, in billions; a multiply-add counts as two."""
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        module(example)
    return counter.get_total_flops() / 1e9


def networks() -> dict[str, dict[str, float]]:
    """Return the operations and bytes of each network for one item, and the items of a match."""
    found: dict[str, dict[str, float]] = {}
    for name, items in ((DEFAULT_DETECTOR, PICTURES), (DEFAULT_PITCH_FINDER, PICTURES / PITCH_EVERY)):
        picture_model = load_model(name, task="any")
        part = next(iter(parts_of(picture_model.network, picture_model.config).values()))  # the network as a whole
        example = part.example[0][:1]
        found[name] = {"gflop": operations(part.module, example), "bytes": example.numel(), "items": items}
    loaded = load_model(default_spotter())
    frame, views = loaded.config.frame, 2 if loaded.config.flip else 1
    for stage, part in parts_of(loaded.network, loaded.config).items():
        gflop = operations(part.module, part.example[0][:1])
        size = frame.width * frame.height if stage == "encoder" else 0
        found[f"{loaded.config.name} {stage}"] = {"gflop": gflop, "bytes": size, "items": views * PICTURES}
    return found


def decode_ms(clip: Path) -> float:
    """Return the CPU milliseconds a frame takes to decode, in this process alone."""
    os.environ["TOUCHLINE_ISOLATION"] = "0"
    assert not works_apart()
    before = resource.getrusage(resource.RUSAGE_SELF)
    with VideoReader(clip) as reader:
        count = sum(1 for _ in reader.frames(rates=(SAMPLED_FPS,)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / count


def host_ms_of(clip: Path) -> float:
    """Return the CPU milliseconds an analysis takes for a picture besides decoding and the networks."""
    spotter, tracker = load_spotter(device="cpu", threads=1), load_tracker(device="cpu", threads=1)
    spent_s = 0.0
    begin = CompiledGraph.begin

    def timed(self: CompiledGraph, *values: npt.NDArray[Any]) -> Pending[Arrays]:
        nonlocal spent_s
        before_s = time.process_time()
        outputs = begin(self, *values)()
        spent_s += time.process_time() - before_s
        return lambda: outputs

    CompiledGraph.begin = timed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        started_s = time.process_time()
        tasks = usual_tasks(spotter=spotter, tracker=tracker, sound=True, events="fused", report=ReportOptions())
        result = analyze_video(clip, tasks=tasks, options=AnalyzeOptions(out=Path(folder), threads=1))
        total_s = time.process_time() - started_s
    CompiledGraph.begin = begin  # type: ignore[method-assign]
    return 1000 * (total_s - spent_s) / (result.coverage.duration_us / 1e6 * SAMPLED_FPS)


def estimate(clip: Path) -> dict[str, Any]:
    """Return the seconds of each stage of a match."""
    parts, host_ms = networks(), host_ms_of(clip)
    total_tflop = sum(part["gflop"] * part["items"] for part in parts.values()) / 1000
    copied_gb = sum(part["bytes"] * part["items"] for part in parts.values()) / 1e9
    frame_ms = decode_ms(clip)
    host_s, decode_s = PICTURES * host_ms / 1000, FRAMES * frame_ms / 1000
    seconds = {
        **{f"networks at {share:.0%} of the peak": total_tflop / (PEAK_TFLOPS * share) for share in SHARES},
        "copies to the device": copied_gb / BUS_GB_PER_S,
        "decode, one CPU decoder": decode_s,
        "decode, CPU decoders on all cores": decode_s / CORES,
        "decode, hardware decoders": FRAMES / (HARDWARE_DECODERS * HARDWARE_FPS),
        "host besides the networks, one process": host_s,
        "host besides the networks, a process a core": host_s / CORES,
    }
    return {
        "note": "computed, not measured on a GPU",
        "match": {"minutes": MINUTES, "fps": FPS, "sampled_fps": SAMPLED_FPS, "size": "1280x720"},
        "networks": {name: {key: round(value, 3) for key, value in part.items()} for name, part in parts.items()},
        "total_tflop": round(total_tflop, 1),
        "copied_gb": round(copied_gb, 1),
        "measured": {
            "clip": clip.name,
            "decode_cpu_ms_per_frame": round(frame_ms, 2),
            "host_cpu_ms_per_picture": round(host_ms, 2),
        },
        "assumed": {
            "peak_bf16_tflops": PEAK_TFLOPS,
            "bus_gb_per_s": BUS_GB_PER_S,
            "hardware_decoders": HARDWARE_DECODERS,
            "hardware_decoder_fps": HARDWARE_FPS,
            "cpu_cores": CORES,
        },
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }


def main() -> None:
    """Compute and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "gpu_estimate.json")
    options = parser.parse_args()
    result = estimate(options.clip)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
