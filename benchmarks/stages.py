"""Measure the CPU-seconds that each stage of ``touchline analyze`` takes per minute of video.

    python benchmarks/stages.py VIDEO... --against REVISION

analyses each video with the default settings on one processor, once with the sources of an earlier revision and once
with those of this checkout, and writes both to ``results/stages.json``. The stages are functions, named below, that
are wrapped before the analysis starts; each is charged with the process's CPU time while it runs, less that of the
stages it calls. The decoder's own process is part of "decode". Of several runs, the one with the least total counts:
other work on the machine only ever adds. ``--table`` prints the committed results as a table.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import inspect
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "stages.json"
NETWORKS = ("detector", "pitch finder", "spotter")
"""Stages whose network is listed apart, as NAME + " network"."""
STAGES = {
    "decode": ("touchline.media.video:VideoReader.frames",),
    "colours": ("touchline.media.frame:Frame.to_rgb",),
    "detector": ("touchline.tracking.detector:Detector.detect",),
    "pitch finder": ("touchline.tracking.pitch.finder:PitchFinder.find",),
    "spotter": ("touchline.analysis.tasks.spot:SpotTask.watch",),
    "cuts": ("touchline.tracking.cuts:CutFinder.push", "touchline.tracking.cuts:CutFinder.finish"),
    "camera motion": ("touchline.tracking.camera_motion:CameraMotion.update",),
    "graphics": (
        "touchline.tracking.graphics:GraphicsFinder.update",
        "touchline.tracking.shot_tracking:without_graphics",
    ),
    "clothing": ("touchline.tracking.observations:describe",),
    "closeness": ("touchline.tracking.observations:closeness",),
    "likeness": ("touchline.analysis.tasks.likeness:LikenessTask.watch",),
    "likeness, written": ("touchline.analysis.tasks.likeness:LikenessTask.write",),
    "observations": ("touchline.analysis.tasks.track:TrackTask.watch",),
    "shots": ("touchline.analysis.tasks.track:parts_of", "touchline.analysis.tasks.track:follow_shot"),
    "pitch views": ("touchline.tracking.shot_tracking:_views",),
    "people": (
        "touchline.tracking.shot_tracking:follow_people",
        "touchline.tracking.shot_tracking:rejoin",
        "touchline.tracking.shot_tracking:fill",
        "touchline.tracking.shot_tracking:smooth",
    ),
    "ball": ("touchline.tracking.shot_tracking:follow_ball",),
    "places": (
        "touchline.tracking.shot_tracking:place_person",
        "touchline.tracking.shot_tracking:place_track",
    ),
    "identity and teams": (
        "touchline.tracking.shot_tracking:identity_confidences",
        "touchline.tracking.shot_tracking:looks_of",
        "touchline.analysis.tasks.track:match_teams",
        "touchline.analysis.tasks.track:find_persons",
    ),
    "tracks, written": ("touchline.analysis.tasks.track:TrackTask.write",),
    "events": (
        "touchline.analysis.tasks.spot:SpotTask.write",
        "touchline.analysis.tasks.track_events:FusedEventsTask.write",
    ),
    "sound": ("touchline.analysis.tasks.sound:SoundTask.hear", "touchline.analysis.tasks.sound:SoundTask.write"),
    "saved chunks": ("touchline.analysis.checkpoint:Chunks.save", "touchline.analysis.checkpoint:Checkpoint.append"),
    "report": (
        "touchline.analysis.tasks.report:ReportTask.write",
        "touchline.analysis.tasks.keeper_pages:KeeperPagesTask.write",
    ),
    "start": ("touchline.models.runtime.runner:openvino_graph",),
}
"""Functions of each stage, MODULE:NAME, named where they are called from; those that a revision lacks are skipped."""
OUTSIDE = ("start", "decode", "detector network", "pitch finder network", "spotter network")
"""Stages that are not Python and NumPy between the networks."""


class Meter:
    """CPU time by stage: a stack of running stages, of which only the innermost is charged."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._running = ["start"]
        self._since = 0.0

    def enter(self, stage: str) -> None:
        """Start a stage."""
        self._charge()
        self._running.append(stage)
        self.calls[stage] += 1

    def leave(self) -> None:
        """End the innermost stage."""
        self._charge()
        self._running.pop()

    @property
    def stage(self) -> str:
        """The innermost stage."""
        return self._running[-1]

    def _charge(self) -> None:
        now = time.process_time()
        self.seconds[self.stage] += now - self._since
        self._since = now

    def wrap(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """Return a function, or a function of a generator, that is charged to a stage."""

        @functools.wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            self.enter(stage)
            try:
                result = function(*args, **kwargs)
            finally:
                self.leave()
            return self._steps(result, stage) if inspect.isgenerator(result) else result

        return measured

    def _steps(self, generator: Iterator[Any], stage: str) -> Iterator[Any]:
        while True:
            self.enter(stage)
            try:
                value = next(generator)
            except StopIteration:
                return
            finally:
                self.leave()
            yield value


def install(meter: Meter) -> list[str]:
    """Wrap the functions of all stages; return those that do not exist."""
    missing = []
    for stage, places in STAGES.items():
        for place in places:
            module, _, name = place.partition(":")
            *owners, last = name.split(".")
            try:
                owner: Any = functools.reduce(getattr, owners, importlib.import_module(module))
                setattr(owner, last, meter.wrap(getattr(owner, last), stage))
            except (ImportError, AttributeError):
                missing.append(place)
    _measure_networks(meter)
    return missing


def _measure_networks(meter: Meter) -> None:
    """Charge OpenVINO's inference to the network of the stage that calls it."""
    from touchline.models.runtime.openvino_runtime import import_openvino

    openvino = import_openvino()

    def apart(infer: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **kwargs: Any) -> Any:
            meter.enter(f"{meter.stage} network" if meter.stage in NETWORKS else meter.stage)
            try:
                return infer(*args, **kwargs)
            finally:
                meter.leave()

        return measured

    for owner, name in (("CompiledModel", "__call__"), ("InferRequest", "start_async"), ("InferRequest", "wait")):
        asked = getattr(openvino, owner)
        setattr(asked, name, apart(getattr(asked, name)))


def work(video: Path, out: Path) -> None:
    """Analyse one video in this process; print the CPU-seconds by stage as JSON."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    meter = Meter()
    from touchline.analysis import pipeline
    from touchline.cli.main import main as touchline

    analyse, missing = pipeline.analyze_video, []

    def analysed(*args: Any, **kwargs: Any) -> Any:
        missing.extend(install(meter))
        meter.enter("other")
        try:
            return analyse(*args, **kwargs)
        finally:
            meter.leave()

    pipeline.analyze_video = analysed
    sys.argv = ["touchline", "analyze", str(video), "--out", str(out), "--device", "cpu", "--no-clock"]
    try:
        code = touchline()
    except SystemExit as stopped:
        code = stopped.code
    meter.enter("other")
    apart = resource.getrusage(resource.RUSAGE_CHILDREN)
    meter.seconds["decode"] += apart.ru_utime + apart.ru_stime
    report = {"exit": code, "seconds": meter.seconds, "calls": meter.calls, "missing": missing}
    (out / "stages.json").write_text(json.dumps(report), "utf-8")


def measure(tree: Path, video: Path, *, repeats: int, duration_s: float) -> dict[str, Any]:
    """Return CPU-seconds per minute of video by stage, with the sources of a tree."""
    best: dict[str, Any] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1"}
            command = [sys.executable, __file__, str(video), "--worker", folder]
            subprocess.run(command, env=environment, check=True, capture_output=True)
            found = json.loads((Path(folder) / "stages.json").read_text("utf-8"))
        if not best or sum(found["seconds"].values()) < sum(best["seconds"].values()):
            best = found
    minutes = duration_s / 60
    stages = {stage: round(seconds / minutes, 2) for stage, seconds in sorted(best["seconds"].items())}
    between = sum(seconds for stage, seconds in best["seconds"].items() if stage not in OUTSIDE)
    return {
        "cpu_s_per_video_minute": stages,
        "between_the_networks_cpu_s_per_video_second": round(between / duration_s, 4),
        "total_cpu_s_per_video_minute": round(sum(best["seconds"].values()) / minutes, 1),
        "not_in_this_revision": best["missing"],
    }


def duration_of(video: Path) -> float:
    """Return the length of a video in seconds."""
    from touchline.media.video import probe

    return float(probe(video).duration_us) / 1e6


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown tables, one for each video."""
    parts = []
    for name, video in results["videos"].items():
        before, now = (video.get(which, {}).get("cpu_s_per_video_minute", {}) for which in ("before", "now"))
        lines = ["| stage | before | now |", "|---|---:|---:|"]
        for stage in sorted({*before, *now}, key=lambda s: -max(before.get(s, 0.0), now.get(s, 0.0))):
            lines.append(f"| {stage} | {before.get(stage, 0.0):.1f} | {now.get(stage, 0.0):.1f} |")
        parts.append("\n".join([f"{name}, {video['seconds']:.0f} s", "", *lines]))
    return "\n\n".join(parts)


def main() -> None:
    """Measure, or print the table of the committed results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--against", help="the revision that counts as before; without it, what is recorded stays")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="print the recorded results as Markdown")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.videos[0], arguments.worker)
        return
    results = json.loads(arguments.out.read_text("utf-8")) if arguments.out.is_file() else {"videos": {}}
    for video in arguments.videos:
        row = results["videos"].setdefault(video.name, {"seconds": duration_of(video)})
        if arguments.against:
            row["before"] = _before(arguments.against, video, repeats=arguments.repeats, duration_s=row["seconds"])
            row["before"]["revision"] = arguments.against
        row["now"] = measure(ROOT, video, repeats=arguments.repeats, duration_s=row["seconds"])
        arguments.out.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", "utf-8")
    print(table(results))


def _before(revision: str, video: Path, *, repeats: int, duration_s: float) -> dict[str, Any]:
    """Measure the sources of a revision, checked out beside the repository for the time being."""
    folder = Path(tempfile.mkdtemp())
    git = ["git", "-C", str(ROOT)]
    subprocess.run([*git, "worktree", "add", "--detach", str(folder / "tree"), revision], check=True)
    try:
        return measure(folder / "tree", video, repeats=repeats, duration_s=duration_s)
    finally:
        subprocess.run([*git, "worktree", "remove", "--force", str(folder / "tree")], check=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
