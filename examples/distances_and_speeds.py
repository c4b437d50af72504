"""Print how far and how fast each player ran, and the number of sprints, from the tracks of a bundle.

python examples/distances_and_speeds.py match.touchline
"""

import sys

import touchline
from touchline.core import Movement, movement


def main(bundle: str) -> dict[int, Movement]:
    moved = {}
    for track in touchline.open_bundle(bundle).read_tracks():
        if track.label == "ball" or track.positions_m is None:
            continue  # the pitch was not found while this track lasted
        moved[track.track_id] = how = movement(track.times_us, track.positions_m)
        if how.known_s > 0:
            top_kmh = 3.6 * how.top_speed_mps
            print(f"{track.track_id:4} {track.team or '-'} {how.distance_m:6.1f} m {top_kmh:5.1f} km/h {how.sprints}")
    return moved


if __name__ == "__main__":
    main(sys.argv[1])
