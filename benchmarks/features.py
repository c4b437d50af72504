"""Measure the cost of feature extraction and the memory of feature dimension reduction.

    python benchmarks/features.py --video ../shared/data/simulated/match_011/video.mp4 \\
        --json benchmarks/results/features.json

Speed: ``touchline features extract`` compared with the plain method of the references, which converts every frame of
the video to RGB, resizes all of them, keeps one per half second and runs these through torch batch by batch. Both get
the same seconds of video and the same network, and their features agree. CPU time is reported, because it hardly
depends on the load of the machine.

Memory: the peak of a process that fits mean and PCA on growing numbers of match halves, compared with one that holds
all features in memory and calls scikit-learn.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from touchline.formats.features.vectors import FeatureInfo, read_features, write_features
from touchline.models.specs.spec import IMAGENET_MEAN, IMAGENET_STD

RATE_HZ = 2.0
MEAN, STD = np.array(IMAGENET_MEAN, np.float32), np.array(IMAGENET_STD, np.float32)


def cut(video: Path, out: Path, *, seconds: float) -> Path:
    """Copy the first seconds of a video without re-encoding."""
    import av

    with av.open(str(video)) as source, av.open(str(out), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is None or packet.pts * packet.time_base > seconds:
                continue
            packet.stream = copy
            target.mux(packet)
    return out


def plain(video: Path, network: Any, *, batch: int) -> np.ndarray:
    """Extract features as the references do: convert and resize every frame, then use some of them."""
    import cv2
    import torch

    from touchline.media.frame import Frame
    from touchline.media.frame_rules import frame_rule
    from touchline.media.video import VideoReader

    pictures, times = [], []
    with VideoReader(video) as reader:
        for frame in reader.frames():
            rgb = frame.to_rgb()
            scaled = cv2.resize(rgb, (int(rgb.shape[1] * 224 / rgb.shape[0]), 224), interpolation=cv2.INTER_AREA)
            left = (scaled.shape[1] - 224) // 2
            pictures.append(scaled[:, left : left + 224])
            times.append(frame.time_us)
    rule = frame_rule("time-exact", rate_hz=RATE_HZ, fps=0.0)
    luma = np.zeros((1, 1), np.uint8)
    index = {time_us: i for i, time_us in enumerate(times)}
    rows = [row for time_us in times for row in rule.push(Frame(time_us, luma))] + list(rule.finish())
    chosen = np.stack([pictures[index[frame.time_us]] for _, frame in rows])
    features = []
    with torch.inference_mode():
        for first in range(0, len(chosen), batch):
            part = (chosen[first : first + batch].astype(np.float32) / 255 - MEAN) / STD
            features.append(network.picture_features(torch.from_numpy(part).permute(0, 3, 1, 2)).numpy())
    return np.concatenate(features)


def timed(work: Any) -> tuple[Any, float, float]:
    """Return the result of a call, its wall seconds and its CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - cpu


def speed(video: Path, *, seconds: float, depths: list[int], threads: int, folder: Path) -> list[dict[str, Any]]:
    import torch

    from touchline.analysis.features import FeatureOptions, extract_features
    from touchline.features.picture_extractor import load_feature_extractor
    from touchline.models.networks.resnet import ResNet

    torch.set_num_threads(threads)
    clip = cut(video, folder / "clip.mp4", seconds=seconds)
    rows = []
    for depth in depths:
        torch.manual_seed(0)
        network = ResNet(0, depth=depth).eval()
        for module in network.modules():  # random weights whose features neither vanish nor grow
            if isinstance(module, torch.nn.BatchNorm2d) and module.weight.numel() and depth >= 50:
                torch.nn.init.constant_(module.weight, 0.7)
        weights = folder / f"resnet{depth}.pth"
        torch.save(network.state_dict(), weights)
        extractor = load_feature_extractor(str(weights), device="cpu", threads=threads)
        extractor.features([np.zeros((224, 224, 3), np.uint8)])  # compiled before the clock starts
        options = FeatureOptions(out=folder / f"ours{depth}.npy", force=True)
        result, ours_wall, ours_cpu = timed(lambda: extract_features(clip, extractor=extractor, options=options))  # noqa: B023
        theirs, plain_wall, plain_cpu = timed(lambda: plain(clip, network, batch=64))  # noqa: B023
        ours = np.asarray(read_features(result.path).values)
        fast = load_feature_extractor(str(weights), device="cpu", threads=threads, precision="bf16")
        fast.features([np.zeros((224, 224, 3), np.uint8)])
        short, fast_wall, fast_cpu = timed(lambda: extract_features(clip, extractor=fast, options=options))  # noqa: B023
        halved = np.asarray(read_features(short.path).values)
        rows.append(
            {
                "network": f"resnet{depth}",
                "rows": len(ours),
                "largest_difference": float(np.abs(ours - theirs).max() / np.abs(theirs).max()),
                **_costs("touchline", ours_wall, ours_cpu, seconds),
                "bf16_correlation": float(np.corrcoef(halved.ravel(), theirs.ravel())[0, 1]),
                **_costs("bf16", fast_wall, fast_cpu, seconds),
                **_costs("plain", plain_wall, plain_cpu, seconds),
                "times_less_processor_time": round(plain_cpu / ours_cpu, 2),
            }
        )
    extractor = load_feature_extractor("builtin", device="cpu", threads=threads)
    extractor.features([np.zeros((224, 224, 3), np.uint8)])
    options = FeatureOptions(out=folder / "builtin.npy", force=True)
    result, wall, cpu = timed(lambda: extract_features(clip, extractor=extractor, options=options))
    rows.append({"network": "builtin", "rows": result.rows, **_costs("touchline", wall, cpu, seconds)})
    return rows


def _costs(name: str, wall: float, cpu: float, seconds: float) -> dict[str, float]:
    return {
        f"{name}_wall_s": round(wall, 2),
        f"{name}_cpu_s": round(cpu, 2),
        f"{name}_frames_per_cpu_s": round(seconds * RATE_HZ / cpu, 2),
    }


def fit_in_process(folder: Path, *, way: str, components: int) -> dict[str, Any]:
    """Run one fit in a separate process; return its peak memory and time."""
    command = [sys.executable, __file__, "--fit-way", way, "--folder", str(folder), "--components", str(components)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def peak_kb() -> int:
    """Return the peak memory of this process so far, including mapped files."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def fit(folder: Path, *, way: str, components: int) -> dict[str, Any]:
    """Run one fit; this is the work of the process started by :func:`fit_in_process`."""
    files = sorted(folder.glob("*.npy"))
    if way == "touchline":
        from touchline.features.reduction import ReductionFit
    else:
        from sklearn.decomposition import PCA
    before = peak_kb()
    started = time.process_time()
    if way == "touchline":
        accumulator = ReductionFit(read_features(files[0], check=False).width)
        for file in files:
            accumulator.add(read_features(file, check=False).values)
        variance = accumulator.finish(components).variance
    else:
        values = np.concatenate([np.load(file) for file in files])
        variance = PCA(components, svd_solver="covariance_eigh").fit(values).explained_variance_
    peak = peak_kb()
    return {
        "way": way,
        "files": len(files),
        "peak_mb": round(peak / 1024),
        "above_start_mb": round((peak - before) / 1024),
        "cpu_s": round(time.process_time() - started, 1),
        "variance": [float(value) for value in variance[:3]],
    }


def memory(folder: Path, *, counts: list[int], rows: int, width: int, components: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    mixing = (rng.normal(size=(64, width)) * np.geomspace(3, 0.3, 64)[:, None]).astype(np.float32)
    found = []
    made = 0
    for count in counts:
        while made < count:
            values = rng.normal(size=(rows, 64)).astype(np.float32) @ mixing
            values += rng.normal(scale=0.1, size=values.shape).astype(np.float32)
            write_features(folder / f"{made:03d}.npy", [values], shape=values.shape, info=FeatureInfo(model="made"))
            made += 1
        for way in ("touchline", "sklearn-eigh"):
            result = fit_in_process(folder, way=way, components=components)
            result["features_mb"] = round(count * rows * width * 4 / 2**20)
            found.append(result)
    return found


def show(results: dict[str, Any]) -> None:
    print("network     rows  touchline frames/cpu-s  bf16  plain frames/cpu-s  times  difference")
    for row in results["speed"]:
        theirs, times = row.get("plain_frames_per_cpu_s", ""), row.get("times_less_processor_time", "")
        gap = f"{row['largest_difference']:.1e}" if "largest_difference" in row else ""
        ours = row["touchline_frames_per_cpu_s"]
        fast = row.get("bf16_frames_per_cpu_s", "")
        print(f"{row['network']:10} {row['rows']:5} {ours:23} {fast:>5} {theirs:>19} {times:>6} {gap:>11}")
    print("\nmethod        halves  features MB  peak MB  above start MB  cpu s")
    for row in results["memory"]:
        print(
            f"{row['way']:13} {row['files']:6} {row['features_mb']:12} {row['peak_mb']:8} "
            f"{row['above_start_mb']:15} {row['cpu_s']:6}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--depths", type=int, nargs="*", default=[18, 152])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--halves", type=int, nargs="*", default=[1, 4, 16])
    parser.add_argument("--rows", type=int, default=5400)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--components", type=int, default=512)
    parser.add_argument("--only", choices=["speed", "memory"], help="Measure one; keep the other of --json.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--fit-way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fit_way:
        print(json.dumps(fit(arguments.folder, way=arguments.fit_way, components=arguments.components)))
        return
    results: dict[str, Any] = {"threads": arguments.threads, "seconds": arguments.seconds, "speed": [], "memory": []}
    if arguments.only and arguments.json and arguments.json.is_file():
        results.update(json.loads(arguments.json.read_text()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.video and arguments.only != "memory":
            results["video"] = "/".join(arguments.video.parts[-3:])
            results["speed"] = speed(
                arguments.video,
                seconds=arguments.seconds,
                depths=arguments.depths,
                threads=arguments.threads,
                folder=folder,
            )
        if arguments.only != "speed":
            (folder / "halves").mkdir()
            results["memory"] = memory(
                folder / "halves",
                counts=arguments.halves,
                rows=arguments.rows,
                width=arguments.width,
                components=arguments.components,
            )
    show(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
