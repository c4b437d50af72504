"""A pose network too small to know anything, and folders of made keeper pictures in the published layout."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from touchline.core.poses import JOINTS
from touchline.models.networks.pose_net import PoseNet
from touchline.models.specs.pose_spec import PoseConfig
from touchline.models.specs.spec import PictureSpec
from touchline.models.store import save_model
from touchline.synthetic.keeper_figures import figure_picture

NETWORK = {"stem": 8, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "neck": 16}
SIDE_PX = 64


def tiny_config(name: str = "tiny-pose") -> PoseConfig:
    return PoseConfig(
        name=name,
        architecture="pose-net",
        network=NETWORK,
        labels=JOINTS,
        picture=PictureSpec(width=SIDE_PX, height=SIDE_PX),
    )


def tiny_pose_model(folder: Path, *, seed: int = 0) -> Path:
    """A model file whose network saw nothing but a seed; it takes everything for a person."""
    torch.manual_seed(seed)
    network = PoseNet(**NETWORK)  # type: ignore[arg-type]
    with torch.no_grad():
        network.seen.bias.fill_(6.0)
    return save_model(folder / "tiny-pose", network, tiny_config())


def backgrounds(count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.integers(60, 120, (80, 80, 3)).astype(np.uint8) for _ in range(count)]


def keeper_folder(folder: Path, *, shots: int = 4, penalties: int = 2) -> Path:
    """Tables and pictures as published, of simulated keepers: two pictures of every shot, an amateur, few penalties."""
    for name in ("events", "pose", "images"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    names = [f"{shot}{view}.png" for shot in range(shots) for view in ("", "-2")]
    sources = {
        "one_on_one": names,
        "amateur": ["0.png"],
        "penalty_17_19": [f"{k}.png" for k in range(penalties)],
        "penalty_19_21": ["f0.png"],
    }
    poses = {source: _pictures(folder, source, files, rng) for source, files in sources.items()}
    _pose_tables(folder, poses)
    shot_columns = ("shot_outcome_name", "under_pressure", "distance_to_goal", "shot_angle", "gk_engage", "gk_name")
    shot = ("Saved", 0, 12.0, 20.0, 0.6, "A Keeper")
    _write(folder / "events/1v1_events.csv", shot_columns, [shot] * shots)
    _write(folder / "events/amateur_1v1.csv", ("X", "Y", "X2", "Y2"), [(80, 50, 95, 50)])
    choices = {
        "remove_1v1_row_positions": [1],
        "remove_pen_labels": [],
        "technique_by_file": {
            name: ("passive", "spread", "aggressive", "smother")[k % 4] for k, name in enumerate(names) if k != 1
        },
    }
    (folder / "filters.json").write_text(json.dumps(choices))
    return folder


def frames_folder(folder: Path) -> Path:
    """Match frames in which nobody is labelled."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2)
    for k in range(2):
        cv2.imwrite(str(folder / f"m00_{k:03}.jpg"), rng.integers(60, 120, (320, 480, 3)).astype(np.uint8))
        (folder / f"m00_{k:03}.txt").write_text("")
    return folder


Rows = list[tuple[np.ndarray, np.ndarray]]


def _pictures(folder: Path, source: str, files: list[str], rng: np.random.Generator) -> Rows:
    """Pictures of a source; their joints in the original's pixels and in space."""
    (folder / "images" / source).mkdir()
    index, poses = [], []
    for original in files:
        pixels, joints, depth = figure_picture(rng, backgrounds(), side_px=80)
        name = original.replace(".png", ".jpg")
        cv2.imwrite(str(folder / "images" / source / name), pixels[:, :, ::-1])
        index.append((original, name, 160, 160, 0.5))
        in_space = np.concatenate([joints - joints[6], depth[:, None]], axis=1) / 80
        poses.append((joints * 2, in_space))
    _write(
        folder / f"images/{source}.csv", ("original_file", "file", "original_width", "original_height", "scale"), index
    )
    return poses


def _pose_tables(folder: Path, poses: dict[str, Rows]) -> None:
    names = [f"{shot}{view}.png" for shot in range(len(poses["one_on_one"]) // 2) for view in ("", "-2")]
    blank = ("penalty_17_19", 183)
    for part, size in ((0, 2), (1, 3)):
        columns = [str(k) for k in range(16 * size)]
        rows = {source: [pose[part].ravel().tolist() for pose in found] for source, found in poses.items()}
        shot_rows = [(*row, name) for row, name in zip(rows["one_on_one"], names, strict=True)]
        _write(folder / f"pose/pose_1v1_{size}d.csv", (*columns, "file"), shot_rows)
        _write(folder / f"pose/amateur_{size}d_1v1s.csv", columns, rows["amateur"])
        earlier = rows[blank[0]] + [[""] * len(columns)] * (blank[1] - len(rows[blank[0]]))
        _write(
            folder / f"pose/pen_pose_{size}d_17_18_18_19.csv",
            ("shot_outcome_name", "gk_name", *columns),
            [("Goal", "A Keeper", *row) for row in earlier],
        )
        _write(
            folder / f"pose/pen_pose_{size}d_19_20_20_21.csv",
            ("goalkeepers", "outcome", "off_target", *columns),
            [("B Keeper", "Scored", "", *row) for row in rows["penalty_19_21"]],
        )


def _write(path: Path, columns: object, rows: list) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(list(columns))  # type: ignore[call-overload]
        writer.writerows(rows)
