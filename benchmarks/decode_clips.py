"""Measure clips per second that decoding gives to training: by cores, picture size, key frames and way of reading.

    python benchmarks/decode_clips.py [--clips 12] [--rounds 2] [--json benchmarks/results/decode_clips.json]

The videos are the bundled clip, looped and scaled, in H.264 (x264 veryfast, 2 B-frames, key frames at fixed distances).
A clip is what slow fusion takes: 15 frames with a stride of 2, as luma of the video's own size. Ways of reading:

- ``seek``: one request per clip to the decoding process, as training reads videos that are not cached;
- ``seek, frame by frame``: as it was before, every frame from half a second before the clip sent to the trainer;
- ``sequential``: the whole video decoded once, every frame taken, per clip's worth of 15 frames;
- ``cache``: frames from the cache of decoded luma, which the system has in memory.

All ways take turns in every round, on the same clips, so that load from elsewhere meets all alike; ratios are of
processor time, of this process and its decoders together, and of wall time for one and two workers. ``waiting`` is the
share of wall time that a trainer waits for clips of 720p, of which it uses one in a step that computes for 0.1 s of
processor time, without holding the interpreter, as a network does. No figure is from a graphics card: none was at hand.

The cache is computed, not written: 377 games, which the recipe spotting-slow-fusion trains on, with two halves of 45
minutes each, one byte a pixel.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import as_file, files
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.media.sampling import fit_luma, sample_regular
from touchline.media.source import create_media
from touchline.media.video import VideoReader
from touchline.training.prefetch import made_ahead
from touchline.training.spotting.data import CachedFrames, DecodedFrames, GridSize, Pixels, decode_to_cache

RESULTS = Path(__file__).parent / "results" / "decode_clips.json"
FPS = 25.0
OFFSETS = tuple(range(-14, 15, 2))
SIZES = {"224p": (398, 224), "360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
KEY_FRAMES = (12, 50, 250)
GAMES, HALF_S = 377, 45 * 60
LEAD_US = US_PER_S // 2
Read = Callable[[Sequence[int]], Pixels]


def write_video(path: Path, *, size: tuple[int, int], key_every: int, frames: int) -> None:
    """Write the bundled clip, looped and scaled."""
    with as_file(files("touchline.analysis") / "sample" / "sample.mp4") as clip, VideoReader(clip) as reader:
        pictures = [frame for _, frame in reader.decoded()]
    keys = f"keyint={key_every}:min-keyint={key_every}:scenecut=0:bframes=2"
    with contextlib.closing(create_media(path, format="mp4")) as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"preset": "veryfast", "x264-params": keys}
        stream.codec_context.thread_count = 1
        for number in range(frames):
            lap, place = divmod(number, len(pictures))
            picture = pictures[place if lap % 2 == 0 else -1 - place].reformat(*size, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            picture.pict_type = av.video.frame.PictureType.NONE
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


class FrameByFrame:
    """Clips as they were read before: every frame from half a second before a clip comes to this process."""

    def __init__(self, path: Path, size: GridSize) -> None:
        self._reader, self._size = VideoReader(path), size

    def read(self, indices: Sequence[int]) -> Pixels:
        """Read frames at grid indices, uint8 (n, height, width)."""
        size, reader = self._size, self._reader.another()
        start_us = max(us_from_frame(indices[0], fps=size.fps) - LEAD_US, 0)
        found = {}
        for index, frame in sample_regular(reader.frames(start_us=start_us), fps=size.fps, start_index=indices[0]):
            if index in indices:
                found[index] = fit_luma(frame.luma, width=size.width, height=size.height)
            if index >= indices[-1]:
                break
        reader.close()
        return np.stack([found[index] for index in indices])


@dataclass(frozen=True)
class Spent:
    """Wall and processor seconds per clip."""

    wall_s: float
    cpu_s: float


def processor_s() -> float:
    """Return the processor time of this process and of all below it, also those that still run."""
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(name))
            spent[int(name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    waiting, total = [os.getpid()], 0.0
    while waiting:
        process = waiting.pop()
        total += spent.get(process, 0.0)
        waiting += children.get(process, [])
    return total


@contextlib.contextmanager
def spending(count: int, found: list[Spent]) -> Iterator[None]:
    """Add what the body spends per clip to ``found``."""
    wall_s, cpu_s = time.perf_counter(), processor_s()
    yield
    found.append(Spent((time.perf_counter() - wall_s) / count, (processor_s() - cpu_s) / count))


def centres(frames: int, *, count: int, seed: int) -> list[int]:
    """Return the centres of clips, anywhere in a video."""
    return np.random.default_rng(seed).integers(16, frames - 16, count).tolist()


def read_with(read: Read, places: Sequence[int], *, workers: int) -> None:
    """Read clips by as many workers as there are cores."""
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(lambda centre: read([centre + offset for offset in OFFSETS]).sum(), places):
            pass


def measure(path: Path, size: GridSize, *, folder: Path, clips: int, rounds: int) -> dict[str, Any]:
    """Return what each way of reading spends per clip, all ways in turn in each round."""
    cache = folder / f"{path.stem}.luma"
    decode_to_cache(path, cache, size)
    ways = {
        "seek": DecodedFrames(path, size),
        "seek, frame by frame": FrameByFrame(path, size),
        "cache": CachedFrames(cache, size),
    }
    frames = ways["cache"].frame_count  # type: ignore[union-attr]
    spent: dict[str, list[Spent]] = {}
    for number in range(rounds):
        places = centres(frames, count=clips, seed=number)
        for way, source in ways.items():
            for workers in (1, 2):
                with spending(clips, spent.setdefault(f"{way}, {workers} workers", [])):
                    read_with(source.read, places, workers=workers)
        with spending(frames // len(OFFSETS), spent.setdefault("sequential", [])):
            for _, luma in DecodedFrames(path, size).stream():
                luma.sum()
    cache.unlink()
    rows = {way: _row(found) for way, found in spent.items()}
    seek = rows["seek, 1 workers"]["cpu_ms"]
    return {"ways": rows, "cpu_of_seek": {way: round(row["cpu_ms"] / seek, 3) for way, row in rows.items()}}


def _row(found: Sequence[Spent]) -> dict[str, float]:
    wall_s, cpu_s = median(one.wall_s for one in found), median(one.cpu_s for one in found)
    return {"wall_ms": round(1000 * wall_s, 2), "cpu_ms": round(1000 * cpu_s, 2), "clips_per_s": round(1 / wall_s, 2)}


def waiting(path: Path, size: GridSize, *, clips: int, rounds: int) -> dict[str, float]:
    """Return the share of wall time that a trainer waits, by reader and workers; its steps compute in this process."""
    sources = {"seek, frame by frame": FrameByFrame(path, size), "seek": DecodedFrames(path, size)}
    frames, step_s = DecodedFrames(path, size).frame_count, 0.1
    shares: dict[str, list[float]] = {}
    for number in range(rounds):
        places = centres(frames, count=clips, seed=100 + number)
        for name, source in sources.items():
            for workers in (0, 1, 2):
                shares.setdefault(f"{name}, {workers} workers", []).append(
                    _waited(source.read, places, workers=workers, step_s=step_s)
                )
    return {name: round(median(found), 3) for name, found in shares.items()}


def _waited(read: Read, places: Sequence[int], *, workers: int, step_s: float) -> float:
    def make(number: int) -> Pixels:
        return read([places[number] + offset for offset in OFFSETS])

    waited_s, began_s = 0.0, time.perf_counter()
    with contextlib.closing(made_ahead(make, range(len(places)), workers=workers)) as made:
        for _ in range(len(places)):
            asked_s = time.perf_counter()
            next(made)
            waited_s += time.perf_counter() - asked_s
            _compute(step_s)
    return waited_s / (time.perf_counter() - began_s)


def _compute(seconds: float) -> None:
    """Compute for some processor time of this thread, most of it without holding the interpreter, as a network does."""
    matrix, until_s = np.ones((256, 256), np.float32), time.thread_time() + seconds
    while time.thread_time() < until_s:
        matrix @ matrix


def cache_bytes(width: int, height: int, *, fps: float = FPS) -> int:
    """Return the size of the cache of all games."""
    return round(GAMES * 2 * HALF_S * fps) * width * height


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=12, help="clips per way and round")
    parser.add_argument("--rounds", type=int, default=2, help="rounds in which all ways take turns")
    parser.add_argument("--frames", type=int, default=750, help="frames of each video")
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    results: dict[str, Any] = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "load_before": [round(value, 1) for value in os.getloadavg()],
        "clips": options.clips,
        "rounds": options.rounds,
        "frames": options.frames,
        "cache_377_games_gb": {name: round(cache_bytes(*size) / 1e9, 1) for name, size in SIZES.items()},
        "cache_377_games_gb_slow_fusion": round(cache_bytes(1280, 736) / 1e9, 1),
        "videos": {},
        "gpu": "not measured",
    }
    with tempfile.TemporaryDirectory() as folder:
        cases = [(name, 50) for name in SIZES] + [("720p", every) for every in KEY_FRAMES if every != 50]
        for name, key_every in cases:
            path = Path(folder) / f"{name}_{key_every}.mp4"
            write_video(path, size=SIZES[name], key_every=key_every, frames=options.frames)
            size = GridSize(*SIZES[name], FPS)
            key = f"{name}, key frame every {key_every}"
            results["videos"][key] = measure(
                path, size, folder=Path(folder), clips=options.clips, rounds=options.rounds
            )
            print(key, json.dumps(results["videos"][key]), flush=True)
            options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            if (name, key_every) == ("720p", 50):
                results["waiting"] = waiting(path, size, clips=2 * options.clips, rounds=options.rounds)
                print("waiting", json.dumps(results["waiting"]), flush=True)
            path.unlink()
    results["load_after"] = [round(value, 1) for value in os.getloadavg()]
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
