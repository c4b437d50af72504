"""Measure what dense spotters cost a minute of video, written to ``benchmarks/results/dense_cost.json``.

Usage: ``python benchmarks/dense_cost.py [--threads 1] [--out FILE]``.

The parts of a network are timed alone, with OpenVINO: what sees single frames in batches of four, the shifted blocks
over 20 frames, the network over time over a clip of 100. Each is multiplied by how often a minute of video needs it,
with every clip encoded for itself and with every frame encoded once. The built-in spotter is measured in the same run,
over frames of its rate. Weights are random: cost does not depend on them. CPU times are process time, which is robust
on a busy machine. Decoding the video comes on top, for each of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from touchline.models.networks.dense.parts import DecidePart, FeaturePart, FramePart
from touchline.models.networks.dense.spotter import DenseSpotter
from touchline.models.runtime.graphs import openvino_graph
from touchline.models.specs.dense_plan import plan_of
from touchline.models.specs.dense_spec import DenseFrameSpec, DenseSpotConfig, WindowSpec
from touchline.spotting.spotter import load_spotter

RESULTS = Path(__file__).parent / "results" / "dense_cost.json"
FPS = 12.5
SIZES = {"224p": (398, 224), "448p": (796, 448)}
E2E = {"shift": "gsm", "shifted": "all", "temporal": "gru"}
TDEED = {"shift": "gsf", "shifted": "late", "temporal": "sgp", "displacement": True}
CASES: dict[str, tuple[str, float, dict[str, Any]]] = {
    "E2E-Spot 200MF, 224p": ("224p", 0.5, {"encoder": "regnety_002", **E2E}),
    "E2E-Spot 800MF, 224p": ("224p", 0.5, {"encoder": "regnety_008", **E2E}),
    "T-DEED 200MF, 224p": ("224p", 0.75, {"encoder": "regnety_002", **TDEED}),
    "T-DEED 200MF, 448p": ("448p", 0.75, {"encoder": "regnety_002", **TDEED}),
    "T-DEED 800MF, 448p": ("448p", 0.75, {"encoder": "regnety_008", **TDEED}),
    "200MF without shifts, 224p": ("224p", 0.5, {"encoder": "regnety_002", "shift": "none", "temporal": "gru"}),
    "small, 224p": ("224p", 0.75, {"encoder": "regnety_small", **TDEED}),
}
"""Name: size, overlap of clips, network."""
IN_F32 = ("E2E-Spot 200MF, 224p", "T-DEED 200MF, 448p")
SHIFTED_FRAMES = 20


def cpu_s(run: Callable[[], Any], *, least_s: float = 0.5) -> float:
    """Return the CPU seconds of a call: the mean of as many as take a while, after one that does not count."""
    run()
    started, count = time.process_time(), 0
    while not count or time.process_time() - started < least_s:
        run()
        count += 1
    return (time.process_time() - started) / count


def module_s(module: nn.Module, example: torch.Tensor, *, precision: str, threads: int) -> float:
    """Return the CPU seconds of a call of a part."""
    graph = openvino_graph(module.eval(), example=example, precision=precision, threads=threads)
    values = np.random.default_rng(0).integers(0, 256, example.shape, dtype=np.uint8)
    given = values if example.dtype == torch.uint8 else values.astype(np.float32) / 256
    return cpu_s(lambda: graph(given))


def minute_of(size: str, overlap: float, network: dict[str, Any], *, precision: str, threads: int) -> Any:
    """Return the CPU seconds of a minute of video, in both ways of encoding."""
    torch.manual_seed(0)
    spotter = DenseSpotter(**network, label_counts=(12,)).eval()
    (width, height), windows = SIZES[size], {"overlap": overlap}
    frame = DenseFrameSpec(width=width, height=height, fps=FPS)
    config = DenseSpotConfig(
        name="cost",
        architecture="dense-spotter",
        network=spotter.settings,
        labels=tuple(f"label-{number}" for number in range(12)),
        frame=frame,
        windows=WindowSpec(**windows),
    )
    plan, frames = plan_of(config, reach=spotter.reach), 60 * FPS
    pixels = torch.zeros(plan.frame_batch, height, width, 3, dtype=torch.uint8)
    single = FramePart(spotter, mean=frame.mean, std=frame.std).eval()
    with torch.inference_mode():
        one = single(pixels[:1])[0]
        few = torch.zeros(1, SHIFTED_FRAMES, *one.shape)
        features = torch.zeros(1, plan.length, spotter.clip_features(few[:, :2]).shape[-1])
    arithmetic = {"precision": precision, "threads": threads}
    single_s = module_s(single, pixels, **arithmetic) / plan.frame_batch
    shifted = spotter.reach != (0, 0)
    shifted_s = module_s(FeaturePart(spotter), few, **arithmetic) / SHIFTED_FRAMES if shifted else 0.0
    over_time_s = module_s(DecidePart(spotter), features, **arithmetic)
    fixed = frames * single_s + frames / plan.hop * over_time_s
    repeated = {"clip": plan.length / plan.hop, "once": plan.stretch / plan.step}
    return {
        "ms": {
            "a frame, single": round(1000 * single_s, 2),
            "a frame, shifted blocks": round(1000 * shifted_s, 2),
            "a clip, over time": round(1000 * over_time_s, 2),
        },
        "shifted blocks run per frame": {way: round(times, 2) for way, times in repeated.items()},
        "cpu_s": {way: round(fixed + times * frames * shifted_s, 2) for way, times in repeated.items()},
    }


def built_in(*, threads: int) -> dict[str, Any]:
    """Return the CPU seconds that the built-in spotter takes for a minute of its frames."""
    spotter = load_spotter(device="cpu", threads=threads)
    frame, count = spotter.config.frame, 300
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (50, frame.height, frame.width), dtype=np.uint8)
    for _ in spotter.stream((index, pictures[index % 50]) for index in range(100)):
        pass
    started = time.process_time()
    for _ in spotter.stream((index, pictures[index % 50]) for index in range(count)):
        pass
    per_frame = (time.process_time() - started) / count
    return {"cpu_s": round(60 * spotter.fps * per_frame, 2), "fps": spotter.fps, "precision": spotter.config.precision}


def machine() -> dict[str, Any]:
    """Return what this machine is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    flags = next((line for line in lines if line.startswith("flags")), "")
    return {"cpu": model, "amx_bf16": "amx_bf16" in flags, "torch": torch.__version__}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cases: dict[str, Any] = {}
    for name, (size, overlap, network) in CASES.items():
        cases[name] = {
            precision: minute_of(size, overlap, network, precision=precision, threads=arguments.threads)
            for precision in ("bf16", "f32")
            if precision == "bf16" or name in IN_F32
        }
        print(name, {precision: case["cpu_s"] for precision, case in cases[name].items()}, flush=True)
    ball = built_in(threads=arguments.threads)
    print("built-in", ball, flush=True)
    result = {
        "machine": machine(),
        "threads": arguments.threads,
        "fps": FPS,
        "clip_length": 100,
        "built-in ball spotter": ball,
        "cpu seconds a minute of video": cases,
    }
    arguments.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
