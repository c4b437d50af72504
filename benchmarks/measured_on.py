"""What the built-in models were measured on: ranges of what the measuring pictures look like, for their cards.

    python benchmarks/measured_on.py --data ../shared/data [--model ball-spotter ...]

writes ``ranges`` into ``src/touchline/models/builtin/NAME.measured.json`` and everything into
``results/measured_on.json``.

- Simulated matches: windows of eight seconds of the first two minutes for what pictures look like and how they move,
  and for the true boxes of people (1st to 99th percentile); one window of each match for ball, shots and pitch (least
  to greatest), tracked as ``analyze`` tracks them.
- Frames of real matches: single frames and their labelled boxes (1st to 99th percentile).
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from touchline.analysis.likeness.comparison import PROPERTIES
from touchline.analysis.likeness.facts import ANALYSED_WIDTH, PictureFacts, facts_of_boxes, facts_of_file, read_boxes
from touchline.analysis.likeness.look import look_of
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.likeness import PICTURES_PER_S
from touchline.analysis.tasks.track import TrackTask, load_tracker
from touchline.core.arrays import Floats64
from touchline.formats.bundle import TRACKS, Bundle
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader, probe
from touchline.models.folders import builtin_folder
from touchline.models.measured import MEASURED_SUFFIX

RESULTS = Path(__file__).parent / "results" / "measured_on.json"
WINDOW_S = 8
LOOKED_S = 120
TRACKED = 1
TRACKED_FACTS = ("ball", "wide", "pitch")
Row = dict[str, float]


def main() -> None:
    """Measure the footage of each model and write the ranges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the measuring data")
    parser.add_argument("--model", action="append", choices=sorted(FOOTAGE), help="only this model; repeat for several")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for name in options.model or FOOTAGE:
        rows, tracked = FOOTAGE[name](options.data)
        ranges = {**spans(rows, 1, 99), **spans(tracked, 0, 100)}
        results[name] = {"pictures_or_windows": len(rows), "tracked_windows": len(tracked), "ranges": ranges}
        made_by = f"python benchmarks/measured_on.py --model {name}"
        for each in (name, *SAME.get(name, ())):
            keep(each, {"ranges": ranges, "pictures": len(rows), "made_by": made_by})
        for other in ALSO.get(name, ()):
            keep(other, {"also": [{"footage": read(name)["footage"], "ranges": ranges}]})
        print(name, json.dumps(ranges))
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def spans(rows: Sequence[Row], least: float, most: float) -> dict[str, list[float]]:
    """Return two percentiles of every property over the rows that have it, in the order of the properties."""
    columns = {name: [row[name] for row in rows if name in row] for name in PROPERTIES}
    return {
        name: [round(float(end), 4) for end in np.percentile(values, [least, most])]
        for name, values in columns.items()
        if values
    }


def read(name: str) -> dict[str, Any]:
    """Return what a model was measured on."""
    return json.loads((builtin_folder() / (name + MEASURED_SUFFIX)).read_text(encoding="utf-8"))


def keep(name: str, values: Mapping[str, Any]) -> None:
    """Write values into a model's file."""
    path = builtin_folder() / (name + MEASURED_SUFFIX)
    path.write_text(json.dumps({**read(name), **values}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def simulated(data: Path) -> tuple[list[Row], list[Row]]:
    """Return the facts of windows of the simulated matches: of their pictures, and of what is tracked in some."""
    rows, tracked = [], []
    for folder in sorted((data / "simulated").glob("match_*")):
        truth = np.loadtxt(folder / "tracks.txt", delimiter=",")
        rows += list(picture_rows(folder / "video.mp4", truth=truth))
        tracked += list(tracked_rows(folder / "video.mp4"))
    return rows, tracked


def picture_rows(video: Path, *, truth: Floats64) -> Iterator[Row]:
    """Yield the facts of each window; those of people from true boxes (frame, id, x, y, width, height, ...)."""
    info = probe(video)
    with VideoReader(video) as reader:
        frames = itertools.takewhile(lambda frame: frame.time_us < LOOKED_S * 1e6, reader.frames())
        sampled = sample_regular(frames, fps=PICTURES_PER_S)
        for number, window in groupby(sampled, key=lambda pair: pair[0] // round(WINDOW_S * PICTURES_PER_S)):
            facts = PictureFacts()
            for _, frame in window:
                facts.add(frame)
            first, after = (WINDOW_S * info.fps * n for n in (number, number + 1))
            boxes = truth[(truth[:, 0] > first) & (truth[:, 0] <= after)]
            people = {
                "people": float(np.median(np.unique(boxes[:, 0], return_counts=True)[1])),
                "person_px": float(np.median(boxes[:, 5])) * ANALYSED_WIDTH / info.width,
            }
            yield {**facts_of_file(info), **facts.values(), **people}


def tracked_rows(video: Path) -> Iterator[Row]:
    """Yield the facts of the tracks in some windows of a video, found as ``analyze`` finds them."""
    duration_s = probe(video).duration_us / 1e6
    task = TrackTask(load_tracker())
    with tempfile.TemporaryDirectory() as folder:
        for number in range(TRACKED):
            window = Path(folder) / f"window-{number}.mp4"
            cut(video, window, start_s=(number + 0.5) * duration_s / TRACKED)
            bundle = Bundle(analyze_video(window, tasks=[task], options=AnalyzeOptions()).bundle)
            boxes = read_boxes(bundle.path / TRACKS)
            facts = facts_of_boxes(boxes, shots=bundle.read_shots(), width=probe(window).width)
            yield {name: facts[name] for name in TRACKED_FACTS}


def cut(video: Path, window: Path, *, start_s: float) -> None:
    """Copy the pictures of a window from the key frame before a time, without encoding them again."""
    with av.open(str(video)) as source, av.open(str(window), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        source.seek(round(start_s / stream.time_base), stream=stream)
        first = None
        for packet in source.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            first = packet.dts if first is None else first
            if (packet.dts - first) * stream.time_base > WINDOW_S:
                return
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            packet.stream = copy
            target.mux(packet)


def players(data: Path) -> tuple[list[Row], list[Row]]:
    """Return the facts of the labelled frames of people."""
    return [picture_row(path, people=True) for path in sorted((data / "players").glob("*.jpg"))], []


def pitch(data: Path) -> tuple[list[Row], list[Row]]:
    """Return the facts of the labelled frames of pitches."""
    return [picture_row(path, people=False) for path in sorted((data / "pitch").glob("*.jpg"))], []


def picture_row(path: Path, *, people: bool) -> Row:
    """Return the facts of a labelled frame; of its people only if they are labelled."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = picture.shape[:2]
    row = {"width_px": float(width), "aspect": width / height, **asdict(look_of(picture))}
    if people:
        labels = np.loadtxt(path.with_suffix(".txt"), ndmin=2)
        persons = labels[labels[:, 0] != 0]
        row |= {"people": float(len(persons)), "person_px": float(np.median(persons[:, 4])) * height}
        row["person_px"] *= ANALYSED_WIDTH / width
    return row


ALSO = {"ball-spotter": ("people-detector", "pitch-finder")}
"""Model -> others that were measured on its footage, too: teams, tracks, ball and places on the simulated matches."""
SAME = {"ball-spotter": ("event-fusion", "track-events")}
"""Model -> others that were measured on the same footage."""
FOOTAGE = {"ball-spotter": simulated, "people-detector": players, "pitch-finder": pitch}
"""Model -> its measuring footage."""


if __name__ == "__main__":
    main()
