"""Backends of spotting networks: OpenVINO or ONNX Runtime, and behind the same small interface plain torch.

Features stay where the backend computes them (on the GPU, or in NumPy arrays); the engine only joins and slices them.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Indices
from touchline.models.runtime.backends import BackendName
from touchline.models.runtime.graph_file import GraphFile
from touchline.models.runtime.graphs import ArrayGraph, onnx_graph, openvino_graph
from touchline.models.runtime.model_graphs import compiled_part
from touchline.models.runtime.requests import Pending, ahead_of, begin_on
from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec

Pixels = npt.NDArray[np.uint8]
Features = Any
"""A batch of features, a tensor or an array whose first axis is the stacks; supports slicing and ``len``."""


class Backend(Protocol):
    """A runtime for the two parts of a network.

    Attributes:
        name: name of the runtime.
        lag_chunks: number of chunks that may be in flight before their logits are fetched.

    """

    name: str
    lag_chunks: int

    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> Features:
        """Return features (n, *feature) of the stacks (n, k), given as indices into frames (m, h, w)."""
        ...

    def decode(self, features: Features, windows: Indices) -> Any:
        """Return logits (n, classes) of windows (n, w) of indices into features; read them with :meth:`fetch`."""
        ...

    def join(self, before: Features, after: Features) -> Features:
        """Concatenate two batches of features."""
        ...

    def fetch(self, logits: Any) -> npt.NDArray[np.float32]:
        """Return logits as an array."""
        ...


@runtime_checkable
class BegunBackend(Backend, Protocol):
    """A backend that encodes several batches at once.

    Attributes:
        ahead: batches to keep begun while an earlier one is waited for.

    """

    ahead: int

    def begin(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> Pending[Features]:
        """Begin on what :meth:`encode` returns."""
        ...


class ArrayBackend:
    """A backend of OpenVINO or ONNX Runtime on the CPU, over arrays of fixed batch sizes.

    Args:
        name: name of the runtime.
        encoder: maps pixels (encode_batch, k, h, w) to features.
        decoder: maps windows (decode_batch, w, *feature) to logits.
        encode_batch, decode_batch: fixed batch sizes of the encoder and the decoder.

    """

    lag_chunks = 0

    def __init__(
        self, name: BackendName, encoder: ArrayGraph, decoder: ArrayGraph, *, encode_batch: int, decode_batch: int
    ) -> None:
        self.name: str = name
        self._encoder, self._decoder = encoder, decoder
        self._encode_batch, self._decode_batch = encode_batch, decode_batch
        self.ahead = ahead_of(encoder)

    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> npt.NDArray[np.float32]:
        """Return the features of stacks."""
        return self.begin(frames, stacks, mirrored=mirrored)()

    def begin(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> Pending[npt.NDArray[np.float32]]:
        """Begin on the features of stacks."""
        pixels = frames[..., ::-1] if mirrored else frames
        padded = _padded(stacks, size=self._encode_batch)
        outputs = begin_on(self._encoder, np.ascontiguousarray(pixels[padded]))
        return lambda: outputs()[0][: len(stacks)]

    def decode(self, features: npt.NDArray[np.float32], windows: Indices) -> npt.NDArray[np.float32]:
        """Return the logits of windows."""
        padded = _padded(windows, size=self._decode_batch)
        return self._decoder(features[padded])[0][: len(windows)]

    def join(self, before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Concatenate two arrays of features."""
        return np.concatenate([before, after])

    def fetch(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the logits unchanged; they are an array already."""
        return logits


def network_backend(
    name: Literal["openvino", "onnx"],
    network: SpottingNetwork,
    *,
    frame: FrameSpec,
    encode_batch: int,
    decode_batch: int,
    threads: int,
    precision: Literal["f32", "bf16"] = "f32",
) -> ArrayBackend:
    """Return a backend of OpenVINO or ONNX Runtime for a network in memory; ``precision`` applies to OpenVINO only."""
    from touchline.models.networks.parts import example_inputs

    parts = example_inputs(network, frame=frame, encode_batch=encode_batch, decode_batch=decode_batch)
    if name == "onnx":
        encoder, decoder = (onnx_graph(module, example=example, threads=threads) for module, example in parts)
    else:
        encoder, decoder = (
            openvino_graph(module, example=example, precision=precision, threads=threads) for module, example in parts
        )
    return ArrayBackend(name, encoder, decoder, encode_batch=encode_batch, decode_batch=decode_batch)


def graph_backend(graphs: GraphFile, *, threads: int, precision: Literal["f32", "bf16"]) -> ArrayBackend:
    """Return a backend of OpenVINO for the graphs of a spotter, which fix the batch sizes."""
    encoder, decoder = (
        compiled_part(graphs, part, precision=precision, threads=threads) for part in ("encoder", "decoder")
    )
    encode_batch, decode_batch = (graphs.index.parts[part].inputs[0][0] for part in ("encoder", "decoder"))
    return ArrayBackend("openvino", encoder, decoder, encode_batch=encode_batch, decode_batch=decode_batch)


def _padded(indices: Indices, *, size: int) -> Indices:
    """Pad rows of indices to ``size`` rows by repeating the last one."""
    return np.concatenate([indices, np.repeat(indices[-1:], size - len(indices), axis=0)])
