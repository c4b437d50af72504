"""Measure the clip networks' speed on a CPU in every runtime, and the effect of the runtime on scores.

    python benchmarks/recogniser_speed.py [--threads 1] [--rounds 5] [--batch 1] [--json FILE]

The baseline is eager PyTorch in float32: same weights, same pixels, same run. Runtimes alternate call by call, because
the machine is shared; a ratio is the median over rounds of the ratio of two calls in the same round. The time is that
from pixels to probabilities; reading and cropping are not timed.

No trained weights of these networks can be shipped. For meaningful scores, the norms' statistics are measured on
synthetic clips and a head that classifies ten kinds of these is fitted by ridge regression; differences are measured on
held-out clips.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from touchline.models.networks.action_net import ActionNet
from touchline.models.networks.r2plus1d import R2Plus1D
from touchline.models.networks.x3d import X3D
from touchline.models.runtime.graphs import openvino_graph
from touchline.models.specs.clip_input import ClipClassifier
from touchline.models.specs.spec import ClipSpec

KINDS = 10
FITTED, HELD_OUT = 40, 12
EAGER = "torch f32, eager"
SCALES = (1, 2, 4, 8, 16, 32)
Way = Callable[[np.ndarray], np.ndarray]

NETWORKS: dict[str, tuple[Callable[[], Any], ClipSpec]] = {
    "R(2+1)D-18, 16x112x112": (lambda: R2Plus1D(KINDS), ClipSpec(frames=16, width=112, height=112)),
    "X3D-S, 13x160x160": (lambda: X3D(KINDS), ClipSpec(frames=13, width=160, height=160)),
    "ActionNet, 8x64x96": (lambda: ActionNet(KINDS), ClipSpec(frames=8, width=64, height=96)),
}


def made_up_clips(count: int, *, spec: ClipSpec, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return clips uint8 (n, t, h, w, 3) of a block moving over noise, and their kinds: 5 colours, 2 directions."""
    random = np.random.default_rng(seed)
    kinds = np.arange(count) % KINDS
    colours = np.array([(230, 60, 40), (40, 90, 230), (60, 200, 70), (235, 235, 235), (15, 15, 15)])
    clips = random.normal(110, 25, (count, spec.frames, spec.height, spec.width, 3))
    side = spec.height // 3
    for number, kind in enumerate(kinds):
        top, start = random.integers(0, spec.height - side), random.uniform(0, 0.2)
        for frame in range(spec.frames):
            share = start + 0.8 * frame / spec.frames
            left = int((share if kind % 2 else 1 - share) * (spec.width - side))
            clips[number, frame, top : top + side, max(0, left) : max(0, left) + side] = colours[kind // 2]
    return clips.clip(0, 255).astype(np.uint8), kinds


@torch.no_grad()
def telling_network(build: Callable[[], Any], spec: ClipSpec) -> tuple[ClipClassifier, np.ndarray, float]:
    """Return a network that classifies the synthetic kinds, held-out clips, and its accuracy on these."""
    torch.manual_seed(0)
    network = build()
    whole = ClipClassifier(network, spec=spec)
    clips, kinds = made_up_clips(FITTED + HELD_OUT, spec=spec, seed=1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            module.momentum = None
    network.train()
    for first in range(0, 12, 4):
        network(whole.normaliser(torch.from_numpy(clips[first : first + 4])))
    whole.eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):  # faster; nothing is compared here
        found = [
            network.forward_features(whole.normaliser(torch.from_numpy(clips[i : i + 4]))).float().numpy()
            for i in range(0, len(clips), 4)
        ]
    features = np.concatenate(found)
    head = next(module for module in reversed(list(network.modules())) if isinstance(module, nn.Linear))
    weight, bias = ridge_head(features[:FITTED], kinds[:FITTED])
    head.weight.copy_(torch.from_numpy(weight.T))
    head.bias.copy_(torch.from_numpy(bias))
    predicted = (features[FITTED:] @ weight + bias).argmax(axis=1)
    return whole, clips[FITTED:], float((predicted == kinds[FITTED:]).mean())


def ridge_head(features: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (D, kinds) and bias of a linear head, scaled to the smallest two-fold cross-entropy."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3 * features.std()

    def fit(rows: np.ndarray) -> np.ndarray:
        inputs = (features[rows] - mean) / spread
        wanted = np.eye(KINDS)[kinds[rows]] - 1 / KINDS
        inner = inputs @ inputs.T + 0.1 * inputs.shape[1] * np.eye(len(rows))
        return inputs.T @ np.linalg.solve(inner, wanted)

    half = (np.arange(len(kinds)) // KINDS) % 2 == 0
    left_out = ((features[~half] - mean) / spread) @ fit(np.flatnonzero(half))

    def cross_entropy(scale: float) -> float:
        logits = scale * left_out
        logits -= logits.max(axis=1, keepdims=True)
        chosen = logits[np.arange(len(logits)), kinds[~half]]
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen))

    weight = min(SCALES, key=cross_entropy) * fit(np.arange(len(kinds)))
    weight = weight / spread[:, None]
    return weight.astype(np.float32), (-mean @ weight).astype(np.float32)


def ways_of(whole: ClipClassifier, *, batch: int, spec: ClipSpec, threads: int) -> dict[str, Way]:
    """Return every runtime of a network, as a function from pixels to probabilities."""
    example = torch.zeros((batch, *spec.shape), dtype=torch.uint8)
    last = copy.deepcopy(whole)
    for module in last.modules():
        if isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)
        elif isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)

    def on_torch(module: nn.Module, *, bf16: bool) -> Way:
        @torch.inference_mode()
        def run(pixels: np.ndarray) -> np.ndarray:
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                return module(torch.from_numpy(pixels)).float().numpy()

        return run

    def on_openvino(precision: str) -> Way:
        graph = openvino_graph(whole, example=example, precision=precision, threads=threads)
        return lambda pixels: graph(pixels)[0]

    return {
        EAGER: on_torch(whole, bf16=False),
        "torch f32, channels last": on_torch(last, bf16=False),
        "torch bf16, channels last": on_torch(last, bf16=True),
        "openvino f32": on_openvino("f32"),
        "openvino bf16": on_openvino("bf16"),
    }


def differences(ways: dict[str, Way], clips: np.ndarray, *, batch: int) -> dict[str, dict[str, float]]:
    """Return by runtime the largest difference from the eager probabilities and the share of clips named otherwise."""
    scores = {
        name: np.concatenate([run(clips[i : i + batch]) for i in range(0, len(clips), batch)])
        for name, run in ways.items()
    }
    wanted = scores[EAGER]
    return {
        name: {
            "largest_score_difference": float(f"{np.abs(values - wanted).max():.2g}"),
            "named_otherwise": float((values.argmax(axis=1) != wanted.argmax(axis=1)).mean()),
        }
        for name, values in scores.items()
    }


def timed_rounds(
    calls: dict[tuple[str, str], Callable[[], Any]], rounds: int
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Return wall and CPU seconds of every call, round by round, after a warm-up round."""
    spent: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in calls}
    for number in range(rounds + 1):
        for key, call in calls.items():
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            call()
            if number:
                spent[key].append((time.perf_counter() - wall_s, time.process_time() - cpu_s))
    return spent


def ratio(slow: list[tuple[float, float]], fast: list[tuple[float, float]]) -> dict[str, float]:
    """Return the speed-ups by wall time and by CPU time: medians over rounds."""
    return {
        clock: round(statistics.median(a[i] / b[i] for a, b in zip(slow, fast, strict=True)), 2)
        for i, clock in enumerate(("wall", "cpu"))
    }


def measure(names: list[str], *, threads: int, rounds: int, batch: int) -> dict[str, Any]:
    """Return all results on the named networks."""
    torch.set_num_threads(threads)
    calls: dict[tuple[str, str], Callable[[], Any]] = {}
    results: dict[str, Any] = {}
    for name in names:
        build, spec = NETWORKS[name]
        whole, clips, right = telling_network(build, spec)
        ways = ways_of(whole, batch=batch, spec=spec, threads=threads)
        results[name] = {
            "parameters": sum(parameter.numel() for parameter in whole.network.parameters()),
            "held_out_clips_named_rightly": right,
            "ways": differences(ways, clips, batch=batch),
        }
        for way, run in ways.items():
            calls[name, way] = lambda run=run, pixels=clips[:batch]: run(pixels)  # type: ignore[misc]
    spent = timed_rounds(calls, rounds)
    for (name, way), rows in spent.items():
        row = results[name]["ways"][way]
        row["cpu_s_per_clip"] = round(statistics.median(cpu for _, cpu in rows) / batch, 4)
        row["best_clips_per_s"] = round(batch / min(wall for wall, _ in rows), 2)
        row["times_eager"] = ratio(spent[name, EAGER], rows)
    first = names[0]
    for name in names[1:]:
        results[name]["times_as_many_clips_as_the_first_network"] = {
            way: ratio(spent[first, way], spent[name, way]) for way in results[name]["ways"]
        }
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--networks", type=int, default=len(NETWORKS), help="use the first n networks of the list")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = list(NETWORKS)[: options.networks]
    results = measure(names, threads=options.threads, rounds=options.rounds, batch=options.batch)
    for name, result in results.items():
        print(f"{name}: {result['parameters']:,} weights, {result['held_out_clips_named_rightly']:.0%} accuracy")
        for way, row in result["ways"].items():
            times = row["times_eager"]
            print(
                f"  {way:26} {row['cpu_s_per_clip']:8.4f} CPU s per clip, {times['wall']:5.2f}x by wall time, "
                f"{times['cpu']:5.2f}x by CPU time; scores differ by at most {row['largest_score_difference']:.1e}, "
                f"{row['named_otherwise']:.0%} named otherwise"
            )
    if options.json:
        flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
        facts = {
            "threads": options.threads,
            "rounds": options.rounds,
            "clips_a_call": options.batch,
            "avx512_bf16": "avx512_bf16" in flags,
            "machine": f"{platform.machine()}, shared with other work while this ran: ratios count, not clips a second",
            "torch": torch.__version__,
        }
        options.json.write_text(json.dumps({**facts, "networks": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
