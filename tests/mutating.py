"""Healthy videos, damage done to them, and a judge of what is said of the damage.

Every picture of a mutated video that is missing, wrong or shown at another time must lie in a span that the coverage
names as lost or doubtful. ``python tests/mutating.py 400`` prints what is not.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from makevideo import bars, write_frames
from touchline.core.errors import InputError, ResourceError
from touchline.core.events import Coverage
from touchline.media.video import VideoReader

STEP_US = 40_000
FRAMES = 100
VISIBLE = 6.0
"""Mean difference of brightness from which a picture counts as damaged."""
TOLERANCE_US = 2 * STEP_US
"""How far from a named span a wrong picture may lie: reordering hides which of some neighbours it was."""

CLIPS = {
    "h264.mp4": ("libx264", {"preset": "veryfast", "g": "25", "bf": "2"}),
    "h264.mkv": ("libx264", {"preset": "veryfast", "g": "25", "bf": "2"}),
    "h264.ts": ("libx264", {"preset": "veryfast", "g": "25", "bf": "2"}),
    "h264.avi": ("libx264", {"preset": "veryfast", "g": "25", "bf": "0"}),
    "hevc.mp4": ("libx265", {"preset": "ultrafast", "x265-params": "keyint=25:log-level=none"}),
    "hevc.mkv": ("libx265", {"preset": "ultrafast", "x265-params": "keyint=25:log-level=none"}),
    "vp9.webm": ("libvpx-vp9", {"g": "25", "deadline": "realtime", "cpu-used": "8", "b": "400k"}),
    "mpeg4.avi": ("mpeg4", {"g": "25", "b": "500k"}),
    "mpeg4.mp4": ("mpeg4", {"g": "25", "b": "500k", "bf": "2"}),
}
"""File -> encoder and its options; the first part of the name is not used elsewhere."""

KINDS = ("flip payload", "flip head", "hole", "delete", "insert", "cut", "flip anywhere")


def scene(frames: int = FRAMES, *, width: int = 192, height: int = 112) -> Iterator[np.ndarray]:
    """Numbered pictures over a texture that moves, so that every frame has something to damage."""
    rng = np.random.default_rng(5)
    texture = rng.integers(-24, 25, (height // 4, width // 4)).repeat(4, 0).repeat(4, 1)
    for i in range(frames):
        picture = bars(i, width=width, height=height) + np.roll(texture, (i, 2 * i), (0, 1))
        picture += rng.integers(-3, 4, picture.shape)
        yield picture.clip(0, 255).astype(np.uint8)


def make_clip(folder: Path, name: str) -> Path:
    """One healthy video of :data:`CLIPS`, with sound where its container is the usual one for both."""
    codec, options = CLIPS[name]
    tone = np.sin(np.arange(FRAMES * 48_000 // 25) / 20).astype(np.float32) / 2 if name.endswith(".mp4") else None
    movflags = {"movflags": "faststart"} if name.startswith("h264") and name.endswith(".mp4") else {}
    return write_frames(folder / name, scene(), codec=codec, options=options, tone=tone, container_options=movflags)


def mutate(data: bytes, kind: str, rng: random.Random) -> bytes:
    """Damage a file in one way; the same seed does the same."""
    damaged = bytearray(data)
    size = len(data)
    head = min(4096, size // 8)
    if kind == "flip payload":
        start = rng.randrange(head, size)
        for _ in range(rng.choice((1, 1, 3, 10))):
            damaged[min(size - 1, start + rng.randrange(2000))] ^= 1 << rng.randrange(8)
    elif kind == "flip head":
        ends = rng.random() < 0.5
        for _ in range(rng.choice((1, 1, 2, 4))):
            damaged[size - 1 - rng.randrange(head) if ends else rng.randrange(head)] ^= 1 << rng.randrange(8)
    elif kind == "hole":
        start, length = rng.randrange(size), rng.choice((16, 200, 2000, 20_000))
        damaged[start : start + length] = bytes(len(damaged[start : start + length]))
    elif kind == "delete":
        start = rng.randrange(size)
        del damaged[start : start + rng.choice((1, 100, 3000, 20_000))]
    elif kind == "insert":
        start = rng.randrange(size)
        damaged[start:start] = rng.randbytes(rng.choice((1, 50, 4000)))
    elif kind == "cut":
        del damaged[rng.randrange(size // 10, size) :]
    else:
        for _ in range(rng.choice((1, 5, 20))):
            damaged[rng.randrange(size)] ^= 1 << rng.randrange(8)
    return bytes(damaged)


@dataclass(slots=True)
class Verdict:
    """What came of a mutated file.

    Attributes:
        refused: whether it was refused with a clear error.
        said: whether its coverage is incomplete.
        lost: frame numbers that are missing and lie in no named span.
        damaged: the same of pictures that differ visibly.
        slipped: the same of pictures shown at another time.
        harmless: whether every picture is right.

    """

    refused: bool = False
    said: bool = False
    lost: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    slipped: list[int] = field(default_factory=list)
    harmless: bool = False

    @property
    def outcome(self) -> str:
        """One word for the table."""
        if self.refused:
            return "refused"
        if self.harmless:
            return "false alarm" if self.said else "harmless"
        unnamed = "lost" if self.lost else "slipped" if self.slipped else "damaged" if self.damaged else ""
        return f"{'unnamed' if self.said else 'silent'} {unnamed}" if unnamed else "named"


Pictures = dict[int, np.ndarray]
"""Time in microseconds -> brightness."""


def read(path: Path) -> tuple[Pictures, Coverage]:
    """Every shown picture by its time, and the coverage."""
    with VideoReader(path) as video:
        shown = {frame.time_us: frame.luma for frame in video.frames()}
        return shown, video.coverage()


def judge(path: Path, healthy: Pictures) -> Verdict:
    """Compare a mutated file with the healthy one."""
    try:
        shown, coverage = read(path)
    except (InputError, ResourceError):
        return Verdict(refused=True)
    verdict = Verdict(said=not coverage.complete)
    spans = [(g.start_us - TOLERANCE_US, g.end_us + TOLERANCE_US) for g in coverage.gaps]
    spans += [(g.start_us - TOLERANCE_US, g.end_us + TOLERANCE_US) for g in getattr(coverage, "doubtful", ())]
    if any(gap.end_us >= coverage.duration_us - STEP_US for gap in coverage.gaps):
        spans.append((coverage.duration_us, FRAMES * STEP_US))
    verdict.harmless = len(shown) == len(healthy)
    for number, (time_us, picture) in enumerate(healthy.items()):
        seen = shown.get(time_us)
        if seen is not None and seen.shape == picture.shape and np.array_equal(seen, picture):
            continue
        verdict.harmless = False
        if any(start <= time_us < end for start, end in spans):
            continue
        if seen is None:
            verdict.lost.append(number)
        elif seen.shape != picture.shape or _difference(seen, picture) > VISIBLE:
            moved = seen.shape == picture.shape and any(_difference(seen, other) < 1 for other in healthy.values())
            (verdict.slipped if moved else verdict.damaged).append(number)
    return verdict


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def trial(folder: Path, count: int, *, seed: int = 0, names: tuple[str, ...] = ()) -> dict[str, Verdict]:
    """Mutate the clips in turn; the verdict of each file by its name, kind and number."""
    names = names or tuple(CLIPS)
    clips = {name: make_clip(folder, name) for name in names}
    healthy = {name: read(path)[0] for name, path in clips.items()}
    verdicts = {}
    for number in range(count):
        name = names[number % len(names)]
        rng = random.Random(f"{seed} {number}")
        kind = KINDS[number // len(names) % len(KINDS)]
        path = folder / f"{number:04d}-{name}"
        path.write_bytes(mutate(clips[name].read_bytes(), kind, rng))
        verdicts[f"{number:04d} {kind} {name}"] = judge(path, healthy[name])
        path.unlink()
    return verdicts


def main() -> None:
    """Print what came of a number of mutated files."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        verdicts = trial(Path(folder), count, seed=seed, names=tuple(sys.argv[3:]))
    for name, verdict in verdicts.items():
        if verdict.outcome not in ("refused", "named", "harmless"):
            numbers = [*verdict.lost, *verdict.slipped, *verdict.damaged]
            print(f"{name}: {verdict.outcome} {len(numbers)} {numbers[:6]}")  # noqa: T201
    print(len(verdicts), dict(Counter(verdict.outcome for verdict in verdicts.values())))  # noqa: T201
    print(f"{time.monotonic() - started:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
