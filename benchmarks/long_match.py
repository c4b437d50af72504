"""Measure what follows the networks on made matches of up to three hours: CPU time and memory of every step.

    python benchmarks/long_match.py [--minutes 10 30 90 180] [--json benchmarks/results/long_match.json]

Twenty of 22 people and a ball that is passed between them are seen in camera shots of 14 s, with close-ups of 4 s
between; a person's track lasts 8 s on average, as in a real one. Places, tracks, curves and sound are made up, no
picture is drawn and no network of pictures runs. A step that takes more than twice as long per minute of video in the
longest match as in the shortest one is marked. Each length runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.likeness.facts import facts_of_boxes, read_boxes
from touchline.analysis.play_events import PlaySpotter
from touchline.analysis.shot_actions import ActionBook
from touchline.core.events import Coverage, Scores, VideoInfo
from touchline.core.geometry.camera import CameraPath
from touchline.core.labels import BALL_12
from touchline.core.sound import CURVES, CrowdSwell, SoundReading, WhistleBlow
from touchline.core.tracks import DETECTION_LABELS, PLAYER, Shot, Track, Tracks
from touchline.formats.actions import write_actions
from touchline.formats.boxes.tracks_parquet import tracks_parquet_writer
from touchline.formats.bundle import ACTIONS, MANIFEST, TRACKS, Bundle, Manifest
from touchline.formats.camera import CAMERA, write_camera
from touchline.formats.sound import write_sound
from touchline.report.page import write_report
from touchline.tracking.people.kits import Look
from touchline.tracking.people.persons import Stretch, find_persons
from touchline.tracking.people.roles import match_teams
from touchline.tracking.replays import EDGE_S, ShotEdges, find_replays

RESULTS = Path(__file__).parent / "results" / "long_match.json"
FPS, STEP_US = 25, 40_000
WIDE_S, CLOSE_S, TRACK_S = 14, 4, 8.0
SIZE = {"width": 1280, "height": 720}
TO_PITCH = np.array([[0.1, 0.0, -64.0], [0.0, -0.15, 60.0], [0.0, 0.0, 1.0]])
"""The camera never moves: ten pixels a metre across, and less than seven down."""


def paths(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return places (n, 22, 2) of the people and (n, 2) of the ball on the pitch, metres."""
    at_s = np.arange(count)[:, None, None] / FPS
    home = random.uniform((-45, -28), (45, 28), (22, 2))
    period, phase = random.uniform(8, 30, (22, 2)), random.uniform(0, 6, (22, 2))
    people = (home + 6 * np.sin(2 * np.pi * at_s / period + phase)).astype(np.float32)
    kicks = np.cumsum(random.integers(FPS, 3 * FPS, count // FPS + 2))
    holders = random.integers(0, 22, len(kicks))
    before = np.searchsorted(kicks, np.arange(count), side="right").clip(1, len(kicks) - 1)
    share = ((np.arange(count) - kicks[before - 1]) / FPS).clip(0, 1)[:, None]
    rows = np.arange(count)
    ball = (1 - share) * people[rows, holders[before - 1]] + share * people[rows, holders[before]]
    return people, ball.astype(np.float32)


def boxes_of(places: np.ndarray, *, tall: float) -> np.ndarray:
    """Return boxes (n, 4) of things whose feet are at places (n, 2)."""
    x, y = (places[:, 0] + 64) * 10, (60 - places[:, 1]) / 0.15
    return np.stack([x - tall / 5, y - tall, x + tall / 5, y], axis=1).astype(np.float32)


def shots_of(count: int) -> list[Shot]:
    """Return the camera shots of a match of so many frames, wide ones and close-ups in turn."""
    shots, start = [], 0
    while start < count:
        wide = len(shots) % 2 == 0
        end = min(count, start + FPS * (WIDE_S if wide else CLOSE_S))
        shots.append(Shot(len(shots), start * STEP_US, end * STEP_US, "wide" if wide else "close-up", float(wide)))
        start = end
    return shots


def match_of(minutes: float, random: np.random.Generator) -> Tracks:
    """Return the tracks of a made match."""
    count = round(minutes * 60 * FPS)
    people, ball = paths(count, random)
    shots, tracks = shots_of(count), list[Track]()
    for shot in (shot for shot in shots if shot.wide):
        first, last = shot.start_us // STEP_US, shot.end_us // STEP_US
        for person in random.permutation(22)[:20].tolist():
            start = first
            while last - start > FPS:
                end = min(last, start + round(random.exponential(TRACK_S) * FPS) + FPS)
                tracks.append(_track(len(tracks) + 1, people[start:end, person], start, shot.index, person))
                start = end + 5
        tracks.append(_track(len(tracks) + 1, ball[first:last], first, shot.index, None))
    return Tracks(tuple(tracks), tuple(shots), **SIZE)


def _track(number: int, places: np.ndarray, start: int, shot: int, person: int | None) -> Track:
    count, frames = len(places), np.arange(start, start + len(places))
    return Track(
        track_id=number,
        label=DETECTION_LABELS[0 if person is None else PLAYER],
        times_us=frames * STEP_US,
        frames=frames,
        boxes_xyxy=boxes_of(places, tall=10.0 if person is None else 40.0),
        confidence=np.full(count, 0.9, np.float32),
        observed=np.ones(count, np.bool_),
        shot=shot,
        team=None if person is None else "AB"[person % 2],
        team_confidence=0.0 if person is None else 0.9,
        positions_m=places,
        identity_confidence=0.9,
    )


class Steps:
    """CPU-seconds and the highest memory so far, by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peak_mb: dict[str, int] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step."""
        started = time.process_time()
        yield
        self.seconds[name] = round(time.process_time() - started, 3)
        self.peak_mb[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(minutes: float, folder: Path) -> dict[str, Any]:
    """Run all steps on a made match; return what they took."""
    random = np.random.default_rng(17)
    tracks = match_of(minutes, random)
    count = round(minutes * 60 * FPS)
    bundle, steps = Bundle(folder), Steps()
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name, work in _work(tracks, count, bundle, random).items():
        with steps.step(name):
            work()
    return {
        "minutes": minutes,
        "tracks": len(tracks),
        "cpu_s": steps.seconds,
        "cpu_s_per_minute": {name: round(seconds / minutes, 4) for name, seconds in steps.seconds.items()},
        "tracks_in_memory_mb": before_mb,
        "peak_mb_after": steps.peak_mb,
    }


def _work(tracks: Tracks, count: int, bundle: Bundle, random: np.random.Generator) -> dict[str, Callable[[], Any]]:
    """Return the steps in the order in which an analysis takes them."""
    scores = _scores(count, random)
    people = [track for track in tracks if track.team is not None]
    stretches = [_stretch(track) for track in people]
    looks = [[_look(track, random) for track in people if track.shot == shot.index] for shot in tracks.shots[:400]]
    edges = [_edges(shot, random) for shot in tracks.shots]
    info = VideoInfo(bundle.path / "match.mp4", fps=float(FPS), duration_us=count * STEP_US, **SIZE)
    play = PlaySpotter()
    _write_inputs(bundle, tracks, count, random)

    def likeness() -> None:
        facts_of_boxes(read_boxes(bundle.path / TRACKS), shots=tracks.shots, width=info.width)

    def events() -> None:
        found = play.find(bundle, picture=scores, picture_name="ball-spotter")
        bundle.write_events(found.timeline)
        bundle.write_candidates(found.candidates)

    def report() -> None:
        names = sorted(path.name for path in bundle.path.iterdir() if path.name != MANIFEST)
        bundle.write_manifest(replace(bundle.read_manifest(), files=bundle.checksums(*names)))
        write_report(bundle, info)

    return {
        "replays": lambda: find_replays(edges),
        "kits (of 400 shots)": lambda: match_teams(looks),
        "persons": lambda: find_persons(stretches),
        "actions": lambda: _write_actions(bundle, tracks),
        "tracks, written": lambda: _write_tracks(bundle, tracks),
        "likeness": likeness,
        "events": events,
        "checksums and report": report,
    }


def _write_inputs(bundle: Bundle, tracks: Tracks, count: int, random: np.random.Generator) -> None:
    half = count // 2
    still = np.broadcast_to(np.eye(3), (half, 3, 3)).copy()
    times = np.arange(half) * 2 * STEP_US
    starts = np.isin(times, [shot.start_us for shot in tracks.shots])
    view = np.broadcast_to(TO_PITCH, (half, 3, 3)).copy()
    sizes = np.broadcast_to(np.array([105, 68], np.float32), (half, 2)).copy()
    write_camera(bundle.path / CAMERA, CameraPath(times, starts, still, np.ones(half, np.float32), view, sizes))
    rows = count * 10 // FPS
    whistles = tuple(WhistleBlow(s * 45_000_000, s * 45_000_000 + 500_000, 0.9, 3500.0) for s in range(count // 1125))
    swells = tuple(CrowdSwell(s * 90_000_000, 0.8, 6.0) for s in range(count // 2250))
    curves = random.uniform(0, 0.2, (rows, len(CURVES))).astype(np.float32)
    write_sound(bundle.path, SoundReading(curves, whistles, swells, seconds=count / FPS))
    coverage = Coverage(duration_us=count * STEP_US, frames_decoded=count)
    bundle.write_manifest(Manifest("match.mp4", "made", models=(), settings={}, coverage=coverage))


def _scores(count: int, random: np.random.Generator) -> Scores:
    values = random.beta(0.3, 6.0, (count, len(BALL_12))).astype(np.float32)
    return Scores(values=values, times_us=np.arange(count) * STEP_US, labels=tuple(BALL_12))


def _stretch(track: Track) -> Stretch:
    places = np.asarray(track.positions_m, np.float64)
    span = int(track.times_us[0]), int(track.times_us[-1])
    return Stretch(track.track_id, track.label, track.team, *span, places[0], places[-1], surely=0.8)


def _look(track: Track, random: np.random.Generator) -> Look:
    colour = random.normal(0, 0.1, 45) + (track.team == "A")
    index = np.arange(0, len(track), 16)
    return Look(colour, float(len(track)), np.array([0.0, 0, len(track), 0]), index, index * 0.0)


def _edges(shot: Shot, random: np.random.Generator) -> ShotEdges:
    first, last = random.integers(0, 255, (2, round(EDGE_S * FPS / 2), 18, 32)).astype(np.uint8)
    return ShotEdges(shot.start_us, shot.end_us, first, last, shot.kind)


def _write_actions(bundle: Bundle, tracks: Tracks) -> None:
    book, by_shot = ActionBook(None), dict[int, list[Track]]()
    for track in tracks:
        by_shot.setdefault(track.shot, []).append(track)
    for together in by_shot.values():
        book.add(together, windows=[])
    write_actions(bundle.path / ACTIONS, book.actions())


def _write_tracks(bundle: Bundle, tracks: Tracks) -> None:
    by_shot = dict[int, list[Track]]()
    for track in tracks:
        by_shot.setdefault(track.shot, []).append(track)
    with tracks_parquet_writer(bundle.path / TRACKS, shots=tracks.shots, **SIZE) as write:
        for together in by_shot.values():
            write(together)


def table(runs: list[dict[str, Any]]) -> str:
    """Return CPU-seconds per minute of video of every step and length as a Markdown table."""
    shortest, longest = runs[0]["cpu_s_per_minute"], runs[-1]["cpu_s_per_minute"]
    lines = ["| step | " + " | ".join(f"{one['minutes']:g} min" for one in runs) + " |", "|---|" + "---:|" * len(runs)]
    for step in shortest:
        values = [f"{one['cpu_s_per_minute'][step]:.3f}" for one in runs]
        grows = longest[step] > 2 * shortest[step] and longest[step] > 0.02
        lines.append(f"| {step} | " + " | ".join(values) + (" (grows) |" if grows else " |"))
    peaks = [f"{max(one['peak_mb_after'].values())}" for one in runs]
    return "\n".join([*lines, "| highest memory, MB | " + " | ".join(peaks) + " |"])


def main() -> None:
    """Measure every length in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 90, 180])
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        with tempfile.TemporaryDirectory(suffix=".touchline") as folder:
            print(json.dumps(run(arguments.minutes[0], Path(folder))))
        return
    runs = []
    for minutes in arguments.minutes:
        command = [sys.executable, __file__, "--worker", "--minutes", str(minutes)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
        arguments.json.write_text(json.dumps({"runs": runs}, indent=1) + "\n", "utf-8")
    print(table(runs))


if __name__ == "__main__":
    main()
