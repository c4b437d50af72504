"""Compare touchline's tracker with every tracker of the `trackers` package, on the same detections.

    python benchmarks/compare_trackers.py [--detections FOLDER] [--json benchmarks/results/compare_trackers.json]

Three kinds of detections: the real top view (players only) with noise, dropouts and false positives added to its ground
truth, at 25 and 12.5 frames per second; simulated matches with the same kinds of noise; and simulated matches with the
built-in detector's output on the video (cached in --detections, if given). Settings of touchline were chosen on the
first 125 frames of the top view under other seeds and on matches 011 and 012; the other 250 frames and matches 013 and
014 are reported. The scene of a simulated match restarts now and then, all people jumping at once: each stretch between
restarts is a separate sequence for every tracker. Detected officials are left out, as the ground truth has only
players.

Other trackers run with their defaults ("default") and with frame_rate set ("rate"; the only variant on the simulated
matches). The detector's threshold is mapped to 0.6 for them, as their defaults expect. BoT-SORT and McByte get the
video's frames for their camera motion compensation; touchline uses its own. "offline" is touchline after the pass:
first detections kept, tracklets linked, gaps filled, boxes smoothed. Speed: 25 walking people, no video, single thread.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tracking_cases import LEVELS, Boxes, Case, degrade, read_truth, restarts, thin, true_motions

from touchline.core.tracks import BALL, PLAYER, REFEREE, Detections
from touchline.metrics.tracking import evaluate_tracking
from touchline.tracking.camera_motion import CameraMotion, Motion
from touchline.tracking.people.appearance import describe
from touchline.tracking.people.smoothing import smooth
from touchline.tracking.people.tracker import DEFAULT_SETTINGS, Tracker, TrackerSettings, follow_people
from touchline.tracking.people.tracklet_linking import fill, rejoin
from touchline.tracking.people.tracklets import Tracklet

TOP_VIEW_FPS = 25.0
FPS = 12.5
DETECTOR_HIGH = 0.3
"""The built-in detector's threshold for people."""

TUNED_PICTURES = 125
COLUMNS = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")
THEIRS = ("SORTTracker", "ByteTrackTracker", "OCSORTTracker", "BoTSORTTracker", "CBIoUTracker", "McByteTracker")
THEIR_HIGH = 0.6
SEEING = ("BoTSORTTracker", "McByteTracker")


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One frame in the form the tracker takes."""

    detections: Detections
    motion: Motion | None
    appearance: npt.NDArray | None


def make_theirs(name: str, *, fps: float | None, video: bool) -> Any:
    """Return a tracker of the package; ``fps`` None for its default rate."""
    import trackers

    options: dict[str, Any] = {} if fps is None else {"frame_rate": fps}
    if name in SEEING:
        options["enable_cmc"] = video
    return getattr(trackers, name)(**options)


def as_supervision(detections: Detections, *, high: float = THEIR_HIGH) -> Any:
    """Convert detections for the package, mapping confidence ``high`` to the threshold its defaults expect."""
    import supervision

    confidence = np.interp(detections.confidence, [0.0, high, 1.0], [0.0, THEIR_HIGH, 1.0])
    return supervision.Detections(
        xyxy=detections.boxes_xyxy.astype(np.float64),
        confidence=confidence,
        class_id=detections.classes,
    )


def update_theirs(tracker: Any, detections: Any, picture: npt.NDArray | None) -> Boxes:
    """Return ids and boxes from one of the package's trackers for a frame."""
    found = tracker.update(detections) if picture is None else tracker.update(detections, frame=picture)
    ids = np.zeros(len(found), np.int64) - 1 if found.tracker_id is None else np.asarray(found.tracker_id, np.int64)
    keep = ids >= 0
    return ids[keep], np.asarray(found.xyxy)[keep]


def run_theirs(case: Case, cuts: list[int], *, rate: bool) -> dict[str, list[Boxes]]:
    """Return the output of each of the package's trackers, all fed in one pass over the frames."""
    starts = {0, *cuts}
    video = cv2.VideoCapture(str(case.video)) if case.video is not None else None
    for _ in range(case.first if video is not None else 0):
        video.grab()
    running: dict[str, Any] = {}
    results: dict[str, list[Boxes]] = {name: [] for name in THEIRS}
    for index, detections in enumerate(case.detections):
        picture = video.read()[1] if video is not None else None
        boxes = as_supervision(detections, high=case.high if case.video is not None else THEIR_HIGH)
        for name in THEIRS:
            if index in starts:
                running[name] = make_theirs(name, fps=case.fps if rate else None, video=video is not None)
            ids, found = update_theirs(running[name], boxes, picture if name in SEEING else None)
            results[name].append((ids + 1_000_000 * sum(cut <= index for cut in cuts), found))
    return results


def run_ours(case: Case, cuts: list[int]) -> dict[str, list[Boxes]]:
    """Return touchline's output, online and after the pass."""
    ends = [0, *cuts, len(case.truth)]
    settings = replace(DEFAULT_SETTINGS, high=case.high)
    online: list[Boxes] = []
    offline: list[Boxes] = []
    for number, (start, end) in enumerate(pairwise(ends)):
        part = case.part(start, end)
        none = [None] * len(part.truth)
        sights = [
            Sight(*values)
            for values in zip(part.detections, part.motions or none, part.appearance or none, strict=True)
        ]
        shift = 1_000_000 * number
        online += [(ids + shift, boxes) for ids, boxes in follow_online(sights, fps=part.fps, settings=settings)]
        offline += [(ids + shift, boxes) for ids, boxes in follow_offline(sights, fps=part.fps, settings=settings)]
    return {"touchline online": online, "touchline offline": offline}


def follow_online(sights: list[Sight], *, fps: float, settings: TrackerSettings = DEFAULT_SETTINGS) -> list[Boxes]:
    """Return ids and boxes as known online at each frame."""
    tracker, found = Tracker(fps=fps, settings=settings), []
    for sight in sights:
        ids = tracker.update(sight.detections, motion=sight.motion, appearance=sight.appearance)
        found.append((ids[ids > 0], sight.detections.boxes_xyxy[ids > 0]))
    return found


def follow_offline(sights: list[Sight], *, fps: float, settings: TrackerSettings = DEFAULT_SETTINGS) -> list[Boxes]:
    """Return ids and boxes after the pass."""
    motions = [sight.motion for sight in sights]
    people = rejoin(follow_people(sights, fps=fps, settings=settings), motions=motions, fps=fps)
    people = [smooth(fill(person, motions=motions, fps=fps), motions=motions, fps=fps) for person in people]
    return by_picture(people, count=len(sights))


def by_picture(tracklets: list[Tracklet], *, count: int) -> list[Boxes]:
    """Return ids and boxes of each frame."""
    ids: list[list[int]] = [[] for _ in range(count)]
    boxes: list[list[npt.NDArray]] = [[] for _ in range(count)]
    for tracklet in tracklets:
        for index, box in zip(tracklet.index.tolist(), tracklet.boxes_xyxy, strict=True):
            ids[index].append(tracklet.id)
            boxes[index].append(box)
    return [(np.array(i, np.int64), np.array(b, np.float64).reshape(-1, 4)) for i, b in zip(ids, boxes, strict=True)]


def measure(case: Case, cuts: list[int], *, rates: tuple[bool, ...] = (False, True)) -> dict[str, dict[str, float]]:
    """Return the scores of every tracker on a case."""
    results = run_ours(case, cuts)
    for rate in rates:
        for name, found in run_theirs(case, cuts, rate=rate).items():
            results[f"{name.removesuffix('Tracker')} {'rate' if rate else 'default'}"] = found
    truth = [(ids + 1_000_000 * sum(cut <= i for cut in cuts), boxes) for i, (ids, boxes) in enumerate(case.truth)]
    table = {}
    for name, found in results.items():
        scores = evaluate_tracking(truth, found).results()
        table[name] = {
            column: float(scores[column]) if column == "IDSW" else round(100 * float(scores[column]), 2)
            for column in COLUMNS
        }
    return table


def top_view(data: Path, *, level: int, step: int, seed: int, held_out: bool) -> Case:
    """Return the case of the real top view with noise."""
    truth = read_truth(data / "tracking/top_view_gt.txt", smallest_ids=True)
    truth = thin(truth[TUNED_PICTURES:] if held_out else truth[:TUNED_PICTURES], step=step)
    fps = TOP_VIEW_FPS / step
    name = f"top view, {fps:g} fps, {LEVELS[level].name}"
    return Case(name, fps, truth, degrade(truth, noise=LEVELS[level], seed=seed))


def simulated(
    data: Path, match: str, *, level: int | None, seed: int, kept: Path | None, count: int
) -> tuple[Case, list[int]]:
    """Return a simulated match with noise, or with the detector's boxes if ``level`` is None, and its restarts."""
    folder = data / "simulated" / match
    truth = read_truth(folder / "tracks.txt")
    cuts = restarts(truth, true_motions(folder))
    first, high = 0, 0.5
    if level is None:
        first, seen = detect(folder, kept)
        high = DETECTOR_HIGH
    else:
        seen = degrade(truth, noise=LEVELS[level], seed=seed)
    seen = seen[:count]
    key = f"{match}_{'detector' if level is None else f'{level}_{seed}'}_{first}_{len(seen)}"
    motions, looks = look(folder, seen, first=first, kept=kept / f"{key}_looks.npz" if kept else None)
    name = f"{match}, {'detector' if level is None else LEVELS[level].name}"
    end = first + len(seen)
    case = Case(name, FPS, truth[first:end], seen, motions, looks, folder / "video.mp4", first, high)
    return case, [cut - first for cut in cuts if first < cut < end]


def detect(folder: Path, kept: Path | None) -> tuple[int, list[Detections]]:
    """Return the built-in detector's players in a match's video, and the first frame they cover.

    Cached as ``<match>.npz``; the frames are those that the file covers.
    """
    path = kept / f"{folder.name}.npz" if kept else None
    if path is not None and path.exists():
        with np.load(path) as file:
            frame, boxes, confidence, classes = (file[k] for k in ("frame", "boxes_xyxy", "confidence", "classes"))
    else:
        frame, boxes, confidence, classes = run_detector(folder / "video.mp4")
        if path is not None:
            np.savez(path, frame=frame, boxes_xyxy=boxes, confidence=confidence, classes=classes)
    players = (classes != BALL) & (classes != REFEREE)
    found = []
    for number in range(int(frame.min()), int(frame.max()) + 1):
        here = players & (frame == number)
        classed = np.full(int(here.sum()), PLAYER, np.int64)
        found.append(Detections(boxes[here].astype(np.float32), confidence[here].astype(np.float32), classed))
    return int(frame.min()) - 1, found


def run_detector(video: Path) -> tuple[npt.NDArray, ...]:
    """Return frame numbers from 1, boxes, confidences and classes over a whole video."""
    from touchline.tracking.detector import load_detector

    detector, reader, rows = load_detector(), cv2.VideoCapture(str(video)), []
    number = 0
    while True:
        there, picture = reader.read()
        if not there:
            break
        number += 1
        (seen,) = detector.detect([cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)])
        rows.append((np.full(len(seen), number), seen.boxes_xyxy, seen.confidence, seen.classes))
    return tuple(np.concatenate([row[i] for row in rows]) for i in range(4))


def look(
    folder: Path, seen: list[Detections], *, first: int, kept: Path | None
) -> tuple[list[Motion], list[npt.NDArray[np.float32]]]:
    """Return camera motion and appearance of the detections from the video; cached if a folder is given."""
    counts = np.cumsum([len(detections) for detections in seen])[:-1]
    if kept is not None and kept.exists():
        with np.load(kept) as file:
            motions = [Motion(m, float(q)) for m, q in zip(file["matrix"], file["quality"], strict=True)]
            return motions, np.split(file["looks"].astype(np.float32), counts)
    video, camera = cv2.VideoCapture(str(folder / "video.mp4")), CameraMotion()
    motions, looks = [], []
    for _ in range(first):
        video.grab()
    for detections in seen:
        picture = video.read()[1]
        luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        motions.append(camera.update(luma, boxes_xyxy=detections.boxes_xyxy))
        looks.append(describe(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), detections.boxes_xyxy))
    if kept is not None:
        np.savez(
            kept,
            matrix=np.array([motion.matrix for motion in motions]),
            quality=np.array([motion.quality for motion in motions]),
            looks=np.concatenate(looks).astype(np.float16),
        )
    return motions, looks


def measure_speed(*, people: int = 25, pictures: int = 400) -> dict[str, float]:
    """Return CPU milliseconds per frame."""
    rng = np.random.default_rng(0)
    place = rng.uniform((50, 50), (1200, 600), (people, 2))
    walk = rng.normal(0, 2, (people, 2))
    seen = []
    for index in range(pictures):
        corner = place + index * walk + rng.normal(0, 0.5, (people, 2))
        boxes = np.concatenate([corner, corner + np.array([20, 50])], axis=1).astype(np.float32)
        confidence = np.full(people, 0.9, np.float32)
        seen.append(Detections(boxes, confidence, np.full(people, PLAYER, np.int64)))
    theirs = [as_supervision(detections) for detections in seen]
    speeds = {"touchline online": best(lambda: Tracker(fps=FPS), lambda t, i: t.update(seen[i]), pictures)}
    sights = [Sight(detections, Motion(np.eye(3), 1.0), None) for detections in seen]
    start = time.process_time()
    follow_offline(sights, fps=FPS)
    speeds["touchline offline"] = 1000 * (time.process_time() - start) / pictures
    for name in THEIRS:
        speeds[name.removesuffix("Tracker")] = best(
            lambda name=name: make_theirs(name, fps=FPS, video=False), lambda t, i: t.update(theirs[i]), pictures
        )
    return {name: round(value, 3) for name, value in speeds.items()}


def best(make: Callable[[], Any], update: Callable[[Any, int], Any], pictures: int) -> float:
    """Return milliseconds per frame of the fastest of three runs."""
    spent = []
    for _ in range(3):
        tracker = make()
        start = time.process_time()
        for index in range(pictures):
            update(tracker, index)
        spent.append(1000 * (time.process_time() - start) / pictures)
    return min(spent)


def mean_tables(tables: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the mean over seeds or matches."""
    return {
        name: {column: round(float(np.mean([table[name][column] for table in tables])), 2) for column in COLUMNS}
        for name in tables[0]
    }


def show(title: str, table: dict[str, dict[str, float]]) -> None:
    """Print a table, best HOTA first."""
    print(f"\n{title}\n\n| tracker | " + " | ".join(COLUMNS) + " |\n|---|" + "--:|" * len(COLUMNS))
    for name, row in sorted(table.items(), key=lambda item: -item[1]["HOTA"]):
        print(f"| {name} | " + " | ".join(f"{row[column]:.1f}" for column in COLUMNS) + " |", flush=True)


def measure_all(arguments: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Return all tables, printing each as it is finished."""
    tables = {}
    for step in (1, 2):
        for level in range(len(LEVELS)):
            runs = []
            for seed in range(101, 101 + arguments.seeds):
                case = top_view(arguments.data, level=level, step=step, seed=seed, held_out=True)
                runs.append(measure(case, []))
            tables[case.name] = mean_tables(runs)
            show(case.name, tables[case.name])
    for level in (1, None):
        runs = []
        for match in arguments.matches:
            case, cuts = simulated(
                arguments.data, match, level=level, seed=101, kept=arguments.detections, count=arguments.pictures
            )
            runs.append(measure(case, cuts, rates=(True,)))
        name = f"simulated matches, {'built-in detector' if level is None else LEVELS[level].name}"
        tables[name] = mean_tables(runs)
        show(name, tables[name])
    return tables


def main() -> None:
    """Run the benchmark, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--detections", type=Path, help="folder that caches the networks' output")
    parser.add_argument("--matches", nargs="+", default=["match_013", "match_014"])
    parser.add_argument("--pictures", type=int, default=1875, help="frames of each match")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    if arguments.detections:
        arguments.detections.mkdir(parents=True, exist_ok=True)
    speed = measure_speed()
    print("ms per frame at 25 boxes:", speed)
    tables = measure_all(arguments)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps({"speed_ms": speed, "scores": tables}, indent=1) + "\n")


if __name__ == "__main__":
    main()
