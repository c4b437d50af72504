"""A made-up simulated match in the files of the simulator's ``label.py``: ten seconds, three players, a pass."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FPS = 12.5
FRAMES = 125
KICK, RECEIVED = 50, 75
PIXELS_A_METRE = 8.0
PROJECTION = np.array([[PIXELS_A_METRE, 0, 0, 320], [0, -PIXELS_A_METRE, -PIXELS_A_METRE, 180], [0, 0, 0, 1.0]])
"""A camera straight above that still shows heights: 8 pixels a metre, the centre spot in the middle."""
PLAYERS_M = {2: (-10.5, 0.0), 3: (10.5, 0.0), 14: (0.0, 12.0)}


def ball_m() -> np.ndarray:
    """The ball: with player 2 until the kick, then rolling to player 3."""
    share = np.clip((np.arange(FRAMES) - KICK) / (RECEIVED - KICK), 0, 1)
    return np.stack([-10 + 20 * share, np.zeros(FRAMES), np.full(FRAMES, 0.11)], axis=1)


def write_match(folder: Path) -> Path:
    """Write the match into a folder and return it."""
    folder.mkdir(parents=True)
    frames = np.arange(FRAMES)
    owner = np.where(frames <= KICK, 1, np.where(frames >= RECEIVED, 2, -1))  # players count from 0 in this file
    ball = ball_m()
    x, y = 320 + PIXELS_A_METRE * ball[:, 0], 180 - PIXELS_A_METRE * (ball[:, 1] + ball[:, 2])
    rows = [
        f"{i},{80 * i},{ball[i, 0]:.2f},0.00,0.11,{x[i]:.1f},{y[i]:.1f},{0 if owner[i] >= 0 else -1},{owner[i]},0"
        for i in frames
    ]
    header = "frame,time_ms,x_m,y_m,z_m,x_px,y_px,owner_team,owner_player,game_mode"
    (folder / "ball.csv").write_text("\n".join([header, *rows]) + "\n")
    height = 1.85 * PIXELS_A_METRE
    boxes = [
        f"{i + 1},{number},{320 + PIXELS_A_METRE * px - 3:.1f},{180 - PIXELS_A_METRE * py - height:.1f},"
        f"6.0,{height:.1f},1,{1 + (number > 11)},1"
        for i in frames
        for number, (px, py) in PLAYERS_M.items()
    ]
    (folder / "tracks.txt").write_text("\n".join(boxes) + "\n")
    np.savez(folder / "camera.npz", P=np.tile(PROJECTION.astype(np.float32), (FRAMES, 1, 1)), fps=FPS)
    label = {"gameTime": "1 - 00:04", "label": "PASS", "position": str(80 * KICK), "team": "left"}
    (folder / "Labels-ball.json").write_text(json.dumps({"annotations": [label]}))
    return folder
