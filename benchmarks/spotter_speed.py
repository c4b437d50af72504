"""Measure the speed of spotters: ratios from one run, written to ``benchmarks/results/spotter_speed.json``.

Usage: ``python benchmarks/spotter_speed.py [--outputs 8] [--threads 1] [--out FILE]``.

CPU times are process time, which is robust on a busy machine; wall times are also listed. Weights are random: speed
does not depend on them. On a machine with CUDA, streaming of the reference network is also measured there.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.models.networks.slow_fusion import SlowFusionSpotter
from touchline.models.specs.spec import FrameSpec, ModelConfig
from touchline.models.store import list_builtin, save_model
from touchline.spotting.engine import Engine, Plan
from touchline.spotting.spotter import Spotter, load_spotter, make_backend, make_plan
from touchline.spotting.torch_backend import TorchBackend

RESULTS = Path(__file__).parent / "results" / "spotter_speed.json"
REFERENCE_FRAME = FrameSpec(width=1280, height=736, fps=25, stack_offsets=(0, 2, 4))
STACK_GFLOP, WINDOW_GFLOP = 26.5, 9.2
H200_BF16_TFLOPS = 989.0


def timed(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return the result of a call, its process CPU seconds and its wall seconds."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    result = run()
    return result, {"cpu_s": time.process_time() - cpu_s, "wall_s": time.perf_counter() - wall_s}


def per_output(seconds: dict[str, float], outputs: int) -> dict[str, float]:
    return {key.replace("_s", "_ms_per_output"): round(1000 * value / outputs, 1) for key, value in seconds.items()}


def reference_network() -> SlowFusionSpotter:
    """Return the reference network with random weights and statistics calibrated on noise, so that outputs vary."""
    torch.manual_seed(0)
    network = SlowFusionSpotter(2)
    for part in network.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.momentum = None
    with torch.no_grad():
        network.train()(torch.rand(2, 15, 128, 160))
    return network.eval()


def reference_config() -> ModelConfig:
    return ModelConfig(
        name="reference",
        architecture="slow-fusion",
        network={"num_classes": 2},
        frame=REFERENCE_FRAME,
        labels=("PASS", "DRIVE"),
    )


def stream(plan: Plan, backend: Any, pictures: np.ndarray) -> np.ndarray:
    return np.concatenate([chunk.values for chunk in Engine(plan, backend).run(enumerate(pictures))])


def measure_reference(outputs: int, *, threads: int) -> dict[str, Any]:
    """Measure the reference network on the CPU: recomputing every window, then streaming with each backend.

    The stream is longer than ``outputs`` by the length of a stack, so that at least one stack is encoded and one window
    decoded for each counted output.
    """
    torch.set_num_threads(threads)
    network, config, cpu = reference_network(), reference_config(), torch.device("cpu")
    rng = np.random.default_rng(0)
    count = outputs + max(REFERENCE_FRAME.stack_offsets)
    pictures = rng.integers(0, 256, (count, REFERENCE_FRAME.height, REFERENCE_FRAME.width), dtype=np.uint8)
    clip = torch.from_numpy(rng.integers(0, 256, (1, 15, 736, 1280), dtype=np.uint8)).float() / 255
    with torch.inference_mode():
        network(clip)
        _, naive = timed(lambda: network(clip))
    plan = make_plan(network, config, device=cpu, flip=False)
    results: dict[str, Any] = {"eager, every window anew": per_output(naive, 1)}
    values: dict[str, np.ndarray] = {}
    for label, name, precision in (
        ("eager, streaming", "torch", "f32"),
        ("openvino f32, streaming", "openvino", "f32"),
        ("openvino bf16, streaming", "openvino", "bf16"),
    ):
        backend, start = timed(
            lambda name=name, precision=precision: make_backend(
                name, network, REFERENCE_FRAME, plan=plan, device=cpu, threads=threads, precision=precision
            )
        )
        stream(plan, backend, pictures[:5])
        values[label], seconds = timed(lambda backend=backend: stream(plan, backend, pictures))
        results[label] = {**per_output(seconds, outputs), "start_cpu_s": round(start["cpu_s"], 1)}
    return {"per_output": results, **ratios(results, values)}


def ratios(results: dict[str, Any], values: dict[str, np.ndarray]) -> dict[str, Any]:
    cpu = {label: entry["cpu_ms_per_output"] for label, entry in results.items()}
    naive, eager = cpu["eager, every window anew"], cpu["eager, streaming"]
    exact, fast = cpu["openvino f32, streaming"], cpu["openvino bf16, streaming"]
    drift = {
        label: round(float(np.abs(values[label] - values["eager, streaming"]).max()), 6)
        for label in ("openvino f32, streaming", "openvino bf16, streaming")
    }
    return {
        "ratio_streaming_f32_over_every_window_anew": round(naive / exact, 2),
        "ratio_streaming_bf16_over_every_window_anew": round(naive / fast, 2),
        "ratio_openvino_f32_over_eager_streaming": round(eager / exact, 2),
        "ratio_openvino_bf16_over_eager_streaming": round(eager / fast, 2),
        "largest_score_difference_to_eager": drift,
    }


def small_spotter(folder: Path, *, threads: int) -> tuple[Spotter, str]:
    """Return the built-in spotter, or its untrained network if there is none yet."""
    if list_builtin():
        return load_spotter(device="cpu", threads=threads), "built-in"
    from touchline.models.networks.ball_spotter import BallSpotter

    network = BallSpotter()
    frame = FrameSpec(width=640, height=352, fps=12.5, stack_offsets=network.stack_offsets)
    config = ModelConfig(name="untrained", architecture="ball-spotter", frame=frame, labels=("PASS", "DRIVE"))
    path = save_model(folder / "untrained", network, config)
    return load_spotter(path, device="cpu", threads=threads), "untrained, architecture of the built-in"


def write_video(path: Path, *, seconds: float) -> None:
    """Write a video of a moving texture at 640x360, 25 fps, H.264."""
    import av

    rng = np.random.default_rng(0)
    ground = rng.integers(60, 200, (400, 1000), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        for index in range(int(25 * seconds)):
            x = int(100 + 90 * np.sin(index / 40))
            picture = np.ascontiguousarray(ground[20:380, x : x + 640])
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(video.encode())


def measure_small(*, threads: int, seconds: float) -> dict[str, Any]:
    """Measure the small spotter from file to events, including decoding."""
    from touchline.media.sampling import sample_regular
    from touchline.media.video import VideoReader

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "video.mp4"
        write_video(path, seconds=seconds)
        spotter, which = small_spotter(Path(name), threads=threads)

        def run() -> int:
            with VideoReader(path) as reader:
                grid = sample_regular(reader.frames(), fps=spotter.fps)
                scores = spotter.scores((index, frame.luma) for index, frame in grid)
            spotter.events(scores)
            return len(scores)

        count, spent = timed(run)
    return {
        "model": f"{spotter.name} ({which})",
        "backend": spotter.backend_name,
        "picture": f"{spotter.config.frame.width}x{spotter.config.frame.height} at {spotter.fps} a second",
        "video": f"640x360, 25 fps, {seconds} s",
        "samples": count,
        **{key: round(value, 2) for key, value in spent.items()},
        "times_real_time_on_one_core": round(seconds / spent["cpu_s"], 2),
        "times_real_time_on_two_cores_at_best": round(2 * seconds / spent["cpu_s"], 2),
        "times_real_time_wall": round(seconds / spent["wall_s"], 2),
    }


def measure_cuda(outputs: int) -> dict[str, Any] | str:
    """Measure streaming of the reference network on a GPU, plain and compiled, on decoded frames."""
    if not torch.cuda.is_available():
        return "not measured: no CUDA device"
    measured: dict[str, Any] = {
        "device": torch.cuda.get_device_name(),
        "peak_assumed_tflops": H200_BF16_TFLOPS,
        "decoding": "not included",
    }
    base = np.random.default_rng(0).integers(0, 256, (64, 736, 1280), dtype=np.uint8)
    frames = [base[index % 64] for index in range(outputs)]
    for name, compiled in (("eager", False), ("compiled", True)):
        network, config = reference_network(), reference_config()
        plan = make_plan(network, config, device=torch.device("cpu"), flip=False)
        plan = Plan(plan.stack_offsets, plan.feature_offsets, encode_batch=32, decode_batch=32, chunk=128)
        backend = TorchBackend(network, device=torch.device("cuda"), compiled=compiled)
        _, start = timed(lambda plan=plan, backend=backend: stream(plan, backend, frames[:300]))
        _, spent = timed(lambda plan=plan, backend=backend: stream(plan, backend, frames))
        rate = outputs / spent["wall_s"]
        measured[name] = {
            "first_300_outputs_s": start["wall_s"],
            "outputs_per_s": round(rate, 1),
            "match_of_90_min_at_25_fps_s": round(135_000 / rate, 1),
            "share_of_bf16_peak": round(rate * (STACK_GFLOP + WINDOW_GFLOP) / 1000 / H200_BF16_TFLOPS, 4),
        }
    return measured


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line for line in lines if line.startswith("flags")), "")
    return {
        "cpu": model,
        "cores": len([line for line in lines if line.startswith("processor")]),
        "avx512_bf16": "avx512_bf16" in flags,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outputs", type=int, default=8)
    parser.add_argument("--cuda-outputs", type=int, default=4096)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=("reference", "small", "cuda"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    parts: dict[str, Callable[[], Any]] = {
        "reference": lambda: measure_reference(options.outputs, threads=options.threads),
        "small": lambda: measure_small(threads=options.threads, seconds=options.seconds),
        "cuda": lambda: measure_cuda(options.cuda_outputs),
    }
    results = json.loads(options.out.read_text()) if options.only and options.out.exists() else {}
    if options.only != "cuda" or "machine" not in results:
        results.update({"machine": machine(), "threads": options.threads})
    for name, measure in parts.items():
        if options.only in (None, name):
            results[name] = measure()
            print(name, json.dumps(results[name], indent=2))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
