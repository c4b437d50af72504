"""The initial network of a training stage: fresh, from ImageNet weights, or from an earlier spotter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.models.networks.slow_fusion import SlowFusionSpotter
from touchline.models.store import load_model
from touchline.training.spotting.slow_fusion_settings import StageConfig

LATER_ENCODER_PARTS = ("blocks.5.", "conv_head.", "bn2.", "classifier.")
"""Parts of the encoder's ImageNet weights that a spotter does not use."""


def build_network(stage: StageConfig, *, seed: int = 0) -> SlowFusionSpotter:
    """Build the stage's network with fresh weights, which depend only on the seed.

    Raises:
        UsageError: unknown network arguments, or parts to freeze that do not exist.

    """
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = SlowFusionSpotter(len(stage.data.labels), **stage.network)
    except (TypeError, ValueError) as error:
        raise UsageError(f"network={stage.network} cannot be built: {error}") from error
    for part in stage.freeze:
        if part not in dict(network.named_modules()):
            raise UsageError(f"freeze names {part!r}; the network has {[n for n, _ in network.named_children()]}")
        network.get_submodule(part).requires_grad_(False)
    return network


def load_encoder(network: SlowFusionSpotter, path: Path) -> None:
    """Load ImageNet weights of the 2-D encoder from a safetensors file with timm's names.

    Raises:
        InputError: the file is unreadable, or names or shapes do not match.

    """
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a safetensors file with weights of the encoder ({error})") from error
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(LATER_ENCODER_PARTS)}
    own = network.conv2d_encoder.state_dict()
    wrong = sorted(set(own) ^ set(kept)) or [n for n in own if own[n].shape != kept[n].shape]
    if wrong:
        raise InputError(f"{path}: {len(wrong)} weights do not fit the encoder, first {wrong[:5]}")
    network.conv2d_encoder.load_state_dict(kept)


def load_from(network: SlowFusionSpotter, source: str | Path) -> list[str]:
    """Load weights of another spotter; a classifier of another shape stays fresh, everything else must match.

    Returns:
        Names that stayed fresh.

    """
    tensors: Mapping[str, Tensor] = load_model(source).network.state_dict()
    own = network.state_dict()
    fresh = [n for n in own if n.startswith("classifier.") and (n not in tensors or tensors[n].shape != own[n].shape)]
    wrong = sorted(set(own) ^ set(tensors)) or [n for n in own if n not in fresh and own[n].shape != tensors[n].shape]
    if wrong:
        raise InputError(f"{source}: {len(wrong)} weights do not fit this stage's network, first {wrong[:5]}")
    network.load_state_dict({**own, **{n: t for n, t in tensors.items() if n not in fresh}})
    return fresh
