"""Learn to tell close-ups from views from afar, and measure it on other matches, other folders and real clips.

    python benchmarks/shot_closeness.py [--fit]

From afar: broadcast frames of the players set and simulated matches. Close: pictures of goalkeepers, and pieces of 1/6
of a broadcast frame enlarged. Half of the matches and folders to learn on, the others to report on. On the
hand-labelled clips (looked at during development) each sampled frame counts once, and intervals draw whole clips.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from shot_material import Rgb, load_sources

from touchline.core.arrays import Floats32
from touchline.listening.model import TinyNet
from touchline.media.video import VideoReader
from touchline.metrics.bootstrap import over_cases
from touchline.tracking.shot_kinds import CLOSE, NAME, closeness, load_closeness, look_cues

MODEL = Path("src/touchline/models/builtin") / f"{NAME}.json"
RESULTS = Path("benchmarks/results/shot_closeness.json")


def views(pictures: Sequence[Rgb], rng: np.random.Generator, *, least: float) -> Iterator[Floats32]:
    """Yield the cues of two views of each picture: parts of at least a size, in other light."""
    for picture in pictures:
        for _ in range(2):
            share = rng.uniform(least, 1)
            height, width = picture.shape[:2]
            tall, wide = int(height * share), int(width * share)
            y, x = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
            part = picture[y : y + tall, x : x + wide] * rng.uniform(0.7, 1.2) + rng.uniform(-15, 15)
            lit = np.clip(part, 0, 255).astype(np.uint8)
            yield look_cues(cv2.resize(lit, (398, 224), interpolation=cv2.INTER_AREA))


def examples(data: Path, half: int) -> tuple[Floats32, npt.NDArray[np.int64]]:
    """Return the cues of the views of one half of the sources, and whether each is close."""
    rng = np.random.default_rng(half)
    sources = load_sources(data, half)
    wide = list(views([picture for match in sources.matches for picture in match], rng, least=0.55))
    wide += list(views([film[i] for film in sources.moving for i in range(0, 750, 25)], rng, least=0.7))
    close = list(views(sources.close, rng, least=0.5))
    return np.stack(wide + close), np.repeat([0, 1], [len(wide), len(close)])


def fit(cues: Floats32, truth: npt.NDArray[np.int64]) -> TinyNet:
    """Learn the network."""
    from sklearn.neural_network import MLPClassifier

    mean, std = cues.mean(axis=0), cues.std(axis=0) + 1e-3
    net = MLPClassifier((8,), alpha=1.0, max_iter=800, random_state=0).fit((cues - mean) / std, truth)
    layers = [(w.astype(np.float32), b.astype(np.float32)) for w, b in zip(net.coefs_, net.intercepts_, strict=True)]
    return TinyNet(mean.astype(np.float32), std.astype(np.float32), tuple(layers))


def on_real_clips(data: Path) -> dict:
    """Return by hand-marked kind the share of frames that look close."""
    labels = json.loads((data / "broadcast/hand_labels.json").read_text())
    rows: dict[str, list[list[int]]] = {}
    for name, marked in labels.items():
        by_kind: dict[str, list[int]] = {}
        with VideoReader(data / "broadcast" / name) as video:
            frames = list(video.frames())[::2]
        for frame in frames:
            kind = next((s["kind"] for s in marked["shots"] if s["start"] <= frame.time_us / 1e6 < s["end"]), None)
            if kind is not None:
                by_kind.setdefault(kind, []).append(int(closeness(frame.to_rgb()) > CLOSE))
        for kind, said in by_kind.items():
            rows.setdefault(kind, []).append([sum(said), len(said)])
    return {kind: share(np.array(counts)) for kind, counts in rows.items()}


def share(counts: npt.NDArray[np.int64]) -> dict:
    """Return the share of counts (clips, 2), of them and of all, with its interval over clips."""
    interval = over_cases(lambda rows: float(np.divide(*counts[rows].sum(axis=0))), len(counts), rounds=1000)
    values = {name: round(value, 3) for name, value in interval.to_json().items()}
    return {**values, "frames": int(counts[:, 1].sum()), "clips": len(counts)}


def main() -> None:
    """Learn, if asked to, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--fit", action="store_true")
    args = parser.parse_args()
    if args.fit:
        MODEL.write_text(json.dumps(fit(*examples(args.data, 0)).to_json()) + "\n")
    cues, truth = examples(args.data, 1)
    said = load_closeness().probability(cues) > CLOSE
    held = {
        name: share(np.stack([said[truth == kind] == kind, np.ones((truth == kind).sum(), bool)], axis=1).astype(int))
        for kind, name in ((0, "from afar, called so"), (1, "close, called so"))
    }
    result = {"held-out sources": held, "hand-labelled clips, share called close": on_real_clips(args.data)}
    print(json.dumps(result, indent=1))
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
