"""Class folders of tiny clips that differ in what is in them: folders of pictures, named SOURCE_NUMBER."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

CLASSES = ("discs", "stripes")


def write_examples(root: Path, *, each: int = 4, sources: int = 2, frames: int = 3) -> Path:
    """Write clips of two classes on grounds whose colour depends on the source."""
    random = np.random.default_rng(0)
    for label in CLASSES:
        for number in range(each):
            folder = root / label / f"match{number % sources}_{number:02d}"
            folder.mkdir(parents=True)
            for frame in range(frames):
                picture = np.full((64, 48, 3), 60 + 60 * (number % sources), np.uint8)
                x, y = random.integers(16, 32), random.integers(16, 48)
                if label == "discs":
                    cv2.circle(picture, (int(x), int(y)), 12, (230, 230, 230), -1)
                else:
                    picture[:, (np.arange(48) + frame) % 8 < 4] = 230
                cv2.imwrite(str(folder / f"{frame:03d}.png"), picture)
    return root
