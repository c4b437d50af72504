"""A spotter with random weights, small enough to score minutes of video in a second."""

from __future__ import annotations

from pathlib import Path

import torch

from touchline.models.specs.spec import FrameSpec, ModelConfig, PeakSpec
from touchline.models.store import build_network, save_model


def write_tiny_model(
    folder: Path,
    *,
    name: str = "tiny",
    labels: tuple[str, ...] = ("PASS", "DRIVE"),
    fps: float = 12.5,
    size: int = 64,
    seed: int = 1,
) -> Path:
    """Save the model as ``folder/NAME.safetensors``; the same weights each time for one seed."""
    config = ModelConfig(
        name=name,
        architecture="slow-fusion",
        network={
            "num_classes": len(labels),
            "num_3d_blocks": 1,
            "num_3d_features": 24,
            "num_3d_stack_proj": 8,
            "encoder": {"width": 0.25, "depth": 0.25, "stem_channels": 8},
        },
        frame=FrameSpec(width=size, height=size, fps=fps, stack_offsets=(0, 2, 4)),
        labels=labels,
        thresholds={label: 0.01 for label in labels},
        peaks=PeakSpec(sigma_samples=1.0, distance_samples=5),
    )
    torch.manual_seed(seed)
    return save_model(folder / f"{name}.safetensors", build_network(config), config)
