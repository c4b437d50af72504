"""Made clips that a small network learns within seconds: a square whose colour is its class moves over a background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

COLOURS = {"blue": (40, 40, 250), "red": (250, 30, 20)}
"""Classes, in alphabetical order, and what they look like."""

SIDE = 32
FRAMES = 4


def square_clip(colour: tuple[int, int, int], *, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """uint8 (4, 32, 32, 3): a background of its own, and a square that goes to the right."""
    coarse = random.integers(60, 160, (8, 9, 3)).astype(np.uint8)
    background = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    clip = np.stack([background] * FRAMES)
    top, left = random.integers(0, SIDE - 12), random.integers(0, 8)
    for t, picture in enumerate(clip):
        picture[top : top + 12, left + 3 * t : left + 3 * t + 12] = colour
    return clip


def write_clip(folder: Path, clip: npt.NDArray[np.uint8]) -> None:
    """A folder of pictures."""
    folder.mkdir(parents=True)
    for t, picture in enumerate(clip):
        cv2.imwrite(str(folder / f"{t}.png"), picture[:, :, ::-1])


def write_squares(root: Path, *, per_class: int = 8, seed: int = 0) -> Path:
    """Folders of classes; clip ``i`` of each belongs to game ``i % 4``, as ``groups.csv`` beside them says."""
    random = np.random.default_rng(seed)
    lines = ["id,label,group"]
    for label, colour in COLOURS.items():
        for i in range(per_class):
            write_clip(root / "clips" / label / f"{i}", square_clip(colour, random=random))
            lines.append(f"{label}/{i},{label},game {i % 4}")
    (root / "groups.csv").write_text("\n".join(lines) + "\n")
    return root


def network_settings(*, steps: int = 30, **optimizer: Any) -> dict[str, Any]:
    """A network small enough for a test, and how it learns."""
    return {
        "network": {"widths": [8, 8, 8, 16], "dropout": 0.1},
        "augment": {"turn_deg": 0, "erase": 0, "grey": 0, "saturation": 0, "noise": 0},
        "optimizer": {"steps": steps, "batch": 8, "base_lr": 0.01, "precision": "f32", **optimizer},
    }


def squares_recipe(root: Path, **changes: Any) -> dict[str, Any]:
    """A recipe for them, of ``task: recogniser``."""
    return {
        "task": "recogniser",
        "name": "squares",
        "data_root": str(root),
        "data": {"path": "clips", "groups": "groups.csv", "folds": 2},
        "clip": {"frames": FRAMES, "width": SIDE, "height": SIDE, "mean": [0, 0, 0], "std": [1, 1, 1]},
        "model": network_settings(),
        **changes,
    }
