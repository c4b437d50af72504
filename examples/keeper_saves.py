"""Estimate a goalkeeper's pose and technique from a picture, and the chance that a shot is saved.

python examples/keeper_saves.py keeper.jpg
"""

import sys

import touchline
from touchline.core import Shot
from touchline.goalkeeping import FoundKeeper, find_pose, load_expected_saves, name_technique
from touchline.media import read_still


def main(picture: str) -> float:
    finder = touchline.load_pose_finder()
    pose, box, note = find_pose(read_still(picture), finder, keeper=FoundKeeper(None))
    shot = Shot(x_yd=108, y_yd=40, keeper_yd=(114, 40))  # StatsBomb coordinates in yards: the goal is at (120, 40)
    saved = load_expected_saves().predict([shot])
    if pose.joints_3d is not None:
        technique = name_technique(pose.joints_3d, engagement=shot.engagement, visible=pose.confidence > 0.5)
        print(f"technique: {technique.name or technique.reason}")
    print(f"pose in {box}{': ' + note if note else ''}")
    print(f"expected saves: {saved.p[0]:.2f} [{saved.low[0]:.2f} to {saved.high[0]:.2f}]")
    return float(saved.p[0])


if __name__ == "__main__":
    main(sys.argv[1])
