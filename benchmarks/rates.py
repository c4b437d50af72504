"""What fewer analysed pictures a second, and smaller ones, cost: one table of rate against tracks, ball and events.

    python benchmarks/rates.py --cache FOLDER [--seconds 18] [--json benchmarks/results/rates.json]

The first seconds of the simulated matches (640x360, 12.5 frames per second) are tracked as ``touchline track`` does, at
each rate and input size of the detector. "6.25 of 12.5" is a detector that looks at every second analysed picture,
while the camera's motion is found in all of them; "6.25 of 6.25" analyses every second picture only. Networks answer
each picture once: their answers lie in FOLDER, and a lower rate uses those of its own pictures. Every picture of the
video gets boxes, interpolated between analysed ones, and is judged. Choices were made on 011 and 012; 013 and 014
are reported.

- HOTA, MOTA, IDF1: players and keepers at every picture (the truth has no officials; tracks of officials are left out).
  The scene restarts now and then, all people jumping at once: each stretch between restarts is a sequence of its own,
  and so is each block of eight seconds.
- ball: share of the pictures showing it in which a track of the ball is within 10 pixels at a width of 1280, and the
  share of the boxes in tracks of the ball that are.
- events: mAP@1 of PASS and DRIVE, by tracks alone and fused with picture and sound; the built-in picture spotter knows
  these matches, so its curves are made as bad as on unseen matches (``fused_events.as_on_unseen``).
- CPU-ms: of all of ``track`` but the networks, decoding included, for one second of this video.

Intervals are 95 % bootstrap over blocks of eight seconds, both matches together, of the difference to 12.5 a second at
full size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from fused_events import Match, as_on_unseen, fused_claims, heard, track_claims, true_events
from simulated_matches import DATA, REPORTED_ON, TUNED_ON, WIDTH
from tracking_cases import Boxes, restarts, true_motions
from tracking_cases import read_truth as read_boxes
from unseen_matches import at1

from touchline.analysis.one_call import analyze
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.play_events import PlaySpotter
from touchline.analysis.tasks.track import TrackTask, VideoTracker, load_tracker
from touchline.core.arrays import Rgb
from touchline.core.clock import US_PER_S
from touchline.core.tracks import Tracks
from touchline.formats.bundle import Bundle
from touchline.metrics.bootstrap import draws, middle
from touchline.metrics.tracking import TrackingReport, combine_tracking, evaluate_tracking
from touchline.spotting.from_tracks.events import find_track_events
from touchline.spotting.from_tracks.play import Sources
from touchline.tracking.detector import load_detector
from touchline.training.track_events.truth import read_truth

RATES = ((12.5, 1), (12.5, 2), (6.25, 1))
"""Pictures analysed per second, and of how many of them the detector looks at one."""
SIZES = ((1280, 736), (960, 544))
FPS = 12.5
BLOCK = 100
"""Pictures in a block of the bootstrap."""
WITHIN_PX = 10 * WIDTH / 1280
SCORES = ("HOTA", "DetA", "AssA", "IDF1", "MOTA")
ROUNDS = 300


class Remembering:
    """A network that answers each picture once; its answers are kept in a file."""

    def __init__(self, network: Any, path: Path) -> None:
        self._network, self._path = network, path
        self.name, self.sha256, self.device_reason = network.name, network.sha256, network.device_reason
        self.batch = 1
        self.seconds, self.calls = 0.0, 0
        self._known: dict[bytes, Any] = pickle.loads(path.read_bytes()) if path.exists() else {}

    def detect(self, pictures: Sequence[Rgb]) -> list[Any]:
        return [self._answer(picture, self._network.detect) for picture in pictures]

    def find(self, pictures: Sequence[Rgb]) -> list[Any]:
        return [self._answer(picture, self._network.find) for picture in pictures]

    def save(self) -> None:
        self._path.write_bytes(pickle.dumps(self._known))

    def _answer(self, picture: Rgb, ask: Callable[[Sequence[Rgb]], list[Any]]) -> Any:
        start_s = time.process_time()
        key = hashlib.blake2b(picture.tobytes(), digest_size=12).digest()
        if key not in self._known:
            self._known[key] = ask([picture])[0]
        self.calls += 1
        self.seconds += time.process_time() - start_s
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Part:
    """The first seconds of a match: its video, its true boxes by frame, its restarts, and what is true of the ball."""

    name: str
    video: Path
    truth: list[Boxes]
    cuts: list[int]
    ball_px: npt.NDArray[np.float64]
    folder: Path


def read_part(name: str, *, seconds: float, cache: Path) -> Part:
    """Read a match and cut its video, without encoding it again."""
    folder, count = DATA / "simulated" / name, round(seconds * FPS)
    video = cache / f"{name}_{seconds:g}.mp4"
    if not video.exists():
        copy_start(folder / "video.mp4", video, seconds=seconds)
    truth = read_boxes(folder / "tracks.txt")[:count]
    ball = np.genfromtxt(folder / "ball.csv", delimiter=",", names=True)[:count]
    cuts = restarts(truth, true_motions(folder)[:count])
    return Part(name, video, truth, cuts, np.stack([ball["x_px"], ball["y_px"]], 1), folder)


def copy_start(source: Path, target: Path, *, seconds: float) -> None:
    """Copy the first seconds of a video and its sound into another file."""
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        streams = {stream.index: after.add_stream_from_template(stream) for stream in before.streams}
        for packet in before.demux():
            if packet.dts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                after.mux(packet)


def tracked(part: Part, tracker: VideoTracker, *, out: Path) -> tuple[Bundle, float]:
    """Track a part and return its bundle, and the CPU seconds without the networks."""
    networks = [model for model in tracker.models if isinstance(model, Remembering)]
    before_s, asked_s = time.process_time(), sum(network.seconds for network in networks)
    result = analyze_video(part.video, tasks=[TrackTask(tracker)], options=AnalyzeOptions(out=out, force=True))
    spent_s = time.process_time() - before_s - sum(network.seconds for network in networks) + asked_s
    return Bundle(result.bundle), spent_s


def boxes_of(tracks: Tracks, *, count: int, cuts: Sequence[int]) -> list[Boxes]:
    """Return ids and boxes of the players in each frame; ids change at restarts."""
    ids: list[list[int]] = [[] for _ in range(count)]
    boxes: list[list[npt.NDArray]] = [[] for _ in range(count)]
    for track in tracks:
        if track.label in ("player", "goalkeeper"):
            for frame, box in zip(track.frames.tolist(), track.boxes_xyxy, strict=True):
                if frame < count:
                    ids[frame].append(track.track_id)
                    boxes[frame].append(box)
    found = [(np.array(i, np.int64), np.array(b, np.float64).reshape(-1, 4)) for i, b in zip(ids, boxes, strict=True)]
    return shifted(found, cuts)


def shifted(boxes: Sequence[Boxes], cuts: Sequence[int]) -> list[Boxes]:
    return [(ids + 1_000_000 * sum(cut <= i for cut in cuts), box) for i, (ids, box) in enumerate(boxes)]


def ball_hits(tracks: Tracks, part: Part) -> tuple[npt.NDArray, npt.NDArray, npt.NDArray]:
    """Return for each frame whether the ball is shown, whether it is found, and whether a box is claimed."""
    height = WIDTH * 9 // 16
    shown = ((part.ball_px >= 0) & (part.ball_px < (WIDTH, height))).all(1)
    found, claimed = np.zeros(len(shown), bool), np.zeros(len(shown), bool)
    for track in tracks:
        if track.label == "ball":
            inside = track.frames < len(shown)
            frames, boxes = track.frames[inside], track.boxes_xyxy[inside]
            centres = (boxes[:, :2] + boxes[:, 2:]) / 2
            claimed[frames] = True
            found[frames] |= np.linalg.norm(centres - part.ball_px[frames], axis=1) <= WITHIN_PX
    return shown, found & shown, claimed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rate and size gave on one match: reports and ball by block, events, and CPU seconds."""

    reports: list[TrackingReport]
    ball: list[tuple[int, int, int]]
    match: Match
    cpu_s: float
    calls: dict[str, int]


def outcome(part: Part, tracker: VideoTracker, *, out: Path, pixels: Bundle, spotter: PlaySpotter) -> Outcome:
    """Track a part and compare it with the truth."""
    for network in tracker.models:
        network.calls = 0
    bundle, cpu_s = tracked(part, tracker, out=out)
    tracks, count = bundle.read_tracks(), len(part.truth)
    boxes, truth = boxes_of(tracks, count=count, cuts=part.cuts), shifted(part.truth, part.cuts)
    shown, found, claimed = ball_hits(tracks, part)
    starts = range(0, count, BLOCK)
    evidence = find_track_events(tracks, camera=bundle.read_camera(), model=spotter.model)
    sources = Sources(tracks, pixels.read_scores(), "pixels", heard(pixels))
    seconds = count / FPS * US_PER_S
    events = {
        label: [time_us for time_us in times if time_us < seconds]
        for label, times in true_events(read_truth(part.folder)).items()
    }
    return Outcome(
        [evaluate_tracking(truth[i : i + BLOCK], boxes[i : i + BLOCK]) for i in starts],
        [tuple(int(x[i : i + BLOCK].sum()) for x in (shown, found, claimed)) for i in starts],  # type: ignore[misc]
        Match(part.name, evidence, sources, events),
        cpu_s,
        {network.name: network.calls for network in tracker.models},
    )


def figures(outcomes: Sequence[Outcome], *, seconds: float, fusion: Any) -> dict[str, Any]:
    """Return the row of a rate and size."""
    whole = combine_tracking([report for one in outcomes for report in one.reports]).results()
    shown, found, claimed = (sum(block[i] for one in outcomes for block in one.ball) for i in range(3))
    matches = [one.match for one in outcomes]
    unseen = [as_on_unseen(match, seed=40 + number) for number, match in enumerate(matches)]
    return {
        **{name: round(100 * float(whole[name]), 1) for name in SCORES},
        "ball recall": round(found / shown, 3),
        "ball precision": round(found / max(1, claimed), 3),
        "tracks mAP@1": at1([track_claims(match) for match in matches], matches),
        "fused mAP@1": at1([fused_claims(match, fusion) for match in unseen], unseen),
        "python CPU-ms a second": round(1000 * sum(one.cpu_s for one in outcomes) / (seconds * len(outcomes))),
        "calls a second": {
            name: round(sum(one.calls[name] for one in outcomes) / (seconds * len(outcomes)), 2)
            for name in outcomes[0].calls
        },
    }


def differences(outcomes: Sequence[Outcome], reference: Sequence[Outcome]) -> dict[str, list[float]]:
    """Return 95 % intervals of HOTA, MOTA and ball recall less those of a reference, over blocks."""
    blocks = [(report, ball) for one in outcomes for report, ball in zip(one.reports, one.ball, strict=True)]
    others = [(report, ball) for one in reference for report, ball in zip(one.reports, one.ball, strict=True)]
    samples: dict[str, list[float]] = {"HOTA": [], "MOTA": [], "ball recall": []}
    for rows in draws(len(blocks), rounds=ROUNDS):
        mine, theirs = ([side[i] for i in rows] for side in (blocks, others))
        scores = [combine_tracking([report for report, _ in side]).results() for side in (mine, theirs)]
        for name in ("HOTA", "MOTA"):
            samples[name].append(100 * (float(scores[0][name]) - float(scores[1][name])))
        recalls = [sum(b[1] for _, b in side) / max(1, sum(b[0] for _, b in side)) for side in (mine, theirs)]
        samples["ball recall"].append(recalls[0] - recalls[1])
    return {name: [round(value, 3) for value in middle(values)] for name, values in samples.items()}


def table(names: Sequence[str], arguments: argparse.Namespace, *, seconds: float) -> dict[str, Any]:
    """Return all rows of some matches."""
    cache: Path = arguments.cache
    parts = [read_part(name, seconds=seconds, cache=cache) for name in names]
    pixels = [
        analyze(part.video, out=cache / "pixels", tasks=("spot", "sound"), events="pixels", report=False)
        for part in parts
    ]
    spotter = PlaySpotter()
    loaded = load_tracker()
    rows: dict[str, Any] = {}
    reference: list[Outcome] | None = None
    for width, height in arguments.sizes:
        networks = [
            (
                Remembering(load_detector(size=(width, height), threads=1), cache / f"{part.name}_{width}.pickle"),
                Remembering(loaded.pitch_finder, cache / f"{part.name}_pitch.pickle"),
            )
            for part in parts
        ]
        for fps, every in arguments.rates:
            outcomes = []
            for part, bundle, (detector, finder) in zip(parts, pixels, networks, strict=True):
                tracker = replace(
                    loaded,
                    detector=detector,
                    pitch_finder=finder,
                    fps=fps,
                    detect_every=every,
                    detector_size=(width, height),
                )
                out = cache / f"{width}_{fps:g}_{every}"
                outcomes.append(outcome(part, tracker, out=out, pixels=bundle, spotter=spotter))
                detector.save()
                finder.save()
            reference = reference or outcomes
            row = figures(outcomes, seconds=seconds, fusion=spotter.fusion)
            rows[f"{width}x{height}, {fps / every:.3g} of {fps:.3g}"] = {
                **row,
                "difference": differences(outcomes, reference),
            }
            print(names, width, fps, every, json.dumps(row), flush=True)
    return rows


def size_of(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def rate_of(text: str) -> tuple[float, int]:
    fps, _, every = text.partition("/")
    return float(fps), int(every or 1)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=18.0)
    parser.add_argument("--rates", type=rate_of, nargs="+", default=RATES, metavar="FPS/EVERY")
    parser.add_argument("--sizes", type=size_of, nargs="+", default=SIZES, metavar="WIDTHxHEIGHT")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    result = {
        "seconds of each match": arguments.seconds,
        "chosen on": table(TUNED_ON, arguments, seconds=arguments.seconds),
        "reported on": table(REPORTED_ON, arguments, seconds=arguments.seconds),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if arguments.json is not None:
        arguments.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
