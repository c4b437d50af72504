"""Dense spotters: a model with its plan of clips, thresholds and suppression, from frames to scores to events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from touchline.core.errors import UsageError
from touchline.core.events import Scores, Timeline
from touchline.core.extras import need_extra
from touchline.media.frame import Frame
from touchline.models.runtime.backends import BackendChoice, choose_backend
from touchline.models.runtime.device import Device, available_threads, choose_device
from touchline.models.runtime.fitting import fit
from touchline.models.runtime.graph_file import GraphFile
from touchline.models.runtime.model_graphs import compiled_part, graph_file_of, was_tried
from touchline.models.specs.dense_plan import FRAME_BATCH, ClipPlan, plan_of
from touchline.models.specs.dense_spec import DenseFrameSpec, DenseSpotConfig
from touchline.models.store import OpenedModel, open_model
from touchline.spotting.dense.decoding import TEAM_COLUMN, events_of
from touchline.spotting.dense.engine import DenseEngine
from touchline.spotting.dense.runtime import ArrayRuntime, Runtime
from touchline.spotting.engine import ScoreChunk
from touchline.spotting.spotter import BaseSpotter, Scoring

CUDA_FRAMES_PER_BATCH = 32
BACKENDS: tuple[Literal["openvino", "torch"], ...] = ("openvino", "torch")


class DenseVideoSpotter(BaseSpotter):
    """A dense spotter ready to score videos.

    Attributes:
        name, config, sha256: name, configuration and file hash of the model.
        plan: clips and stretches.
        backend_name: runtime the model runs on.
        device_reason: device it runs on, and why.
        flip: always False: outputs of mirrored frames are not averaged.

    """

    config: DenseSpotConfig

    def __init__(
        self, config: DenseSpotConfig, *, sha256: str, plan: ClipPlan, runtime: Runtime, device_reason: str
    ) -> None:
        self.name, self.config, self.sha256, self.plan = config.name, config, sha256, plan
        self.backend_name, self.device_reason, self.flip = runtime.name, device_reason, False
        self._runtime = runtime
        self._columns = reported_columns(config)

    @property
    def members(self) -> tuple[DenseVideoSpotter, ...]:
        """A tuple of this spotter only."""
        return (self,)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the heads that are reported."""
        return tuple(self.config.labels[column] for column in self._columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the scores' columns: the labels, and the team's if the network names teams."""
        return (*self.labels, TEAM_COLUMN) if self.config.has_team else self.labels

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of the events of this model, one line each."""
        if not self.config.has_team:
            return ()
        return (f"{self.name} names teams by the side they play on, left or right: names of teams are not known",)

    @property
    def decoding(self) -> dict[str, Any]:
        """Settings of the decoding, as JSON."""
        return {**self.config.suppression.model_dump(mode="json"), "team_weighs": self.config.team_weighs}

    @property
    def look_ahead_samples(self) -> int:
        """Frames that must follow a frame, at most, until its event is final."""
        return self.plan.look_ahead + self.config.suppression.window + 1

    def first_frame_needed(self, output_index: int) -> int:
        """Return the first grid frame to feed to resume a stream at ``output_index``."""
        return self.plan.first_frame(output_index)

    def picture_of(self, frame: Frame) -> npt.NDArray[np.uint8]:
        """Return what the network sees of a frame: RGB (h, w, 3), or luma (h, w)."""
        return frame.luma if self.config.frame.colour == "luma" else frame.to_rgb()

    def engine(self, *, start_index: int = 0) -> DenseEngine:
        """Return an engine for one stream; its frames must have the model's size."""
        return DenseEngine(self.plan, self._runtime, self.config, columns=self._columns, start_index=start_index)

    def scoring(self, *, start_index: int = 0) -> Scoring:
        """Start a stream, see :meth:`BaseSpotter.scoring`."""
        return _FittedFrames(self.engine(start_index=start_index), self.config.frame)

    def events(self, scores: Scores, *, thresholds: Mapping[str, float] | None = None) -> Timeline:
        """Find events in scores with the model's suppression; ``thresholds`` override the model's, by label."""
        return events_of(
            scores,
            thresholds=self.thresholds_with(thresholds or {}),
            suppression=self.config.suppression,
            source=self.name,
            team_weighs=self.config.team_weighs,
        )


class _FittedFrames:
    """An engine that takes frames of any size and fits them to the model's."""

    def __init__(self, engine: DenseEngine, frame: DenseFrameSpec) -> None:
        self._engine, self._frame = engine, frame

    def feed(self, index: int, picture: npt.NDArray[np.uint8], /) -> Iterator[ScoreChunk]:
        """Take the next frame, RGB (h, w, 3) or luma (h, w), see :class:`Scoring`."""
        return self._engine.feed(index, fit_frame(picture, self._frame))

    def finish(self) -> Iterator[ScoreChunk]:
        """Yield the remaining chunks, see :class:`Scoring`."""
        return self._engine.finish()


def fit_frame(picture: npt.NDArray[np.uint8], frame: DenseFrameSpec) -> npt.NDArray[np.uint8]:
    """Fit RGB (h, w, 3) or luma (h, w) to a model's frames (height, width, channels)."""
    return fit(picture, width=frame.width, height=frame.height, how=frame.fit).reshape(frame.shape)


def reported_columns(config: DenseSpotConfig) -> tuple[int, ...]:
    """Return the indices of the labels of the heads that are reported."""
    counts = config.network.get("label_counts", (len(config.labels),))
    columns: list[int] = []
    first = 0
    for head, count in zip(config.heads, counts, strict=True):
        if not config.reported or head in config.reported:
            columns += range(first, first + count)
        first += count
    return tuple(columns)


def load_dense_spotter(
    name_or_path: str | Path,
    *,
    device: Device = "auto",
    backend: BackendChoice = "auto",
    flip: bool | None = None,
    precision: Literal["f32", "bf16"] | None = None,
    threads: int | None = None,
) -> DenseVideoSpotter:
    """Load a dense spotter by name or path.

    Args:
        name_or_path: a model's name, or its file.
        device: "auto" takes a CUDA device if available.
        backend: "auto" takes torch on CUDA; on the CPU OpenVINO, else torch.
        flip: must not be True: scores of mirrored frames are not averaged.
        precision: precision of OpenVINO's arithmetic; None takes the model's setting.
        threads: CPU threads to use; None takes all that are available to this process.

    Raises:
        InputError: the model does not exist, its file does not fit, or it calculates numbers that are not finite.
        UsageError: an unknown device or backend, an unsupported combination of the two, or ``flip``.
        ResourceError: the requested device is not available.

    """
    opened = open_model(name_or_path, task="spot-dense")
    if flip:
        raise UsageError(f"--flip: {opened.name} is a dense spotter; its scores are not averaged over mirrored frames")
    where, reason = choose_device(device)
    chosen = choose_backend(backend, device=where, among=BACKENDS)
    count = available_threads() if threads is None else threads
    if chosen == "openvino":
        graphs = graph_file_of(opened)
        plan = plan_of(opened.config, reach=_reach(graphs))
        runtime: Runtime = graph_runtime(graphs, precision=precision or opened.config.precision, threads=count)
    else:
        plan, runtime = _torch(opened, device=where, threads=count)
    return DenseVideoSpotter(
        opened.config, sha256=opened.sha256, plan=plan, runtime=runtime, device_reason=f"{reason}; {chosen}"
    )


def _reach(graphs: GraphFile) -> tuple[int, int]:
    before, after = graphs.index.facts["reach"]
    return int(before), int(after)


def graph_runtime(graphs: GraphFile, *, precision: str, threads: int) -> ArrayRuntime:
    """Return the runtime of a model's graphs."""
    parts = {part: compiled_part(graphs, part, precision=precision, threads=threads) for part in graphs.index.parts}
    return ArrayRuntime(parts, frame_batch=FRAME_BATCH)


def _torch(opened: OpenedModel[DenseSpotConfig], *, device: str, threads: int) -> tuple[ClipPlan, Runtime]:
    need_extra("train", what="the backend torch", modules=("torch",))
    import torch

    from touchline.models.exporting.parts import parts_of
    from touchline.models.networks.dense.places import PlaceEncoder
    from touchline.models.runtime.probing import require_finite_layers
    from touchline.spotting.dense.torch_runtime import TorchRuntime

    network = opened.load().network
    parts = parts_of(network, opened.config)
    if device == "cuda" and isinstance(network.encoder, PlaceEncoder):
        network.encoder.piece = None
    if not was_tried(opened):
        for part in parts.values():
            require_finite_layers(part.module, *part.trial, model=opened.name)
    if device == "cpu":
        torch.set_num_threads(threads)
    batch = CUDA_FRAMES_PER_BATCH if device == "cuda" else FRAME_BATCH
    plan = plan_of(opened.config, reach=network.reach, frame_batch=batch)
    return plan, TorchRuntime({name: part.module for name, part in parts.items()}, device=device)
