"""A spotter: a model, its backend and its rules, from grid frames to scores to events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.clock import us_from_frame
from touchline.core.errors import UsageError
from touchline.core.events import Scores, Timeline
from touchline.core.suggestions import did_you_mean
from touchline.media.sampling import fit_luma
from touchline.models.networks.parts import feature_shape
from touchline.models.runtime.backends import BackendChoice, BackendName, choose_backend
from touchline.models.runtime.device import Device, available_threads, choose_device
from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec, ModelConfig
from touchline.models.store import default_spotter, load_model
from touchline.spotting.backends import Backend, TorchBackend, array_backend
from touchline.spotting.engine import Engine, Plan, ScoreChunk
from touchline.spotting.peaks import find_events

GridFrames = Iterable[tuple[int, npt.NDArray[np.uint8]]]

CHUNK_OUTPUTS = 128
CPU_PIXELS_PER_BATCH = 1_000_000
CUDA_STACKS_PER_BATCH = 32
FEATURE_VALUES_PER_BATCH = 4_000_000


class Scoring(Protocol):
    """One stream on its way through a spotter: frames are handed over one by one, in bounded memory."""

    def feed(self, index: int, luma: npt.NDArray[np.uint8], /) -> Iterator[ScoreChunk]:
        """Take the next grid frame, luma uint8 (h, w), and give the chunks that it completes; use all of them."""
        ...

    def finish(self) -> Iterator[ScoreChunk]:
        """The chunks that are left once nothing follows."""
        ...


class BaseSpotter(ABC):
    """What scores videos and makes events of the scores: one model, or several together.

    Attributes:
        name: recorded with each event.
        config: what gives labels, frame rate, thresholds and the rules of peaks.

    """

    name: str
    config: ModelConfig

    @property
    @abstractmethod
    def members(self) -> tuple[Spotter, ...]:
        """The models at work."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the scores' columns."""
        return self.config.labels

    @property
    def fps(self) -> float:
        """Samples a second of the grid that frames and scores are on."""
        return self.config.frame.fps

    def first_frame_needed(self, output_index: int) -> int:
        """The first grid frame to feed in order to take up a stream at ``output_index``."""
        return min(member.plan.first_frame_needed(output_index) for member in self.members)

    @abstractmethod
    def scoring(self, *, start_index: int = 0) -> Scoring:
        """Begin a stream whose frames are handed over one by one; what :meth:`stream` does inside."""

    def stream(self, frames: GridFrames, *, start_index: int = 0) -> Iterator[ScoreChunk]:
        """Scores of a stream of grid frames, chunk by chunk, in bounded memory.

        Args:
            frames: consecutive (grid index, luma uint8 (h, w)), from ``first_frame_needed(start_index)`` on (earlier
                ones are passed over); pictures of another size are letterboxed to the model's.
            start_index: the first grid index to score. Taken up where a chunk ended, a stream gives the very same
                values as one from the start.

        Raises:
            ResourceError: a network gave scores that are no numbers.

        """
        scoring = self.scoring(start_index=start_index)
        for index, luma in frames:
            yield from scoring.feed(index, luma)
        yield from scoring.finish()

    def scores(self, frames: GridFrames) -> Scores:
        """Scores of a whole video's grid frames, from index 0."""
        return scores_from_chunks(self.stream(frames), config=self.config)

    def events(self, scores: Scores, *, thresholds: Mapping[str, float] | None = None) -> Timeline:
        """Events of scores by the model's own rules; ``thresholds`` replace the model's, label by label."""
        return find_events(
            scores,
            thresholds=self.thresholds_with(thresholds or {}),
            sigma_samples=self.config.peaks.sigma_samples,
            distance_samples=self.config.peaks.distance_samples,
            source=self.name,
        )

    def thresholds_with(self, changed: Mapping[str, float]) -> dict[str, float]:
        """The model's thresholds, those of ``changed`` put in their place.

        Raises:
            UsageError: a label that the model does not have, or a value outside 0 to 1.

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
        return {**self.config.all_thresholds(), **changed}


class Spotter(BaseSpotter):
    """A model ready to score videos.

    Attributes:
        name, config, sha256: of the model.
        plan: how frames go through it.
        backend_name: what runs it.
        device_reason: where it runs, and why there.
        flip: whether scores are averaged with those of the mirrored pictures.

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
        """Itself alone."""
        return (self,)

    def engine(self, *, start_index: int = 0) -> Engine:
        """What one stream goes through; its frames must have the model's size."""
        return Engine(self.plan, self._backend, start_index=start_index)

    def scoring(self, *, start_index: int = 0) -> Scoring:
        """See :meth:`BaseSpotter.scoring`."""
        return _FittedPictures(self.engine(start_index=start_index), self.config.frame)


class _FittedPictures:
    """An engine whose pictures are brought to the model's size on the way."""

    def __init__(self, engine: Engine, frame: FrameSpec) -> None:
        self._engine = engine
        self._frame = frame

    def feed(self, index: int, luma: npt.NDArray[np.uint8], /) -> Iterator[ScoreChunk]:
        """See :class:`Scoring`."""
        return self._engine.feed(index, fit_luma(luma, width=self._frame.width, height=self._frame.height))

    def finish(self) -> Iterator[ScoreChunk]:
        """See :class:`Scoring`."""
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
    """A spotter by name or path; without one, the built-in default.

    Args:
        name_or_path: a model's name, or its file.
        device: "auto" takes a CUDA device where there is one.
        backend: "auto" takes torch on CUDA; on the CPU OpenVINO, else ONNX Runtime, else torch.
        flip: average with mirrored pictures, at twice the cost; None leaves it to the model.
        precision: of OpenVINO's arithmetic; None leaves it to the model.
        threads: processors to use; None takes all this process may use.
        compiled: on the torch backend, compile the network first; pays on a GPU for matches, not for clips.

    Raises:
        InputError: no such model, or its file does not fit.
        UsageError: an unknown device or backend, or a combination that does not exist.
        ResourceError: the device asked for is not there.

    """
    loaded = load_model(default_spotter() if name_or_path is None else name_or_path)
    network, config = loaded.network, loaded.config
    assert isinstance(network, SpottingNetwork)
    where, reason = choose_device(device)
    chosen = choose_backend(backend, device=where)
    plan = make_plan(network, config, device=where, flip=config.flip if flip is None else flip)
    made = make_backend(
        chosen,
        network,
        config.frame,
        plan=plan,
        device=where,
        threads=available_threads() if threads is None else threads,
        precision=precision or config.precision,
        compiled=compiled,
    )
    return Spotter(config, sha256=loaded.sha256, plan=plan, backend=made, device_reason=f"{reason}; {chosen}")


def make_plan(network: SpottingNetwork, config: ModelConfig, *, device: torch.device, flip: bool) -> Plan:
    """Batch sizes for a network's pictures and features on a device; the rest from the model."""
    frame = config.frame
    if device.type == "cuda":
        encode_batch = CUDA_STACKS_PER_BATCH
    else:
        encode_batch = _power_of_two(CPU_PIXELS_PER_BATCH // (frame.width * frame.height), most=16)
    window_values = int(np.prod(feature_shape(network, frame=frame))) * len(network.feature_offsets)
    return Plan(
        stack_offsets=tuple(network.stack_offsets),
        feature_offsets=tuple(network.feature_offsets),
        edge=config.edge,
        encode_batch=encode_batch,
        decode_batch=_power_of_two(FEATURE_VALUES_PER_BATCH // window_values, most=CHUNK_OUTPUTS),
        chunk=CHUNK_OUTPUTS,
        flip=flip,
    )


def make_backend(
    name: BackendName,
    network: SpottingNetwork,
    frame: FrameSpec,
    *,
    plan: Plan,
    device: torch.device,
    threads: int,
    precision: Literal["f32", "bf16"] = "f32",
    compiled: bool = False,
) -> Backend:
    """The backend of a name for a network. Torch's thread count holds for the whole process."""
    if name == "torch":
        if device.type == "cpu":
            torch.set_num_threads(threads)
        return TorchBackend(network, device=device, compiled=compiled)
    return array_backend(
        name,
        network,
        frame=frame,
        encode_batch=plan.encode_batch,
        decode_batch=plan.decode_batch,
        threads=threads,
        precision=precision,
    )


def scores_from_chunks(chunks: Iterable[ScoreChunk], *, config: ModelConfig) -> Scores:
    """Consecutive chunks as the scores of one video."""
    held = list(chunks)
    if not held:
        empty = np.zeros((0, len(config.labels)), np.float32)
        return Scores(empty, np.zeros(0, np.int64), config.labels)
    values = np.concatenate([chunk.values for chunk in held])
    first = held[0].first_index
    times_us = [us_from_frame(index, fps=config.frame.fps) for index in range(first, first + len(values))]
    return Scores(values, np.array(times_us, dtype=np.int64), config.labels)


def _power_of_two(most_wanted: int, *, most: int) -> int:
    """The largest power of two that is not above ``most_wanted`` and ``most``, at least 1."""
    return 1 << (max(1, min(most_wanted, most)).bit_length() - 1)
