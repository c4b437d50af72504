"""Measurement of keypoints: errors on labelled frames, and recall by distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from touchline.models.networks.pitch_net import PitchNet, keypoint_probabilities
from touchline.tracking.pitch.finder import read_keypoints
from touchline.training.pitch.data import PitchFrame

NEAR_PX = (5.0, 10.0)
"""Distances, in pixels at 640x360, within which a keypoint counts as found."""
CONFIDENCE = 0.5
"""Default confidence threshold above which a keypoint counts as detected."""


@torch.inference_mode()
def find_in_frames(
    network: PitchNet, frames: Sequence[PitchFrame], *, height: int, device: str, batch: int = 16
) -> npt.NDArray[np.float32]:
    """Find keypoints in frames: float32 (frames, 32, 3)."""
    network = network.eval()
    found = []
    for start in range(0, len(frames), batch):
        rgb = np.stack([frame.rgb for frame in frames[start : start + batch]])
        pictures = torch.from_numpy(rgb).to(device).permute(0, 3, 1, 2).float() / 255.0
        pictures = F.pad(pictures, (0, 0, 0, height - pictures.shape[2]))
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=device != "cpu"):
            maps = network(pictures)
        found += [read_keypoints(p) for p in keypoint_probabilities(maps).cpu().numpy()]
    return np.stack(found)


def measure_keypoints(
    found: npt.NDArray[np.float32], frames: Sequence[PitchFrame], *, confidence: float = CONFIDENCE
) -> dict[str, Any]:
    """Measure errors and shares over all keypoints of some frames.

    Args:
        found: keypoints (frames, 32, 3).
        frames: the truth.
        confidence: threshold above which a keypoint counts as detected.

    Returns:
        ``median_px`` and ``p90_px``: of the errors of detected keypoints that are present. ``recall_5px`` and
        ``recall_10px``: share of the present keypoints that are detected within that distance. ``false_share``: share
        of the detected keypoints that are absent or more than 10 px off. And the counts.

    """
    visible = np.stack([frame.visible for frame in frames])
    truth = np.stack([frame.keypoints_px for frame in frames])
    claimed = found[..., 2] >= confidence
    error = np.hypot(*np.moveaxis(found[..., :2] - truth, -1, 0))
    both = error[visible & claimed]
    result: dict[str, Any] = {
        "frames": len(frames),
        "keypoints": int(visible.sum()),
        "claimed": int(claimed.sum()),
        "confidence": confidence,
    }
    for name, value in (("median", 50), ("p90", 90)):
        result[f"{name}_px"] = round(float(np.percentile(both, value)), 2) if len(both) else None
    for limit in NEAR_PX:
        result[f"recall_{limit:.0f}px"] = round(float((both <= limit).sum() / max(1, visible.sum())), 4)
    wrong = claimed & ~(visible & (error <= NEAR_PX[-1]))
    result["false_share"] = round(float(wrong.sum() / max(1, claimed.sum())), 4)
    result["absent_claimed"] = int((claimed & ~visible).sum())
    return result
