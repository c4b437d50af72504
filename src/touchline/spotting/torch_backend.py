"""The backend of spotting networks that plain torch runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from touchline.core.arrays import Indices
from touchline.models.networks.parts import PixelEncoder, WindowDecoder
from touchline.models.runtime.device import half_on_gpu
from touchline.models.specs.protocols import SpottingNetwork
from touchline.spotting.backends import Pixels


class TorchBackend:
    """A backend of plain torch: float32 on the CPU, bfloat16 and channels-last on a GPU.

    Args:
        network: the network to run.
        device: the device to run it on.
        compiled: compile the network with torch first; takes a minute or two once, so it pays for long streams only.

    """

    name = "torch"

    def __init__(self, network: SpottingNetwork, *, device: str | torch.device, compiled: bool = False) -> None:
        self.device = device = torch.device(device)
        self.lag_chunks = 1 if device.type == "cuda" else 0
        self._encoder = PixelEncoder(network).eval().to(device)
        self._decoder = WindowDecoder(network).eval().to(device)
        if device.type == "cuda":
            _channels_last(self._encoder)
        if compiled:
            self._encoder.compile()
            self._decoder.compile()

    @torch.inference_mode()
    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> Tensor:
        """Return the features of stacks, still on the device."""
        pixels = torch.from_numpy(frames).to(self.device, non_blocking=True)
        if mirrored:
            pixels = pixels.flip(-1)
        stacked = pixels[torch.from_numpy(stacks).to(self.device)]
        with half_on_gpu(self.device):
            return self._encoder(stacked)

    @torch.inference_mode()
    def decode(self, features: Tensor, windows: Indices) -> Tensor:
        """Return the logits of windows, still on the device."""
        with half_on_gpu(self.device):
            return self._decoder(features[torch.from_numpy(windows).to(self.device)])

    @torch.inference_mode()
    def join(self, before: Tensor, after: Tensor) -> Tensor:
        """Concatenate two tensors of features."""
        return torch.cat([before, after])

    def fetch(self, logits: Tensor) -> npt.NDArray[np.float32]:
        """Return logits as a float32 array."""
        return logits.float().cpu().numpy()


def _channels_last(module: nn.Module) -> None:
    """Convert the weights of 2-D convolutions to channels-last, the layout for a GPU's tensor cores."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)
