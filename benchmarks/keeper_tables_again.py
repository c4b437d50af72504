"""Write the published tables again with the built-in network's poses of the one-on-ones instead of the published ones.

Rows without a picture count as rejected. Every pose is of a picture that its network never saw:
``benchmarks/keeper_unseen.npz`` holds those of the networks by folds
and of the built-in one (fold 0, and pictures of marked matches), as shares of each padded picture. On the result,
``touchline keeper fit`` fits techniques and measures how steady they are:

    python benchmarks/keeper_tables_again.py ../shared/data/keepers /tmp/again
    touchline keeper fit /tmp/again --out keeper-technique.json
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path

import numpy as np

from touchline.core.poses import PELVIS
from touchline.formats.keeper.pictures import ONE_ON_ONE, read_keeper_pictures
from touchline.formats.keeper.tables import read_poses
from touchline.media.stills import read_still
from touchline.models.runtime.fitting import Square

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--poses", type=Path, default=HERE / "keeper_unseen.npz")
    arguments = parser.parse_args()
    for name in ("events", "pose"):
        shutil.copytree(arguments.data / name, arguments.out / name, dirs_exist_ok=True)
    flat, deep = read_poses(arguments.data, dimensions=2).joints.copy(), read_poses(arguments.data).joints.copy()
    places = np.load(arguments.poses)["places"].astype(np.float64)
    replaced: set[int] = set()
    for picture, place in zip(read_keeper_pictures(arguments.data), places, strict=True):
        if picture.source == ONE_ON_ONE and np.isfinite(place).all():
            square = Square(*read_still(picture.path).shape[:2])
            scale = np.nanmedian(picture.joints_px / np.where(flat[picture.row] > 0, flat[picture.row], np.nan))
            flat[picture.row] = (place[:, :2] * square.side - np.array(square.offset)) / scale
            deep[picture.row] = place - place[PELVIS]
            replaced.add(picture.row)
    _write(arguments.out / "pose" / "pose_1v1_2d.csv", flat)
    _write(arguments.out / "pose" / "pose_1v1_3d.csv", deep)
    choices = json.loads((arguments.data / "filters.json").read_text())
    missing = set(range(len(flat))) - replaced
    choices["remove_1v1_row_positions"] = sorted(missing | set(choices["remove_1v1_row_positions"]))
    (arguments.out / "filters.json").write_text(json.dumps(choices))
    print(f"{len(replaced)} of {len(flat)} poses replaced in {arguments.out}")


def _write(path: Path, joints: np.ndarray) -> None:
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = list(rows[0])
    for row, values in zip(rows, joints.reshape(len(joints), -1), strict=True):
        row.update({str(number): f"{value:.6f}" for number, value in enumerate(values)})
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
