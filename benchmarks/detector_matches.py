"""Measure detectors on real matches that they were not trained on, by match.

    python benchmarks/detector_matches.py MODEL=MATCH,... [MODEL=...] [--size 960x544 ...] [--json FILE]

MODEL is a built-in model or a file, for instance that of one fold of `touchline train recipes/detector.yaml`; each is
run as users run it on the matches named, which are prefixes of the frames in --data. All matches together give one
result: average precision by class, by match, with 95 % intervals from resampling whole matches. With ``--size``
frames are scaled to that size instead of the model's own; there is one result for each size.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from touchline.core.tracks import Detections
from touchline.tracking.detector import load_detector
from touchline.training.detection.data import LabelledFrames, read_real
from touchline.training.detection.measure import measure_detections

Size = tuple[int, int]


def detect_in(groups: Sequence[LabelledFrames], model: str, *, size: Size | None) -> dict[str, list[Detections]]:
    """Return the detections of a model in every frame of some matches."""
    detector = load_detector(model, threads=1, size=size)
    return {group.group: [detector.detect([pixels])[0] for pixels in group.pixels] for group in groups}


def measure(models: Sequence[str], data: Path, *, size: Size | None = None) -> dict[str, Any]:
    """Measure every model on its matches, all together."""
    known = {group.group: group for group in read_real(data)}
    found: dict[str, list[Detections]] = {}
    for each in models:
        model, _, matches = each.partition("=")
        found |= detect_in([known[match] for match in matches.split(",")], model, size=size)
    return measure_detections({match: known[match].truth for match in found}, found)


def size_of(text: str) -> Size:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL=MATCH,MATCH")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/players"))
    parser.add_argument("--size", type=size_of, nargs="+", metavar="WIDTHxHEIGHT")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = {"models": [each.rsplit("/", 1)[-1] for each in options.models]}
    if options.size is None:
        result |= measure(options.models, options.data)
    else:
        result["sizes"] = {"x".join(map(str, s)): measure(options.models, options.data, size=s) for s in options.size}
    text = json.dumps(result, indent=1)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
