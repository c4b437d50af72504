"""Verdicts on real, simulated and bad inputs: what ``analyze`` claims on each, and whether it says "unlike".

    python benchmarks/likeness.py --data ../shared/data [--case wide ...]
    python benchmarks/likeness.py --compare          compares the facts in the results again, without the videos

writes ``results/likeness.json`` and the table of docs/explanation/likeness.md. Made inputs are three seconds each,
from the real wide shot and the sample clip: upright, black and white, a still, ten frames a second, 4K, two pitches
side by side, a camera that does not move, one kit for everybody.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from touchline.analysis.likeness.comparison import compare, why_no_ball_actions
from touchline.analysis.likeness.facts import PictureFacts, facts_of_boxes, facts_of_file, read_boxes
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.likeness import PICTURES_PER_S
from touchline.analysis.tasks.task import Task
from touchline.core.arrays import Rgb
from touchline.formats.bundle import TRACKS, Bundle, video_fingerprint
from touchline.formats.likeness import Likeness, read_likeness
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader, probe
from touchline.models.folders import builtin_folder
from touchline.models.measured import MEASURED_SUFFIX, read_measured

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "likeness.json"
PAGE = HERE.parent / "docs" / "explanation" / "likeness.md"
SAMPLE = HERE.parent / "src" / "touchline" / "analysis" / "sample" / "sample.mp4"
MADE_S = 3.0
MODELS = ("ball-spotter", "people-detector", "pitch-finder")
_TABLE = re.compile(r"<!-- table: python benchmarks/likeness\.py -->.*?<!-- end -->", re.DOTALL)


def main() -> None:
    """Analyse each case and write the results and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the measuring data")
    parser.add_argument("--case", action="append", help="only this case; repeat for several")
    parser.add_argument(
        "--bundles",
        type=Path,
        help="folder of bundles that analyze made of these videos: only their pictures are looked at",
    )
    parser.add_argument("--pictures-only", action="store_true", help="track nobody: people and ball are not compared")
    parser.add_argument("--compare", action="store_true", help="only compare the facts in the results again")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    if options.compare:
        compare_again(results)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, make in cases(options.data).items():
            if options.case and name not in options.case:
                continue
            video = make(Path(folder) / f"{name.replace(' ', '-')}.mp4")
            known = bundle_of(video, options.bundles)
            if known is not None or options.pictures_only:
                results[name] = looked_at(video, known)
            else:
                results[name] = analysed(video, usual(), out=Path(folder) / "out" / name.replace(" ", "-"))
            print(name, results[name]["verdict"], results[name]["events"], results[name]["withheld"], flush=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_table(results)


@cache
def usual() -> list[Task]:
    """Return the tasks of an analysis with the built-in models."""
    from touchline.analysis.tasks.track import load_tracker
    from touchline.analysis.tasks.usual import usual_tasks
    from touchline.spotting.spotter import load_spotter

    return usual_tasks(spotter=load_spotter(), tracker=load_tracker())


def bundle_of(video: Path, bundles: Path | None) -> Bundle | None:
    """Return the bundle of a video in a folder of bundles; None if there is none."""
    fingerprint = video_fingerprint(video)
    for manifest in sorted(bundles.glob("*/manifest.json")) if bundles is not None else ():
        if json.loads(manifest.read_text(encoding="utf-8"))["video_fingerprint"] == fingerprint:
            return Bundle(manifest.parent)
    return None


def looked_at(video: Path, bundle: Bundle | None) -> dict[str, Any]:
    """Return what is said of a video whose tracks are known, or of its pictures alone."""
    info, pictures = probe(video), PictureFacts()
    with VideoReader(video) as reader:
        for _, frame in sample_regular(reader.frames(), fps=PICTURES_PER_S):
            pictures.add(frame)
    facts = {**pictures.values(), **facts_of_file(info)}
    if bundle is None:
        return verdict_row(facts) | {"events": None, "facts": facts}
    shots, boxes = bundle.read_shots(), read_boxes(bundle.path / TRACKS)
    facts |= facts_of_boxes(boxes, shots=shots, width=info.width)
    tracking = bundle.read_manifest().tracking
    row = {name: tracking[name] for name in ("people", "balls", "teams", "placed")}
    return verdict_row(facts) | {"events": None} | row | {"kinds": [shot.kind for shot in shots], "facts": facts}


def verdict_row(facts: Mapping[str, float]) -> dict[str, Any]:
    """Return the verdict that facts give."""
    measured = {name: read_measured(builtin_folder() / (name + MEASURED_SUFFIX)) for name in MODELS}
    models = tuple(compare(name, facts=facts, measured=about) for name, about in measured.items())
    likeness = Likeness(facts, models=models, withheld=why_no_ball_actions(facts))
    return {
        "verdict": likeness.verdict,
        "models": {one.model: [one.verdict, *one.reasons] for one in models},
        "withheld": likeness.withheld,
    }


def compare_again(results: dict[str, Any]) -> None:
    """Compare the facts of every case with what the models were measured on now; write results and table."""
    for row in results.values():
        row |= verdict_row(row["facts"])
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_table(results)


def analysed(video: Path, tasks: list[Task], *, out: Path) -> dict[str, Any]:
    """Return what an analysis says of a video."""
    result = analyze_video(video, tasks=tasks, options=AnalyzeOptions(out=out))
    bundle = Bundle(result.bundle)
    found, likeness, tracking = bundle.read_events(), read_likeness(bundle.path), bundle.read_manifest().tracking
    return {
        **verdict_row(likeness.facts),
        "events": len(found),
        "remarks": list(result.remarks) + list(bundle.read_manifest().spotting.get("remarks", ())),
        "people": tracking["people"],
        "balls": tracking["balls"],
        "teams": tracking["teams"],
        "placed": tracking["placed"],
        "kinds": [shot["kind"] for shot in tracking["shots"]],
        "facts": dict(likeness.facts),
    }


Make = Callable[[Path], Path]


def cases(data: Path) -> dict[str, Make]:
    """Return the maker of each case's video."""
    wide = data / "broadcast" / "wide_camera_848x478.mp4"
    there = {"sample clip": SAMPLE, "wide": wide}
    there |= {
        f"foul {path.parent.name[-1]}.{path.stem[-1]}": path
        for path in sorted((data / "broadcast" / "fouls").glob("*/*.mp4"))
    }
    there |= {
        f"basketball {name}": data / "basketball" / name / "000.mp4" for name in ("defense", "dribbling", "shooting")
    }
    made: dict[str, Make] = {
        "upright": lambda to: write(to, (np.ascontiguousarray(p[:, 300:568]) for p in pictures(wide))),
        "black and white": lambda to: write(
            to, (p.mean(axis=2, keepdims=True).repeat(3, 2).astype(np.uint8) for p in pictures(wide))
        ),
        "a still": lambda to: write(to, still(wide)),
        "10 fps": lambda to: write(to, every(pictures(SAMPLE), 5, of=2), fps=Fraction(10)),
        "4K": lambda to: write(to, (cv2.resize(p, (3840, 2160)) for p in pictures(SAMPLE, seconds=1.5))),
        "two pitches": lambda to: write(to, (np.hstack([p[:, :424], p[:, :424]]) for p in pictures(wide))),
        "static camera": lambda to: write(to, static(SAMPLE)),
        "one kit": lambda to: write(to, (one_kit(p) for p in pictures(wide))),
    }
    return {**{name: (lambda to, path=path: path) for name, path in there.items()}, **made}


def pictures(video: Path, *, seconds: float = MADE_S) -> Iterator[Rgb]:
    """Yield the first pictures of a video."""
    with VideoReader(video) as reader:
        for frame in reader.frames():
            if frame.time_us >= seconds * 1e6:
                return
            yield frame.to_rgb()


def every(source: Iterator[Rgb], step: int, *, of: int) -> Iterator[Rgb]:
    """Yield ``of`` of every ``step`` pictures, evenly."""
    for number, picture in enumerate(source):
        if number * of % step < of:
            yield picture


def still(video: Path) -> Iterator[Rgb]:
    """Yield the first picture of a video for three seconds."""
    first = next(pictures(video))
    yield from [first] * round(MADE_S * 25)


def static(video: Path) -> Iterator[Rgb]:
    """Yield a match on a ground that does not move: each picture is shifted back by the motion of the whole."""
    before, shift = None, np.zeros(2)
    for picture in pictures(video):
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
        if before is not None:
            shift = shift - np.array(cv2.phaseCorrelate(before, grey)[0])
        before = grey
        move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        yield cv2.warpAffine(picture, move, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)  # type: ignore[misc]


def one_kit(picture: Rgb) -> Rgb:
    """Return a picture whose people all wear grey: everything that is not grass loses its colour."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    grass = cv2.inRange(hsv, (30, 51, 31), (90, 255, 255)) > 0
    grey = np.clip(picture.mean(axis=2, keepdims=True) * 0.3 + 90, 0, 255).repeat(3, axis=2).astype(np.uint8)
    return np.where(grass[:, :, None], picture, grey)


def write(path: Path, source: Iterator[Rgb], *, fps: Fraction = Fraction(25)) -> Path:
    """Write pictures as a video."""
    with av.open(str(path), "w") as target:
        stream = None
        for picture in source:
            height, width = (size - size % 2 for size in picture.shape[:2])
            if stream is None:
                stream = target.add_stream("libx264", rate=fps, options={"crf": "20", "preset": "veryfast"})
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            target.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]))))
        target.mux(stream.encode() if stream is not None else [])
    return path


def write_table(results: dict[str, Any]) -> None:
    """Write the table of all cases into the page."""
    rows = ["| input | events | people and ball | pitch | what decides | ball actions |", "|---|---|---|---|---|---|"]
    for name, row in results.items():
        models = row["models"]
        verdicts = " | ".join(models[model][0] for model in MODELS)
        decides = (
            "; ".join(dict.fromkeys(reason for model in models.values() for reason in model[1:3])) or "everything fits"
        )
        known = "shown" if "ball" in row["facts"] else "not tracked"
        actions = f"withheld: {row['withheld']}" if row["withheld"] else known
        rows.append(f"| {name} | {verdicts} | {decides} | {actions} |")
    table = "<!-- table: python benchmarks/likeness.py -->\n\n" + "\n".join(rows) + "\n\n<!-- end -->"
    PAGE.write_text(_TABLE.sub(lambda _: table, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
