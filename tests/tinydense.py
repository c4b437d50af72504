"""A dense spotter of small width whose scores really depend on the pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from touchline.models.networks.dense.spotter import DenseSpotter
from touchline.models.specs.dense_spec import DenseFrameSpec, DenseSpotConfig, SoftSuppressionSpec, WindowSpec
from touchline.models.store import save_model

LABELS = ("PASS", "DRIVE", "SHOT")
HEIGHT, WIDTH = 32, 48


def tiny_dense(
    *, windows: dict[str, Any] | None = None, fps: float = 12.5, seed: int = 0, **arguments: Any
) -> tuple[DenseSpotter, DenseSpotConfig]:
    """A network calibrated on moving noise, and its configuration."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    settings = {"encoder": "regnety_tiny", "clip_length": 16, "kernel": 3, "stretch": 2, "label_counts": (3,)}
    network = DenseSpotter(**{**settings, **arguments})
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
                part.momentum = None
                part.weight.uniform_(0.7, 1.3)
            elif isinstance(part, nn.Conv3d):
                part.weight.normal_(0, 0.3)
        clips = torch.randn(4, 16, 3, HEIGHT, WIDTH)
        network.train()(clips)
        network.eval()
        maps = network.frame_maps(clips.flatten(0, 1)).unflatten(0, (4, 16))
        features = network.temporal(network.clip_features(maps))
        for head, spread in _heads(network):
            head.weight.mul_(spread / head(features).std())
    labels = LABELS if len(network.label_counts) == 1 else (*LABELS, "Goal", "Corner")
    config = DenseSpotConfig(
        name="tiny-dense",
        architecture="dense-spotter",
        network=network.settings,
        labels=labels,
        heads=tuple(f"head-{number}" for number in range(len(network.label_counts))),
        frame=DenseFrameSpec(width=WIDTH, height=HEIGHT, fps=fps),
        windows=WindowSpec(**(windows or {})),
        suppression=SoftSuppressionSpec(window=3),
        thresholds=dict.fromkeys(labels, 0.4),
    )
    return network, config


def _heads(network: DenseSpotter) -> list[tuple[nn.Linear, float]]:
    heads = [(head, 2.0) for head in network.heads]
    heads += [] if network.displacement is None else [(network.displacement, 1.5)]
    return heads + ([] if network.team is None else [(network.team, 2.0)])


def write_tiny_dense(folder: Path, **settings: Any) -> Path:
    """Write such a model and return its file."""
    network, config = tiny_dense(**settings)
    return save_model(folder / "tiny-dense", network, config)


def moving_colours(count: int, *, seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Noise of changing strength and colour, uint8 (count, height, width, 3)."""
    rng = np.random.default_rng(seed)
    strength = 50 + 45 * np.sin(np.arange(count) / 3)[:, None, None, None]
    tint = 30 * np.sin(np.arange(count)[:, None] / np.array([4, 5, 7]))[:, None, None, :]
    return np.clip(rng.normal(110 + tint, strength, (count, height, width, 3)), 0, 255).astype(np.uint8)
