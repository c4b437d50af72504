"""Spotters: a model with its backend, thresholds and peak settings, from grid frames to scores to events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.clock import us_from_frame
from touchline.core.errors import UsageError
from touchline.core.events import Scores, Timeline
from touchline.core.extras import need_extra
from touchline.core.suggestions import did_you_mean
from touchline.media.frame import Frame
from touchline.media.sampling import fit_luma
from touchline.models.runtime.backends import BackendChoice, BackendName, choose_backend
from touchline.models.runtime.device import Device, DeviceKind, available_threads, choose_device
from touchline.models.runtime.graph_file import GraphFile
from touchline.models.runtime.model_graphs import graph_file_of, was_tried
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec, ModelConfig
from touchline.models.specs.spotting_batches import CHUNK_OUTPUTS, decode_batch_of, encode_batch_of
from touchline.models.store import OpenedModel, default_spotter, open_model
from touchline.spotting.backends import Backend, graph_backend, network_backend
from touchline.spotting.engine import Engine, Plan, ScoreChunk
from touchline.spotting.peaks import find_events

if TYPE_CHECKING:
    import torch

GridFrames = Iterable[tuple[int, npt.NDArray[np.uint8]]]

CUDA_STACKS_PER_BATCH = 32


class Scoring(Protocol):
    """A stream that a spotter is scoring: takes frames one by one, in bounded memory."""

    def feed(self, index: int, luma: npt.NDArray[np.uint8], /) -> Iterator[ScoreChunk]:
        """Take the next grid frame, luma uint8 (h, w), and yield the chunks it completes; exhaust the iterator."""
        ...

    def finish(self) -> Iterator[ScoreChunk]:
        """Yield the remaining chunks after the last frame."""
        ...


class Member(Protocol):
    """A model of a spotter, as results name it."""

    name: str
    sha256: str
    backend_name: str
    device_reason: str
    flip: bool


class BaseSpotter(ABC):
    """The base class of spotters, which score videos and turn scores into events: one model, or an ensemble.

    Attributes:
        name: name recorded with each event.
        config: configuration with labels, frame rate, thresholds and settings of decoding.

    """

    name: str
    config: ModelConfig | DenseSpotConfig

    @property
    @abstractmethod
    def members(self) -> tuple[Member, ...]:
        """The models whose scores are averaged."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the scores' columns."""
        return self.config.labels

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the scores' columns: the labels, and what a model scores besides."""
        return self.labels

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of the events of this model, one line each."""
        return ()

    @property
    @abstractmethod
    def decoding(self) -> dict[str, Any]:
        """Settings of the decoding of scores into events, as JSON."""

    @property
    def fps(self) -> float:
        """Samples per second of the time grid of frames and scores."""
        return self.config.frame.fps

    @abstractmethod
    def first_frame_needed(self, output_index: int) -> int:
        """Return the first grid frame to feed to resume a stream at ``output_index``."""

    def picture_of(self, frame: Frame) -> npt.NDArray[np.uint8]:
        """Return what the network sees of a frame: its luma, unless the model takes colours."""
        return frame.luma

    @abstractmethod
    def scoring(self, *, start_index: int = 0) -> Scoring:
        """Start a stream that takes frames one by one; :meth:`stream` is built on it."""

    def stream(self, frames: GridFrames, *, start_index: int = 0) -> Iterator[ScoreChunk]:
        """Yield the scores of a stream of grid frames, chunk by chunk, in bounded memory.

        Args:
            frames: consecutive (grid index, picture as :meth:`picture_of` returns it), starting at
                ``first_frame_needed(start_index)`` or before (earlier frames are ignored); frames of another size are
                fitted to the model's.
            start_index: the first grid index to score. A stream resumed where a chunk ended yields exactly the values
                of one from the start.

        Raises:
            ResourceError: the network's scores are not finite.

        """
        scoring = self.scoring(start_index=start_index)
        for index, luma in frames:
            yield from scoring.feed(index, luma)
        yield from scoring.finish()

    def scores(self, frames: GridFrames) -> Scores:
        """Return the scores of a whole video's grid frames, from index 0."""
        return joined_scores(self.stream(frames), columns=self.columns, fps=self.fps)

    @abstractmethod
    def events(self, scores: Scores, *, thresholds: Mapping[str, float] | None = None) -> Timeline:
        """Find events in scores with the model's settings; ``thresholds`` override the model's, by label."""

    def thresholds_with(self, changed: Mapping[str, float]) -> dict[str, float]:
        """Return the model's thresholds, overridden by those of ``changed``.

        Raises:
            UsageError: a label the model does not have, or a value outside 0 to 1.

        """
        known = ", ".join(self.labels)
        for label, value in changed.items():
            if label not in self.labels:
                near = did_you_mean(label, self.labels)
                raise UsageError(
                    f"threshold for {label!r}, a label {self.name} does not have; its labels are {known}{near}"
                )
            if not 0 <= value <= 1:
                raise UsageError(f"threshold {label}={value} is outside 0 to 1; give a confidence, e.g. {label}=0.5")
        own = self.config.all_thresholds()
        return {**{label: own[label] for label in self.labels}, **changed}


class FrameSpotter(BaseSpotter):
    """The base class of spotters of grey frames, whose events are peaks of smoothed scores."""

    config: ModelConfig

    @property
    @abstractmethod
    def members(self) -> tuple[Spotter, ...]:
        """The models whose scores are averaged."""

    @property
    def decoding(self) -> dict[str, Any]:
        """Settings of peak finding, as JSON."""
        return self.config.peaks.model_dump(mode="json")

    def first_frame_needed(self, output_index: int) -> int:
        """Return the first grid frame to feed to resume a stream at ``output_index``."""
        return min(member.plan.first_frame_needed(output_index) for member in self.members)

    def events(self, scores: Scores, *, thresholds: Mapping[str, float] | None = None) -> Timeline:
        """Find events in scores with the model's peak settings; ``thresholds`` override the model's, by label."""
        return find_events(
            scores,
            thresholds=self.thresholds_with(thresholds or {}),
            sigma_samples=self.config.peaks.sigma_samples,
            distance_samples=self.config.peaks.distance_samples,
            source=self.name,
        )


class Spotter(FrameSpotter):
    """A model ready to score videos.

    Attributes:
        name, config, sha256: name, configuration and file hash of the model.
        plan: stacks, windows and batch sizes.
        backend_name: runtime the model runs on.
        device_reason: device it runs on, and why.
        flip: whether scores are averaged with those of the mirrored frames.

    """

    def __init__(self, config: ModelConfig, *, sha256: str, plan: Plan, backend: Backend, device_reason: str) -> None:
        self.name = config.name
        self.config = config
        self.sha256 = sha256
        self.plan = plan
        self.backend_name = backend.name
        self.device_reason = device_reason
        self.flip = plan.flip
        self._backend = backend

    @property
    def members(self) -> tuple[Spotter, ...]:
        """A tuple of this spotter only."""
        return (self,)

    def engine(self, *, start_index: int = 0) -> Engine:
        """Return an engine for one stream; its frames must have the model's size."""
        return Engine(self.plan, self._backend, start_index=start_index)

    def scoring(self, *, start_index: int = 0) -> Scoring:
        """Start a stream, see :meth:`BaseSpotter.scoring`."""
        return _FittedFrames(self.engine(start_index=start_index), self.config.frame)


class _FittedFrames:
    """An engine that takes frames of any size and letterboxes them to the model's."""

    def __init__(self, engine: Engine, frame: FrameSpec) -> None:
        self._engine = engine
        self._frame = frame

    def feed(self, index: int, luma: npt.NDArray[np.uint8], /) -> Iterator[ScoreChunk]:
        """Take the next frame, see :class:`Scoring`."""
        return self._engine.feed(index, fit_luma(luma, width=self._frame.width, height=self._frame.height))

    def finish(self) -> Iterator[ScoreChunk]:
        """Yield the remaining chunks, see :class:`Scoring`."""
        return self._engine.finish()


def load_spotter(
    name_or_path: str | Path | None = None,
    *,
    device: Device = "auto",
    backend: BackendChoice = "auto",
    flip: bool | None = None,
    precision: Literal["f32", "bf16"] | None = None,
    threads: int | None = None,
    compiled: bool = False,
) -> Spotter:
    """Load a spotter by name or path.

    Args:
        name_or_path: a model's name, or its file; None loads the built-in default.
        device: "auto" takes a CUDA device if available.
        backend: "auto" takes torch on CUDA; on the CPU OpenVINO, else ONNX Runtime, else torch.
        flip: average with the scores of mirrored frames, at twice the cost; None takes the model's setting.
        precision: precision of OpenVINO's arithmetic; None takes the model's setting.
        threads: CPU threads to use; None takes all that are available to this process.
        compiled: with the torch backend, compile the network first; pays on a GPU for whole matches, not for clips.

    Raises:
        InputError: the model does not exist, its file does not fit, or it calculates numbers that are not finite.
        UsageError: an unknown device or backend, or an unsupported combination of the two.
        ResourceError: the requested device is not available.

    """
    opened = open_model(default_spotter() if name_or_path is None else name_or_path)
    config = opened.config
    where, reason = choose_device(device)
    chosen = choose_backend(backend, device=where)
    plan, made = _plan_and_backend(
        opened,
        chosen,
        device=where,
        flip=config.flip if flip is None else flip,
        threads=available_threads() if threads is None else threads,
        precision=precision or config.precision,
        compiled=compiled,
    )
    return Spotter(config, sha256=opened.sha256, plan=plan, backend=made, device_reason=f"{reason}; {chosen}")


def _plan_and_backend(
    model: OpenedModel[ModelConfig],
    name: BackendName,
    *,
    device: DeviceKind,
    flip: bool,
    threads: int,
    precision: Literal["f32", "bf16"],
    compiled: bool,
) -> tuple[Plan, Backend]:
    """Return what runs a model file: its graphs with OpenVINO, or its network with the other backends."""
    if name == "openvino":
        graphs = graph_file_of(model)
        plan = plan_of_graphs(graphs, model.config, flip=flip)
        return plan, graph_backend(graphs, threads=threads, precision=precision)
    need_extra("train", what=f"the backend {name}", modules=("torch",))
    network = model.load().network
    assert isinstance(network, SpottingNetwork)
    if not was_tried(model):
        _require_finite(network, model.config)
    plan = make_plan(network, model.config, device=device, flip=flip)
    made = make_backend(
        name,
        network,
        model.config.frame,
        plan=plan,
        device=device,
        threads=threads,
        precision=precision,
        compiled=compiled,
    )
    return plan, made


def _require_finite(network: SpottingNetwork, config: ModelConfig) -> None:
    """Try a network on one stack of noise, and on a window of it.

    Raises:
        InputError: a layer calculates numbers that are not finite.

    """
    from touchline.models.exporting.parts import parts_of
    from touchline.models.runtime.probing import require_finite_layers

    for part in parts_of(network, config).values():
        require_finite_layers(part.module, *part.trial, model=config.name)


def plan_of_graphs(graphs: GraphFile, config: ModelConfig, *, flip: bool) -> Plan:
    """Return the plan of a model's graphs, which fix the batch sizes."""
    encoder, decoder = (graphs.index.parts[part].inputs[0] for part in ("encoder", "decoder"))
    return Plan(
        stack_offsets=config.frame.stack_offsets,
        feature_offsets=tuple(graphs.index.facts["feature_offsets"]),
        edge=config.edge,
        encode_batch=encoder[0],
        decode_batch=min(decoder[0], CHUNK_OUTPUTS),
        chunk=CHUNK_OUTPUTS,
        flip=flip,
    )


def make_plan(network: SpottingNetwork, config: ModelConfig, *, device: str | torch.device, flip: bool) -> Plan:
    """Return the plan of a network in memory, with batch sizes that suit its frames, its features and the device."""
    from touchline.models.networks.parts import feature_shape

    frame = config.frame
    on_gpu = str(device).startswith("cuda")
    window_values = int(np.prod(feature_shape(network, frame=frame))) * len(network.feature_offsets)
    return Plan(
        stack_offsets=tuple(network.stack_offsets),
        feature_offsets=tuple(network.feature_offsets),
        edge=config.edge,
        encode_batch=CUDA_STACKS_PER_BATCH if on_gpu else encode_batch_of(frame),
        decode_batch=decode_batch_of(window_values),
        chunk=CHUNK_OUTPUTS,
        flip=flip,
    )


def make_backend(
    name: BackendName,
    network: SpottingNetwork,
    frame: FrameSpec,
    *,
    plan: Plan,
    device: str | torch.device,
    threads: int,
    precision: Literal["f32", "bf16"] = "f32",
    compiled: bool = False,
) -> Backend:
    """Return the named backend for a network; for torch on the CPU, ``threads`` is set for the whole process."""
    if name == "torch":
        import torch

        from touchline.spotting.torch_backend import TorchBackend

        if str(device) == "cpu":
            torch.set_num_threads(threads)
        return TorchBackend(network, device=device, compiled=compiled)
    return network_backend(
        name,
        network,
        frame=frame,
        encode_batch=plan.encode_batch,
        decode_batch=plan.decode_batch,
        threads=threads,
        precision=precision,
    )


def joined_scores(chunks: Iterable[ScoreChunk], *, columns: tuple[str, ...], fps: float) -> Scores:
    """Concatenate consecutive chunks into the scores of one video."""
    held = list(chunks)
    if not held:
        return Scores(np.zeros((0, len(columns)), np.float32), np.zeros(0, np.int64), columns)
    values = np.concatenate([chunk.values for chunk in held])
    first = held[0].first_index
    times_us = [us_from_frame(index, fps=fps) for index in range(first, first + len(values))]
    return Scores(values, np.array(times_us, dtype=np.int64), columns)
