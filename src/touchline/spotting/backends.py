"""What runs a spotting network: plain torch, OpenVINO or ONNX Runtime, behind one small interface.

Features stay where the backend makes them (on the GPU, or in NumPy arrays); the engine only joins and slices them.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from touchline.models.networks.parts import PixelEncoder, WindowDecoder, example_inputs
from touchline.models.runtime.backends import BackendName
from touchline.models.runtime.device import half_on_gpu
from touchline.models.runtime.graphs import ArrayGraph, onnx_graph, openvino_graph
from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Features = Any
"""A batch of features, first axis stacks: a tensor or an array; it can be sliced and measured with ``len``."""


class Backend(Protocol):
    """Runs the two parts of a network.

    Attributes:
        name: of the runtime.
        lag_chunks: how many chunks may be under way before their logits are fetched.

    """

    name: str
    lag_chunks: int

    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> Features:
        """Features (n, *feature) of the stacks (n, k) of indices into frames (m, h, w)."""
        ...

    def decode(self, features: Features, windows: Indices) -> Any:
        """Logits (n, classes) of windows (n, w) of indices into features; fetched with :meth:`fetch`."""
        ...

    def join(self, before: Features, after: Features) -> Features:
        """Two batches of features as one."""
        ...

    def fetch(self, logits: Any) -> npt.NDArray[np.float32]:
        """Logits as an array."""
        ...


class TorchBackend:
    """Torch as it is on the CPU; bfloat16 and channels-last on a GPU.

    Args:
        network: what to run.
        device: where.
        compiled: whether torch compiles the network first: a minute or two once, for streams that take longer.

    """

    name = "torch"

    def __init__(self, network: SpottingNetwork, *, device: torch.device, compiled: bool = False) -> None:
        self.device = device
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
        """Features of stacks."""
        pixels = torch.from_numpy(frames).to(self.device, non_blocking=True)
        if mirrored:
            pixels = pixels.flip(-1)
        stacked = pixels[torch.from_numpy(stacks).to(self.device)]
        with half_on_gpu(self.device):
            return self._encoder(stacked)

    @torch.inference_mode()
    def decode(self, features: Tensor, windows: Indices) -> Tensor:
        """Logits of windows, still on the device."""
        with half_on_gpu(self.device):
            return self._decoder(features[torch.from_numpy(windows).to(self.device)])

    @torch.inference_mode()
    def join(self, before: Tensor, after: Tensor) -> Tensor:
        """One tensor."""
        return torch.cat([before, after])

    def fetch(self, logits: Tensor) -> npt.NDArray[np.float32]:
        """Logits as an array."""
        return logits.float().cpu().numpy()


class ArrayBackend:
    """OpenVINO or ONNX Runtime on the CPU, over arrays of fixed batch sizes.

    Args:
        name: of the runtime.
        encoder: pixels (encode_batch, k, h, w) to features.
        decoder: windows (decode_batch, w, *feature) to logits.
        encode_batch, decode_batch: how many go through at once.

    """

    lag_chunks = 0

    def __init__(
        self, name: BackendName, encoder: ArrayGraph, decoder: ArrayGraph, *, encode_batch: int, decode_batch: int
    ) -> None:
        self.name: str = name
        self._encoder, self._decoder = encoder, decoder
        self._encode_batch, self._decode_batch = encode_batch, decode_batch

    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> npt.NDArray[np.float32]:
        """Features of stacks."""
        pixels = frames[..., ::-1] if mirrored else frames
        padded = _padded(stacks, size=self._encode_batch)
        return self._encoder(np.ascontiguousarray(pixels[padded]))[0][: len(stacks)]

    def decode(self, features: npt.NDArray[np.float32], windows: Indices) -> npt.NDArray[np.float32]:
        """Logits of windows."""
        padded = _padded(windows, size=self._decode_batch)
        return self._decoder(features[padded])[0][: len(windows)]

    def join(self, before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """One array."""
        return np.concatenate([before, after])

    def fetch(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The logits themselves."""
        return logits


def array_backend(
    name: Literal["openvino", "onnx"],
    network: SpottingNetwork,
    *,
    frame: FrameSpec,
    encode_batch: int,
    decode_batch: int,
    threads: int,
    precision: Literal["f32", "bf16"] = "f32",
) -> ArrayBackend:
    """Return the two parts of a network on OpenVINO or ONNX Runtime; only the former has another precision."""
    parts = example_inputs(network, frame=frame, encode_batch=encode_batch, decode_batch=decode_batch)
    if name == "onnx":
        encoder, decoder = (onnx_graph(module, example=example, threads=threads) for module, example in parts)
    else:
        encoder, decoder = (
            openvino_graph(module, example=example, precision=precision, threads=threads) for module, example in parts
        )
    return ArrayBackend(name, encoder, decoder, encode_batch=encode_batch, decode_batch=decode_batch)


def _channels_last(module: nn.Module) -> None:
    """Lay out the weights of 2-D convolutions as a GPU's tensor cores want them."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)


def _padded(indices: Indices, *, size: int) -> Indices:
    """Rows of indices, the last one repeated up to ``size`` rows."""
    return np.concatenate([indices, np.repeat(indices[-1:], size - len(indices), axis=0)])
