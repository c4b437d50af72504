"""Measure the kinds of shots, frame by frame, on the hand-labelled clips, with everything that `track` does.

    python benchmarks/shot_kinds.py --store DIR

The networks' answers are kept in a folder, so that a second run is quick. These clips were looked at in development.
Intervals draw whole clips.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from touchline.analysis.tasks.cuts import ShotFiles, ShotSplitter, parts_of
from touchline.analysis.tasks.track import VideoTracker, load_tracker
from touchline.core.arrays import Rgb
from touchline.core.tracks import Detections, Shot
from touchline.media.frame import Frame
from touchline.media.video import VideoReader
from touchline.metrics.bootstrap import over_cases
from touchline.tracking.observations import Observer, observe, pack, unpack
from touchline.tracking.shot_tracking import Span, follow_shot

RESULTS = Path("benchmarks/results/shot_kinds.json")
FPS = 12.5


class Answers:
    """The networks' answers to the frames of one video, in order, from an earlier run."""

    name, sha256, device_reason, batch = "remembered", "", "", 1

    def __init__(self, answers: Sequence) -> None:
        self._answers = iter(answers)

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """Return the next detections."""
        return [next(self._answers) for _ in pictures]

    def find(self, pictures: Sequence[Rgb]) -> list[np.ndarray]:
        """Return the next keypoints."""
        return [next(self._answers) for _ in pictures]


def observer_of(path: Path, frames: Sequence[Frame], *, store: Path, name: str) -> Observer:
    """Return an observer of a video whose networks have answered, now or in an earlier run."""
    kept = store / (name.replace("/", "_") + ".npz")
    if not kept.exists():
        tracker = load_tracker(device="cpu")
        seen = list(observe(frames, detector=tracker.detector, pitch_finder=tracker.pitch_finder, fps=FPS))
        np.savez(kept, **pack(seen))
    with np.load(kept) as file:
        arrays = dict(file)
    for extra in ("changing", "closeness", "graphics_count"):
        arrays.setdefault(extra, np.zeros(len(arrays["index"]), np.int64))
    arrays.setdefault("graphics", np.zeros((0, 4), np.float32))
    seen = list(unpack(arrays))
    return Observer(
        detector=Answers([o.detections for o in seen]), pitch_finder=Answers([o.keypoints for o in seen]), fps=FPS
    )


def shots_of(path: Path, *, store: Path, name: str) -> tuple[list[Shot], list[float], list[int], np.ndarray]:
    """Return the shots of a video, its frames' times, the number of tracks in each shot, and graphics at its end."""
    with VideoReader(path) as video:
        info, frames = video.info, list(video.frames())
    observer = observer_of(path, frames, store=store, name=name)
    splitter, ended, last = ShotSplitter(fps=FPS), [], None
    for number, frame in enumerate(frames):
        splitter.shown(number, frame.time_us)
        for seen in observer.push(number, frame):
            ended.append(splitter.take(seen))
            last = seen
    for seen in observer.finish():
        ended.append(splitter.take(seen))
        last = seen
    sure = VideoTracker(observer._detector).settings.high
    ended.append(splitter.finish())
    with tempfile.TemporaryDirectory() as folder:
        files, counts = ShotFiles(Path(folder)), []
        for shot in [e for e in ended if e is not None]:
            for span, inside in parts_of(shot, size=(info.width, info.height), fps=FPS, sure=sure):
                span = Span(len(files.shots), span.frames, span.times_us, span.end_us)
                followed = follow_shot(inside, span=span, width=info.width, height=info.height, fps=FPS)
                files.add(followed)
                counts.append(len(followed.tracklets))
        files.mark_replays()
        graphics = np.zeros((0, 4)) if last is None else last.graphics
        return files.shots, [frame.time_us / 1e6 for frame in frames], counts, graphics


def main() -> None:
    """Run the benchmark, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--store", type=Path, required=True, help="folder for the networks' answers")
    args = parser.parse_args()
    labels = json.loads((args.data / "broadcast/hand_labels.json").read_text())
    confusion: Counter[tuple[str, str]] = Counter()
    errors, clips = [], {}
    for name, marked in labels.items():
        found, times, tracks, graphics = shots_of(args.data / "broadcast" / name, store=args.store, name=name)
        pairs = Counter()
        for time_s in times:
            true = next((s["kind"] for s in marked["shots"] if s["start"] <= time_s < s["end"]), None)
            said = next((s.kind for s in found if s.start_us <= time_s * 1e6 < s.end_us), "none")
            if true is not None:
                pairs[true, said] += 1
        confusion += pairs
        wide = sum(n for (true, _), n in pairs.items() if true == "wide")
        missed = sum(n for (true, said), n in pairs.items() if true == "wide" and said != "wide")
        invented = sum(n for (true, said), n in pairs.items() if true != "wide" and said == "wide")
        errors.append((missed, wide, invented, sum(pairs.values()) - wide))
        clips[name] = {
            "shots": [[round(s.start_us / 1e6, 2), round(s.end_us / 1e6, 2), s.kind] for s in found],
            "tracks": tracks,
            "graphics_xyxy": np.round(graphics).astype(int).tolist(),
        }
        print(name, clips[name], flush=True)
    counts = np.array(errors)

    def share(rows: np.ndarray, over: int) -> float:
        chosen = counts[rows].sum(axis=0)
        return float(chosen[over] / max(chosen[over + 1], 1))

    result = {
        "frames by true and found kind": {f"{true} -> {said}": n for (true, said), n in sorted(confusion.items())},
        "wide called otherwise": over_cases(lambda rows: share(rows, 0), len(counts), rounds=1000).to_json(),
        "not wide called wide": over_cases(lambda rows: share(rows, 2), len(counts), rounds=1000).to_json(),
        "clips": clips,
    }
    print({name: value for name, value in result.items() if name != "clips"})
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
