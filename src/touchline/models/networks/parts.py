"""The two parts of a spotting network as modules of one input and one output, for tracing and export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec


class PixelEncoder(nn.Module):
    """The encoder as a module that takes 8-bit pixels (n, k, h, w), a quarter of the bytes of floats."""

    def __init__(self, network: SpottingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Return features (n, *feature)."""
        return self.network.encode(pixels.float() / 255.0)


class WindowDecoder(nn.Module):
    """The decoder as a module of its own."""

    def __init__(self, network: SpottingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> Tensor:
        """Return logits (n, classes) of windows (n, window, *feature)."""
        return self.network.decode(windows)


@torch.inference_mode()
def feature_shape(network: SpottingNetwork, *, frame: FrameSpec) -> tuple[int, ...]:
    """Return the shape of one stack's features."""
    stack = torch.zeros(1, len(network.stack_offsets), frame.height, frame.width)
    return tuple(network.encode(stack).shape[1:])


def example_inputs(
    network: SpottingNetwork, *, frame: FrameSpec, encode_batch: int, decode_batch: int
) -> tuple[tuple[nn.Module, Tensor], tuple[nn.Module, Tensor]]:
    """Return encoder and decoder of a network as modules, each with an example input."""
    pixels = torch.zeros(encode_batch, len(network.stack_offsets), frame.height, frame.width, dtype=torch.uint8)
    windows = torch.zeros(decode_batch, len(network.feature_offsets), *feature_shape(network, frame=frame))
    return (PixelEncoder(network).eval(), pixels), (WindowDecoder(network).eval(), windows)
