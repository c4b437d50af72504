"""Measure the detector's speed in frames per second: OpenVINO in both precisions and torch, in one run.

    python benchmarks/detector_speed.py [--model people-detector] [--threads 2] [--json FILE]

The input is arrays of 1280x720; scaling, the network and box selection are timed, decoding is not. Rounds of the
variants alternate, and the best round of each counts, because the machines are shared.
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

from touchline.models.networks.detector import PeakFinder
from touchline.models.runtime.graphs import openvino_graph, torch_graph
from touchline.models.runtime.runner import Runner
from touchline.models.store import DEFAULT_DETECTOR, load_model
from touchline.tracking.detector import Detector

PICTURES_A_ROUND = 4


def variants(model: str, threads: int) -> dict[str, Detector]:
    """Return the detector on each runtime."""
    loaded = load_model(model, task="detect")
    network, config, sha256 = loaded.network, loaded.config, loaded.sha256
    finder = PeakFinder(network).eval()
    example = torch.zeros((1, *config.picture.shape), dtype=torch.uint8)
    graphs = {
        "torch f32": torch_graph(finder, device=torch.device("cpu"), channels_last=True),
        "openvino f32": openvino_graph(finder, example=example, precision="f32", threads=threads),
        "openvino bf16": openvino_graph(finder, example=example, precision="bf16", threads=threads),
    }
    if torch.cuda.is_available():
        graphs["torch bf16 cuda"] = torch_graph(finder, device=torch.device("cuda"), channels_last=True)
    return {name: Detector(config, runner=Runner(graph, 1, name), sha256=sha256) for name, graph in graphs.items()}


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds of a call."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def measure(detectors: dict[str, Detector], rounds: int) -> dict[str, Any]:
    """Return the best round of each variant."""
    pictures = list(np.random.default_rng(0).integers(0, 256, (PICTURES_A_ROUND, 720, 1280, 3), dtype=np.uint8))
    best: dict[str, tuple[float, float]] = {}
    for number in range(rounds + 1):
        for name, detector in detectors.items():
            wall_s, cpu_s = timed(lambda detector=detector: detector.detect(pictures))  # type: ignore[misc]
            if number:  # the first round warms up
                before = best.get(name, (np.inf, np.inf))
                best[name] = (min(before[0], wall_s), min(before[1], cpu_s))
    return {
        name: {
            "pictures_per_s": round(PICTURES_A_ROUND / wall_s, 2),
            "cpu_ms_per_picture": round(1000 * cpu_s / PICTURES_A_ROUND, 1),
        }
        for name, (wall_s, cpu_s) in best.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=DEFAULT_DETECTOR)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    result = measure(variants(arguments.model, arguments.threads), arguments.rounds)
    for name, row in result.items():
        print(f"{name:16} {row['pictures_per_s']:7.2f} frames/s {row['cpu_ms_per_picture']:8.1f} CPU ms per frame")
    if arguments.json:
        facts = {"model": arguments.model, "threads": arguments.threads, "processor": platform.processor()}
        arguments.json.write_text(json.dumps({**facts, "variants": result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
