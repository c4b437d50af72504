"""A slow-fusion spotter of small width whose scores really depend on the picture: its statistics are calibrated."""

from __future__ import annotations

import numpy as np
import torch

from touchline.models.networks.slow_fusion import SlowFusionSpotter
from touchline.models.specs.spec import FrameSpec, ModelConfig
from touchline.models.store import build_network

FRAME = FrameSpec(width=64, height=32, fps=25, stack_offsets=(0, 2, 4))


def tiny_config(*, name: str = "tiny", num_frames: int = 15, edge: str = "repeat") -> ModelConfig:
    network = {
        "num_classes": 2,
        "num_frames": num_frames,
        "num_3d_blocks": 1,
        "num_3d_features": 16,
        "num_3d_stack_proj": 8,
        "encoder": {"width": 0.25, "depth": 0.3, "stem_channels": 32},
    }
    return ModelConfig(
        name=name, architecture="slow-fusion", network=network, frame=FRAME, labels=("PASS", "DRIVE"), edge=edge
    )


def tiny_network(config: ModelConfig, *, seed: int = 0) -> SlowFusionSpotter:
    """Calibrated on moving noise, so that scores spread over 0 to 1."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = build_network(config)
    for part in network.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.momentum = None
    frames = config.network["num_frames"]
    clips = [moving_noise(frames, seed=100 + clip) for clip in range(8)]
    batch = torch.from_numpy(np.stack(clips)).float() / 255
    with torch.no_grad():
        for _ in range(4):
            network.train()(batch)
        network.eval()
        network.classifier.weight.mul_(8.0 / network(batch).std())
        network.classifier.bias.sub_(network(batch).mean(0))
    return network


def moving_noise(count: int, *, seed: int) -> np.ndarray:
    """Pictures uint8 (count, 32, 64): a bright square wandering over noise of changing strength."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 120, (count, FRAME.height, FRAME.width)).astype(np.float64)
    pictures *= rng.uniform(0.2, 1.0, (count, 1, 1))
    for index in range(count):
        x, y = int(24 + 20 * np.sin(index / 5 + seed)), int(12 + 10 * np.cos(index / 7))
        pictures[index, y : y + 8, x : x + 8] += 120
    return pictures.astype(np.uint8)


def naive_scores(network: SlowFusionSpotter, pictures: np.ndarray, *, flip: bool = False) -> dict[int, np.ndarray]:
    """Scores of every frame whose whole window exists, each window encoded anew."""
    scores = {}
    reach = network.clip_offsets[-1]
    with torch.inference_mode():
        for index in range(reach, len(pictures) - reach):
            clip = torch.from_numpy(pictures[[index + offset for offset in network.clip_offsets]])[None].float() / 255
            probability = network(clip).sigmoid()
            if flip:
                probability = (probability + network(clip.flip(-1)).sigmoid()) / 2
            scores[index] = probability[0].numpy()
    return scores
