"""What runs a spotting network: plain torch, OpenVINO or ONNX Runtime, behind one small interface.

Features stay where the backend makes them (on the GPU, or in NumPy arrays); the engine only joins and slices them.
"""

from __future__ import annotations

import os
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from touchline.models.exporting.export import onnx_bytes, quiet_tracing
from touchline.models.networks.parts import PixelEncoder, WindowDecoder, example_inputs
from touchline.models.runtime.openvino_model import to_openvino
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec

BackendName = Literal["torch", "openvino", "onnx"]
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

    def _arithmetic(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda")

    @torch.inference_mode()
    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> Tensor:
        """Features of stacks."""
        pixels = torch.from_numpy(frames).to(self.device, non_blocking=True)
        if mirrored:
            pixels = pixels.flip(-1)
        stacked = pixels[torch.from_numpy(stacks).to(self.device)]
        with self._arithmetic():
            return self._encoder(stacked)

    @torch.inference_mode()
    def decode(self, features: Tensor, windows: Indices) -> Tensor:
        """Logits of windows, still on the device."""
        with self._arithmetic():
            return self._decoder(features[torch.from_numpy(windows).to(self.device)])

    @torch.inference_mode()
    def join(self, before: Tensor, after: Tensor) -> Tensor:
        """One tensor."""
        return torch.cat([before, after])

    def fetch(self, logits: Tensor) -> npt.NDArray[np.float32]:
        """Logits as an array."""
        return logits.float().cpu().numpy()


class _ArrayBackend:
    """Shared by runtimes that take arrays of one fixed batch size."""

    lag_chunks = 0

    def __init__(self, *, encode_batch: int, decode_batch: int) -> None:
        self._encode_batch = encode_batch
        self._decode_batch = decode_batch

    def _run_encoder(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        raise NotImplementedError

    def _run_decoder(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        raise NotImplementedError

    def encode(self, frames: Pixels, stacks: Indices, *, mirrored: bool) -> npt.NDArray[np.float32]:
        """Features of stacks."""
        pixels = frames[..., ::-1] if mirrored else frames
        padded = _padded(stacks, size=self._encode_batch)
        return self._run_encoder(np.ascontiguousarray(pixels[padded]))[: len(stacks)]

    def decode(self, features: npt.NDArray[np.float32], windows: Indices) -> npt.NDArray[np.float32]:
        """Logits of windows."""
        padded = _padded(windows, size=self._decode_batch)
        return self._run_decoder(features[padded])[: len(windows)]

    def join(self, before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """One array."""
        return np.concatenate([before, after])

    def fetch(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The logits themselves."""
        return logits


class OpenVinoBackend(_ArrayBackend):
    """OpenVINO on the CPU."""

    name = "openvino"

    def __init__(
        self,
        network: SpottingNetwork,
        *,
        frame: FrameSpec,
        encode_batch: int,
        decode_batch: int,
        threads: int,
        precision: Literal["f32", "bf16"] = "f32",
    ) -> None:
        super().__init__(encode_batch=encode_batch, decode_batch=decode_batch)
        core = import_openvino().Core()
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
        }
        parts = example_inputs(network, frame=frame, encode_batch=encode_batch, decode_batch=decode_batch)
        compiled = []
        for module, example in parts:
            with quiet_tracing(), torch.no_grad():
                traced = torch.jit.trace(module, example, check_trace=False)
                model = to_openvino(traced, example=example)
            compiled.append(core.compile_model(model, "CPU", settings))
        self._encoder, self._decoder = compiled

    def _run_encoder(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        return np.array(self._encoder(pixels)[0], dtype=np.float32)

    def _run_decoder(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.array(self._decoder(features)[0], dtype=np.float32)


class OnnxBackend(_ArrayBackend):
    """ONNX Runtime on the CPU."""

    name = "onnx"

    def __init__(
        self, network: SpottingNetwork, *, frame: FrameSpec, encode_batch: int, decode_batch: int, threads: int
    ) -> None:
        super().__init__(encode_batch=encode_batch, decode_batch=decode_batch)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        parts = example_inputs(network, frame=frame, encode_batch=encode_batch, decode_batch=decode_batch)
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(onnx_bytes(module, example), options, providers=["CPUExecutionProvider"])
            for module, example in parts
        )

    def _run_encoder(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        return self._encoder.run(None, {"input": pixels})[0]

    def _run_decoder(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return self._decoder.run(None, {"input": features})[0]


def available_threads() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _channels_last(module: nn.Module) -> None:
    """Lay out the weights of 2-D convolutions as a GPU's tensor cores want them."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)


def _padded(indices: Indices, *, size: int) -> Indices:
    """Rows of indices, the last one repeated up to ``size`` rows."""
    return np.concatenate([indices, np.repeat(indices[-1:], size - len(indices), axis=0)])
