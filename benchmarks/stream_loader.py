"""Measure NetVLAD++ windows per second from mapped files and SoccerNet's in-memory loader, and heads over a match.

    python benchmarks/stream_loader.py [--games 20] [--json benchmarks/results/stream_loader.json]

The naive loader follows the reference's description: every half is loaded and cut into windows of 15 s, all windows of
the set are concatenated in memory, and a shuffling torch DataLoader with batches of 256 collates them one by one, with
4 worker processes (its default) or none. The mapped loader reads 8 consecutive windows at each of 32 random places into
a reused buffer (the values were checked to be finite when the set was written). A training step of NetVLAD++ is timed
as well, because it bounds training once loading does not.

The published set is 400 games (8.8 GB in float32, twice that while the naive loader concatenates); fewer games are used
by default. Mapped files are measured from disk, without any of their content cached in memory, and again after they
have been read once.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.labels import SOCCERNET_V2
from touchline.formats.features.stream_sets import Recording, StreamSet, open_stream_set, write_stream_set
from touchline.models.networks.heads.calf import Calf
from touchline.models.networks.heads.context import ContextHead
from touchline.models.networks.heads.pooling import PoolingHead

HALF_SAMPLES, WIDTH, WINDOW, BATCH = 5400, 512, 30, 256
WINDOWS_A_PLACE = 8
CLASSES = len(SOCCERNET_V2)


def write(folder: Path, *, games: int) -> None:
    """Write the set: two halves per game, features drawn once and shifted, so that writing them is fast."""
    random = np.random.default_rng(0)
    values = random.standard_normal((HALF_SAMPLES, WIDTH)).astype(np.float32)

    def recordings() -> Iterator[tuple[Recording, dict[str, Any]]]:
        for number in range(2 * games):
            label, time_s = random.integers(0, CLASSES, 50), np.sort(random.uniform(0, 2700, 50))
            yield Recording(f"half_{number}", HALF_SAMPLES, {}, label, time_s), {"picture": np.roll(values, number, 0)}

    write_stream_set(folder, recordings(), labels=SOCCERNET_V2, rate_hz=2.0)


class NaiveClips(torch.utils.data.Dataset[tuple[Any, Any]]):
    """A data set of every window of every half, held in memory."""

    def __init__(self, data: StreamSet) -> None:
        clips, labels = [], []
        for recording in data.recordings:
            values = torch.from_numpy(np.load(recording.files["picture"]))
            starts = torch.arange(0, len(values) - 1, WINDOW)
            at = torch.stack([starts + i for i in range(WINDOW)], dim=1).clamp(0, len(values) - 1)
            clips.append(values[at])
            label = np.zeros((len(starts), CLASSES + 1))
            label[:, 0] = 1
            for number, time_s in zip(recording.label, recording.time_s, strict=True):
                row = int(2 * time_s) // WINDOW
                label[row, 0], label[row, number + 1] = 0, 1
            labels.append(label)
        self.clips, self.labels = np.concatenate(clips), np.concatenate(labels)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.clips[index, :, :], self.labels[index, :]

    def __len__(self) -> int:
        return len(self.clips)


def naive_batches(data: StreamSet, *, workers: int) -> Generator[Any, None, None]:
    loader = torch.utils.data.DataLoader(NaiveClips(data), batch_size=BATCH, shuffle=True, num_workers=workers)
    while True:
        yield from (clips for clips, _ in loader if len(clips) == BATCH)


def mapped_batches(data: StreamSet) -> Generator[Any, None, None]:
    random = np.random.default_rng(0)
    samples, places = WINDOWS_A_PLACE * WINDOW, BATCH // WINDOWS_A_PLACE
    room = data.buffers(places, samples=samples)

    def draw() -> list[tuple[int, int]]:
        numbers, starts = random.integers(0, len(data), places), random.integers(0, HALF_SAMPLES - samples, places)
        return list(zip(numbers.tolist(), starts.tolist(), strict=True))

    chosen = draw()
    while True:
        following = draw()
        data.read_ahead(following, samples=samples)
        values, _ = data.batch(chosen, samples=samples, into=room)
        chosen = following
        yield torch.from_numpy(values["picture"]).reshape(BATCH, WINDOW, WIDTH)


def _processor_s() -> float:
    """Return the CPU seconds of this process and of its finished child processes."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def rate(batches: Generator[Any, None, None], *, seconds: float, use: Callable[[Any], None]) -> dict[str, float]:
    """Return the windows per second after the first batch, and the time to the first."""
    started_s = time.perf_counter()
    use(next(batches))
    first_s = time.perf_counter() - started_s
    count, started_s, started_cpu_s = 0, time.perf_counter(), _processor_s()
    while time.perf_counter() - started_s < seconds:
        use(next(batches))
        count += BATCH
    wall_s = time.perf_counter() - started_s
    batches.close()  # the system reports what worker processes used only once they have ended
    gc.collect()
    cpu_s = _processor_s() - started_cpu_s
    return {"windows_per_s": count / wall_s, "windows_per_cpu_s": count / cpu_s, "first_batch_s": first_s}


def train_step() -> Callable[[Any], None]:
    network = PoolingHead(WIDTH, CLASSES)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    targets = torch.zeros(BATCH, CLASSES + 1)

    def step(clips: Any) -> None:
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(clips).logits, targets)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()

    return step


def measure(folder: Path, kind: str, *, seconds: float) -> dict[str, float]:
    """Measure one loader in this process."""
    torch.set_num_threads(1)
    data = open_stream_set(folder)
    loaders = {
        "mapped": lambda: mapped_batches(data),
        "mapped, read before": lambda: mapped_batches(data),
        "naive": lambda: naive_batches(data, workers=0),
        "naive, 4 workers": lambda: naive_batches(data, workers=4),
    }
    if kind == "mapped, read before":
        for recording in data.recordings:
            recording.files["picture"].read_bytes()
    result = rate(loaders[kind](), seconds=seconds, use=lambda clips: None)
    result["trained_windows_per_s"] = rate(loaders[kind](), seconds=seconds, use=train_step())["windows_per_s"]
    result["memory_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return result


def match_times(*, rounds: int = 3) -> dict[str, dict[str, float]]:
    """Return the seconds of each head over both halves of a match, on one thread: the best of several rounds."""
    torch.set_num_threads(1)
    heads: dict[str, Any] = {
        "NetVLAD++": PoolingHead(WIDTH, CLASSES),
        "NetRVLAD++": PoolingHead(WIDTH, CLASSES, pool="netrvlad++"),
        "max": PoolingHead(WIDTH, CLASSES, pool="max"),
        "CALF": Calf(WIDTH, CLASSES),
        "context": ContextHead(WIDTH, CLASSES, window=480),
        "context, attention": ContextHead(WIDTH, CLASSES, window=480, far="attention"),
    }
    halves = torch.randn(2, HALF_SAMPLES, WIDTH)
    times = {}
    for name, head in heads.items():
        head.eval()
        found = []
        for _ in range(rounds):
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            head.dense(halves)
            found.append((time.perf_counter() - wall_s, time.process_time() - cpu_s))
        times[name] = {"wall_s": min(w for w, _ in found), "cpu_s": min(c for _, c in found)}
    return times


def _ratio(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the ratios of windows per CPU second of all processes, which depend less on other work on the machine."""
    return one["windows_per_cpu_s"] / other["windows_per_cpu_s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of each timing")
    parser.add_argument("--folder", type=Path, default=None, help="folder for the set (default: a temporary one)")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--one", default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.folder, arguments.one, seconds=arguments.seconds)))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as made:
        write(Path(made), games=arguments.games)
        loaders = {}
        for kind in ("naive", "naive, 4 workers", "mapped", "mapped, read before"):
            command = [sys.executable, __file__, "--one", kind, "--folder", made, "--seconds", str(arguments.seconds)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            loaders[kind] = json.loads(done.stdout.splitlines()[-1])
            print(f"{kind:20}", {key: round(value, 2) for key, value in loaders[kind].items()}, flush=True)
    times = match_times()
    for name, one in times.items():
        print(f"{name:18} {one['wall_s']:.2f} s per match ({one['cpu_s']:.2f} CPU s)")
    result = {
        "games": arguments.games,
        "machine": platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "loaders": loaders,
        "times_faster": {
            way: {kind: _ratio(loaders[way], loaders[kind]) for kind in loaders if kind.startswith("naive")}
            for way in ("mapped", "mapped, read before")
        },
        "match": times,
    }
    for way, ratios in result["times_faster"].items():
        print(f"{way}, times faster:", {kind: round(ratio, 1) for kind, ratio in ratios.items()})
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
