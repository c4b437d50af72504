"""Find the events of a video step by step: frames -> scores -> events.

python examples/events_of_a_video.py match.mp4
"""

import sys

import touchline


def main(path: str) -> touchline.Timeline:
    spotter = touchline.load_spotter()
    with touchline.Video(path) as video:
        scores = spotter.scores((index, frame.luma) for index, frame in video.sampled(fps=spotter.fps))
    events = spotter.events(scores, thresholds={"PASS": 0.5})
    for event in events:
        print(f"{event.start_us / 1e6:8.2f} s  {event.label:6}  {event.confidence:.2f}")
    return events


if __name__ == "__main__":
    main(sys.argv[1])
