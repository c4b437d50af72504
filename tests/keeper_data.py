"""Made tables in the layout of the published ones: keepers of four plain techniques, shots, amateurs, penalties."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from touchline.core.poses import JOINTS

KEEPERS = Path(__file__).parents[2] / "shared" / "data" / "keepers"
"""The published tables, where they are beside the repository."""

TECHNIQUES = ("passive", "spread", "aggressive", "smother")
SHOTS, PICTURED = 240, 216
_COLUMNS = [str(number) for number in range(3 * len(JOINTS))]


def standing(*, stride: float = 0.15, arms: float = 0.1, crouch: float = 0.0, lie: float = 0.0) -> np.ndarray:
    """A keeper (16, 3) facing the camera: how far his feet and wrists are apart, how low and how flat he is."""
    joints = {
        "right_ankle": (-stride, 0.5 - crouch, 0.0),
        "right_knee": (-0.8 * stride, 0.25 - crouch / 2, 0.02),
        "right_hip": (-0.07, 0.0, 0.0),
        "left_hip": (0.07, 0.0, 0.0),
        "left_knee": (0.8 * stride, 0.25 - crouch / 2, 0.02),
        "left_ankle": (stride, 0.5 - crouch, 0.0),
        "pelvis": (0.0, 0.0, 0.0),
        "thorax": (lie, -0.2, 0.0),
        "neck": (1.2 * lie, -0.28, 0.0),
        "head_top": (1.5 * lie, -0.4, 0.0),
        "right_wrist": (-0.12 - arms, -0.05, 0.03),
        "right_elbow": (-0.14 - arms / 2, -0.12, 0.02),
        "right_shoulder": (-0.11 + lie, -0.25, 0.0),
        "left_shoulder": (0.11 + lie, -0.25, 0.0),
        "left_elbow": (0.14 + arms / 2, -0.12, 0.02),
        "left_wrist": (0.12 + arms, -0.05, 0.03),
    }
    return np.array([joints[name] for name in JOINTS])


KINDS = {
    "passive": standing(),
    "spread": standing(stride=0.4, arms=0.3, crouch=0.15),
    "aggressive": standing(stride=0.1, arms=0.35, crouch=0.3),
    "smother": standing(stride=0.5, arms=0.1, crouch=0.4, lie=0.2),
}


def made_poses(names: list[str], *, seed: int = 0, noise: float = 0.015) -> np.ndarray:
    """A pose (n, 16, 3) of each technique named, with noise, pelvis at the origin."""
    rng = np.random.default_rng(seed)
    poses = np.stack([KINDS[name] for name in names]) + rng.normal(0, noise, (len(names), len(JOINTS), 3))
    return poses - poses[:, [JOINTS.index("pelvis")]]


def write_tables(folder: Path, *, seed: int = 0) -> Path:
    """A folder with every published table, made: 240 shots, two pictures of every third of the first 216."""
    rng = np.random.default_rng(seed)
    (folder / "events").mkdir(parents=True)
    (folder / "pose").mkdir()
    x_yd, y_yd = rng.uniform(100, 117, SHOTS), rng.uniform(20, 60, SHOTS)
    outcome = rng.choice(["Saved", "Goal", "Saved", "Goal", "Off T"], SHOTS)
    keepers = rng.choice(["Ånders Alpha", "Bo Beta", "Cy Gamma"], SHOTS)
    engagement = rng.uniform(0.2, 0.9, SHOTS)
    rows = [
        {
            "": i,
            "under_pressure": int(rng.random() < 0.3),
            "shot_outcome_name": outcome[i],
            "distance_to_goal": float(np.hypot(120 - x_yd[i], y_yd[i] - 40)),
            "shot_angle": float(np.rad2deg(np.arctan2(abs(y_yd[i] - 40), 120 - x_yd[i]))),
            "gk_name": keepers[i],
            "gk_engage": float(engagement[i]),
        }
        for i in range(SHOTS)
    ]
    _write(folder / "events" / "1v1_events.csv", rows)
    _write_shot_poses(folder)
    amateurs = [{"Event": "1v1", "X": 88 + i, "Y": 40 + 5 * i, "X2": 97, "Y2": 50} for i in range(6)]
    _write(folder / "events" / "amateur_1v1.csv", amateurs)
    _write(
        folder / "pose" / "amateur_3d_1v1s.csv", [_pose_row(p) for p in made_poses([*TECHNIQUES, "passive", "spread"])]
    )
    _write_penalties(folder, rng)
    return folder


def _write_shot_poses(folder: Path) -> None:
    files, names = [], []
    for shot in range(PICTURED):
        technique = TECHNIQUES[shot % 4]
        for view in ("", "-2") if shot % 3 == 0 else ("",):
            files.append(f"{shot}{view}.png")
            names.append(technique)
    rows = [{**_pose_row(pose), "file": file} for pose, file in zip(made_poses(names), files, strict=True)]
    _write(folder / "pose" / "pose_1v1_3d.csv", rows)
    rejected = [3, 10]
    kept = {file: name for i, (file, name) in enumerate(zip(files, names, strict=True)) if i not in rejected}
    choices = {"remove_1v1_row_positions": rejected, "remove_pen_labels": [0, 5], "technique_by_file": kept}
    (folder / "filters.json").write_text(json.dumps(choices), encoding="utf-8")


def _write_penalties(folder: Path, rng: np.random.Generator) -> None:
    names = [str(name) for name in rng.choice(["passive", "smother"], 300)]
    poses = made_poses(names, seed=1, noise=0.04)
    saved = rng.random(300) < 0.25
    earlier = [
        {"player_name": "A", "shot_outcome_name": "Saved" if saved[i] else "Goal", "gk_name": f"Keeper {i % 9}"}
        | _pose_row(poses[i])
        for i in range(150)
    ]
    later = [
        {"goalkeepers": f"Keeper {i % 9}", "outcome": "Missed" if saved[i] else "Scored", "off_target": ""}
        | _pose_row(poses[i])
        for i in range(150, 300)
    ]
    _write(folder / "pose" / "pen_pose_3d_17_18_18_19.csv", earlier)
    _write(folder / "pose" / "pen_pose_3d_19_20_20_21.csv", later)


def _pose_row(pose: np.ndarray) -> dict[str, float]:
    return dict(zip(_COLUMNS, pose.ravel().tolist(), strict=True))


def _write(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
