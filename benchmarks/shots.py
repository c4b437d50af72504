"""Learn to find changes of shot on made video, and measure changes and kinds of shots on held-out and real video.

    python benchmarks/shots.py fit --store DIR        learn on half of the sources, write shot-changes.json
    python benchmarks/shots.py measure --store DIR    report on the other half and on hand-labelled real clips

A change is found if the finder's span lies within 0.25 s of the true one, one to one; a wipe or dissolve counts once,
anywhere in its span. Intervals draw whole clips. The hand-labelled clips were looked at during development.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from shot_material import FPS, WAYS, Change, Clip, load_sources, make_clips

from touchline.core.arrays import Floats32
from touchline.listening.model import TinyNet
from touchline.media.video import VideoReader
from touchline.metrics.bootstrap import over_cases
from touchline.tracking.cuts import NAME, REACH, ChangeModel, CutFinder, Likenesses, load_change_model

Luma = npt.NDArray[np.uint8]

NEAR_S = 0.25
THRESHOLD = 0.5
"""Within 0.01 of the best F1 on made clips; of these thresholds, the one that loses no change in the real clips."""

COUNTS = {0: 90, 1: 60}
EVERY = 2
"""Frames of made clips (25 a second) per frame that the finder sees."""

MODELS = Path("src/touchline/models/builtin")
RESULTS = Path("benchmarks/results/shots.json")


@dataclass(frozen=True)
class Case:
    """A clip as the finder sees it: luma and time of each sampled frame, and the true changes."""

    name: str
    luma: tuple[Luma, ...]
    times_s: tuple[float, ...]
    changes: tuple[Change, ...]


Finder = Callable[[Case], list[Change]]


def made_cases(data: Path, half: int, store: Path) -> list[Case]:
    """Return the made clips of one half of the sources; their pictures are kept in a folder."""
    path = store / f"made-{half}.npz"
    if not path.exists():
        save_made(path, make_clips(load_sources(data, half), count=COUNTS[half], seed=half))
    with np.load(path) as file:
        kept = {name: file[name] for name in file.files}
    ends = np.cumsum(kept["count"])
    changes = json.loads(str(kept["changes"]))
    return [
        Case(
            f"made-{half}-{number}",
            tuple(kept["luma"][end - count : end]),
            tuple(np.arange(count) * EVERY / FPS),
            tuple(Change(*change) for change in changes[number]),
        )
        for number, (count, end) in enumerate(zip(kept["count"], ends, strict=True))
    ]


def save_made(path: Path, clips: Iterator[Clip]) -> None:
    """Keep the sampled luma and the changes of made clips in a file."""
    luma, counts, changes = [], [], []
    for clip in clips:
        grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip.frames[::EVERY]])
        luma.append(grey)
        counts.append(len(grey))
        changes.append([[change.start_s, change.end_s, change.way] for change in clip.changes])
    np.savez(path, luma=np.concatenate(luma), count=np.array(counts), changes=json.dumps(changes))


def real_cases(data: Path) -> list[Case]:
    """Return the hand-labelled clips, sampled as in analysis."""
    labels = json.loads((data / "broadcast/hand_labels.json").read_text())
    cases = []
    for name, marked in labels.items():
        if "shots" not in marked:
            continue
        with VideoReader(data / "broadcast" / name) as video:
            frames = [(frame.luma, frame.time_us / 1e6) for frame in video.frames()][::EVERY]
        luma, times = zip(*frames, strict=True)
        cases.append(Case(name, luma, times, tuple(hand_changes(marked["shots"]))))
    return cases


def hand_changes(shots: Sequence[dict]) -> Iterator[Change]:
    """Yield the changes between hand-marked shots; a wipe is one change."""
    for before, after in pairwise(shots):
        if after["kind"] == "wipe":
            yield Change(after["start"], after["end"], "wipe")
        elif before["kind"] != "wipe":
            yield Change(after["start"], after["start"], "cut")


def own_finder(model: ChangeModel) -> Finder:
    """Return the finder of the package as a function of a whole clip."""

    def find(case: Case) -> list[Change]:
        finder = CutFinder(model=model)
        marks = [mark for cues in cues_of(case) for mark in finder.hear(cues)] + finder.rest()
        found: list[Change] = []
        for i, mark in enumerate(marks):
            if i and mark.cut and marks[i - 1].changing:
                found[-1] = Change(found[-1].start_s, case.times_s[i], "gradual")
            elif i and mark.cut:
                found.append(Change(case.times_s[i], case.times_s[i], "gradual" if mark.changing else "cut"))
        return found

    return find


def match(true: Sequence[Change], found: Sequence[Change]) -> list[tuple[int, int]]:
    """Return pairs of true and found changes within 0.25 s, nearest first, each used once."""
    apart = [
        (max(0.0, t.start_s - f.end_s, f.start_s - t.end_s), i, j)
        for i, t in enumerate(true)
        for j, f in enumerate(found)
    ]
    pairs: list[tuple[int, int]] = []
    for gap, i, j in sorted(apart):
        if gap <= NEAR_S + 1e-6 and all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return pairs


def score(cases: Sequence[Case], find: Finder) -> dict:
    """Return found, missed and false changes of clips with F1 and, for each way, the share found."""
    rows, ways = [], {way: [0, 0] for way in WAYS}
    for case in cases:
        found = find(case)
        pairs = match(case.changes, found)
        rows.append((len(pairs), len(case.changes), len(found)))
        for i, change in enumerate(case.changes):
            ways[change.way][0] += any(i == a for a, _ in pairs)
            ways[change.way][1] += 1
    counts = np.array(rows)

    def f1(chosen: npt.NDArray[np.int64]) -> float:
        right, true, said = counts[chosen].sum(axis=0)
        return float(2 * right / max(true + said, 1))

    right, true, said = counts.sum(axis=0).tolist()
    minutes = sum(case.times_s[-1] for case in cases) / 60
    interval = over_cases(f1, len(cases), rounds=1000)
    return {
        "f1": {name: round(value, 3) for name, value in interval.to_json().items()},
        "true": true,
        "found": right,
        "false": said - right,
        "minutes": round(minutes, 2),
        "by_way": {way: f"{got} of {count}" for way, (got, count) in ways.items() if count},
    }


_CUES: dict[str, Floats32] = {}


def cues_of(case: Case) -> Floats32:
    """Return the cues of each boundary of a clip, computed once."""
    if case.name not in _CUES:
        likenesses = Likenesses()
        cues = [likenesses.push(frame) for frame in case.luma]
        _CUES[case.name] = np.stack([known for known in cues if known is not None] + likenesses.finish())
    return _CUES[case.name]


def truth_of(case: Case) -> npt.NDArray[np.int64]:
    """Return for each boundary of a clip whether it lies in a change."""
    times = np.array(case.times_s)
    before = np.concatenate([[-1.0], times[:-1]])
    truth = np.zeros(len(times), np.int64)
    for change in case.changes:
        last = change.start_s if change.way == "cut" else change.end_s + 1 / FPS
        truth |= (times >= change.start_s - 1e-6) & (before < last - 1e-6)
    return truth


def faster(case: Case, times: int) -> Case:
    """Return a clip played faster, as broadcasters' highlights are: every second or third frame."""
    changes = tuple(Change(c.start_s / times, c.end_s / times, c.way) for c in case.changes)
    luma = case.luma[::times]
    return Case(f"{case.name} x{times}", luma, case.times_s[: len(luma)], changes)


def with_flashes(case: Case, seed: int) -> Case:
    """Return a clip with three flashes of one to three frames, of any strength."""
    rng = np.random.default_rng(seed)
    luma = [frame.astype(np.int64) for frame in case.luma]
    for start in rng.integers(0, len(luma) - 3, 3).tolist():
        bright = rng.uniform(40, 220)
        for number in range(start, start + int(rng.integers(1, 4))):
            luma[number] = luma[number] * rng.choice([1, 2]) + int(bright)
    lit = tuple(np.clip(frame, 0, 255).astype(np.uint8) for frame in luma)
    return Case(f"{case.name} flashed", lit, case.times_s, case.changes)


def fit(cases: Sequence[Case]) -> ChangeModel:
    """Learn the network on two thirds of the clips, and print F1 by threshold on the others."""
    from sklearn.neural_network import MLPClassifier

    cut = len(cases) * 2 // 3
    chosen_on = [*cases[cut:], *(faster(case, 2) for case in cases[cut:])]
    learnt = [*cases[:cut], *(faster(case, times) for times in (2, 3) for case in cases[:cut])]
    learnt += [with_flashes(case, number) for number, case in enumerate(cases[:cut:2])]
    cues = np.concatenate([cues_of(case) for case in learnt])
    truth = np.tile(np.concatenate([truth_of(case) for case in learnt]), 2)
    cues = np.concatenate([cues, mirror(cues)])
    mean, std = cues.mean(axis=0), cues.std(axis=0) + 1e-3
    net = MLPClassifier((24,), alpha=0.3, max_iter=40, random_state=0)
    net.fit((cues - mean) / std, truth)
    layers = tuple(
        (w.astype(np.float32), b.astype(np.float32)) for w, b in zip(net.coefs_, net.intercepts_, strict=True)
    )
    tiny = TinyNet(mean.astype(np.float32), std.astype(np.float32), layers)
    tries = {t: score(chosen_on, own_finder(ChangeModel(tiny, t)))["f1"]["value"] for t in np.arange(0.3, 0.85, 0.1)}
    print("F1 by threshold", {round(t, 1): f1 for t, f1 in tries.items()})
    return ChangeModel(tiny, THRESHOLD)


def mirror(cues: Floats32) -> Floats32:
    """Return the cues of the same boundaries of the clip played backwards."""
    size = 2 * REACH
    table = np.ones((len(cues), size, size, 2), np.float32)
    rows, columns = np.triu_indices(size, 1)
    table[:, rows, columns] = cues.reshape(len(cues), -1, 2)
    table[:, columns, rows] = cues.reshape(len(cues), -1, 2)
    return table[:, ::-1, ::-1][:, rows, columns].reshape(len(cues), -1)


def main() -> None:
    """Learn or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fit", "measure"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--store", type=Path, required=True, help="folder for the made clips")
    args = parser.parse_args()
    if args.what == "fit":
        model = fit(made_cases(args.data, 0, args.store))
        document = {"net": model.net.to_json(), "threshold": model.threshold}
        (MODELS / f"{NAME}.json").write_text(json.dumps(document) + "\n")
        return
    find = own_finder(load_change_model())
    result = {
        "made, held-out sources": score(made_cases(args.data, 1, args.store), find),
        "hand-labelled clips": score(real_cases(args.data), find),
    }
    print(json.dumps(result, indent=1))
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
