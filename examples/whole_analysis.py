"""Analyse a video into a bundle, and read the bundle: events, people, and the lost parts of the video.

python examples/whole_analysis.py match.mp4 results/
"""

import sys

import touchline


def main(video: str, out: str) -> touchline.Bundle:
    made = touchline.analyze(video, out=out)
    bundle = touchline.open_bundle(made.path)
    coverage = bundle.read_manifest().coverage
    people = [track for track in bundle.read_tracks() if track.label != "ball"]
    print(f"{len(bundle.read_events())} events, {len(people)} people tracked, {coverage.lost_us / 1e6:.1f} s lost")
    print(f"report: {bundle.path / 'report.html'}")
    return bundle


if __name__ == "__main__":
    main(*sys.argv[1:3])
