"""The runner of models of pictures, crops and clips: device, backend, threads and batches.

Each such model is a :class:`PictureModel`: a configuration, a runner, and the decoding of the network's outputs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from touchline.core.finite_output import require_finite_output
from touchline.models.runtime.backends import PICTURE_BACKENDS, choose_backend
from touchline.models.runtime.device import available_threads, choose_device
from touchline.models.runtime.graphs import ArrayGraph, in_batches, openvino_graph, torch_graph
from touchline.models.runtime.model_graphs import compiled_part, graph_file_of, was_tried
from touchline.models.runtime.requests import Arrays, Pending, ahead_of, ahead_with, begin_on
from touchline.models.specs.spec import PixelConfig
from touchline.models.store import OpenedModel

if TYPE_CHECKING:
    from torch import nn

Pixels = npt.NDArray[np.uint8]
ConfigT = TypeVar("ConfigT", bound=PixelConfig)
DrawnT = TypeVar("DrawnT")
DrawnT_co = TypeVar("DrawnT_co", covariant=True)
Outputs = tuple[npt.NDArray[np.float32], ...]
"""The network's outputs for one picture, without the batch axis."""
_Begun = Callable[[], Iterator[tuple[Pixels, DrawnT, Outputs]]]
"""Yields the answers of a batch that was begun."""


class Draw(Protocol[DrawnT_co]):
    """A function that draws a picture of any size into a black one of the network's size."""

    def __call__(self, picture: Pixels, /, *, into: Pixels) -> DrawnT_co:
        """Draw a picture; return what is needed to decode the outputs, such as the scale."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Runner:
    """A network on its device, with a fixed batch size.

    Attributes:
        graph: maps pixels uint8 (batch, ...) to the network's outputs.
        batch: pictures per batch.
        device_reason: device it runs on, and why.
        arithmetic: backend and precision, for the record.

    """

    graph: ArrayGraph
    batch: int
    device_reason: str
    arithmetic: str = "torch f32"

    @property
    def ahead(self) -> int:
        """Batches to keep begun while an earlier one is waited for."""
        return ahead_of(self.graph)

    def begin(self, pixels: Pixels) -> Pending[Arrays]:
        """Begin on a batch, which must not change until its outputs are there."""
        return begin_on(self.graph, pixels)


@dataclass(frozen=True, slots=True, eq=False)
class ModelPart:
    """A graph of a model file: a CPU runs it without torch.

    Attributes:
        model: the model.
        part: name of the graph, see :mod:`touchline.models.exporting.parts`.
        variant: another arithmetic of it, such as ``"int8"``, that lies beside the model; empty for the usual one.

    """

    model: OpenedModel[Any]
    part: str
    variant: str = ""

    def module(self) -> nn.Module:
        """Build it as a module of torch."""
        network = self.model.load().network
        from touchline.models.exporting.parts import parts_of

        return parts_of(network, self.model.config)[self.part].module

    def compiled(self, *, batch: int, precision: str, threads: int) -> ArrayGraph:
        """Compile it with OpenVINO for batches of a size; the graph itself may take them in smaller ones."""
        graphs = graph_file_of(self.model, variant=self.variant)
        graph = compiled_part(graphs, self.part, precision=precision, threads=threads)
        own = graphs.index.parts[self.part].inputs[0][0]
        return graph if batch == own else in_batches(graph, size=own)


def make_runner(
    network: nn.Module | ModelPart,
    config: PixelConfig,
    *,
    batches: tuple[int, int],
    device: str = "auto",
    backend: str = "auto",
    threads: int | None = None,
    when_needed: bool = False,
) -> Runner:
    """Return the runner of a network whose only input is 8-bit pixels.

    Args:
        network: the network, including its normalisation of pixels and decoding of outputs: a part of a model file, or
            a module in memory.
        config: configuration of the model, which gives the input's shape and the precision of OpenVINO's arithmetic.
        batches: batch sizes on a CPU and on a GPU.
        device: device to run on; ``"auto"`` takes a GPU if available.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: CPU threads for OpenVINO; all available ones by default.
        when_needed: compile with the first pictures only, as it takes seconds and there may be none.

    Raises:
        UsageError: an unknown device or backend, or an unsupported combination of the two.
        ResourceError: the requested GPU, or a backend's package, is not available.
        InputError: the network calculates numbers that are not finite.

    """
    where, reason = choose_device(device)
    chosen = choose_backend(backend, device=where, among=PICTURE_BACKENDS)
    batch = batches[1] if where == "cuda" else batches[0]
    if chosen == "torch":
        module = _module(network, config)
        graph = torch_graph(module, device=where, channels_last=len(config.shape) == 3)
        return Runner(graph, batch, reason, f"torch {'bf16' if where == 'cuda' else 'f32'}")

    def compiled() -> ArrayGraph:
        return _compiled(network, config, batch=batch, threads=threads or available_threads())

    ahead = ahead_with(threads or available_threads())
    graph = _Later(compiled, ahead=ahead) if when_needed else compiled()
    return Runner(graph, batch, reason, f"openvino {config.precision}")


def _compiled(network: nn.Module | ModelPart, config: PixelConfig, *, batch: int, threads: int) -> ArrayGraph:
    if isinstance(network, ModelPart):
        return network.compiled(batch=batch, precision=config.precision, threads=threads)
    import torch

    example = torch.zeros((batch, *config.shape), dtype=torch.uint8)
    return openvino_graph(_tried(network, config), example=example, precision=config.precision, threads=threads)


def _module(network: nn.Module | ModelPart, config: PixelConfig) -> nn.Module:
    """Return what torch runs; a model whose graphs were made was tried then."""
    if isinstance(network, ModelPart):
        module = network.module()
        return module if was_tried(network.model) else _tried(module, config)
    return _tried(network, config)


def _tried(module: nn.Module, config: PixelConfig) -> nn.Module:
    """Return a module in evaluation mode that was tried on noise; see :mod:`touchline.models.runtime.probing`."""
    from touchline.models.runtime.probing import noise, require_finite_layers, trial_shape

    require_finite_layers(module.eval(), noise((1, *trial_shape(config.shape))), model=config.name)
    return module


class _Later:
    """A graph that is built when it is first called."""

    def __init__(self, build: Callable[[], ArrayGraph], *, ahead: int) -> None:
        self.ahead = ahead
        self._build = build
        self._built: ArrayGraph | None = None

    def __call__(self, pixels: npt.NDArray[Any]) -> Arrays:
        return self.begin(pixels)()

    def begin(self, pixels: npt.NDArray[Any]) -> Pending[Arrays]:
        if self._built is None:
            self._built = self._build()
        return begin_on(self._built, pixels)


class PictureModel(Generic[ConfigT]):
    """A model of pictures, crops or clips, ready to run.

    Args:
        config: configuration of the model file.
        runner: runner of its network.
        sha256: hash of the model file; empty for a network that was not loaded from one.

    Attributes:
        gives: what the model outputs, for error messages.

    """

    gives: ClassVar[str]

    def __init__(self, config: ConfigT, *, runner: Runner, sha256: str = "") -> None:
        self.config = config
        self.name = config.name
        self.sha256 = sha256
        self.device_reason = runner.device_reason
        self.batch = runner.batch
        self._runner = runner

    @property
    def ahead(self) -> int:
        """Batches to keep begun while an earlier one is waited for."""
        return self._runner.ahead

    def run(self, pictures: Sequence[Pixels], *, draw: Draw[DrawnT]) -> Iterator[tuple[Pixels, DrawnT, Outputs]]:
        """Yield each picture, the result of drawing it, and the network's outputs for it.

        Args:
            pictures: any number of pictures of any sizes.
            draw: draws a picture into a black one of the network's size; its result is yielded with the outputs.

        Raises:
            ResourceError: the network's output is not finite.

        """
        begun: deque[_Begun[DrawnT]] = deque()
        for first in range(0, len(pictures), self.batch):
            begun.append(self._begin_batch(pictures[first : first + self.batch], draw=draw))
            if len(begun) > self.ahead:
                yield from begun.popleft()()
        for batch in begun:
            yield from batch()

    def begin_run(self, pictures: Sequence[Pixels], *, draw: Draw[DrawnT]) -> _Begun[DrawnT]:
        """Begin on all of a few pictures at once; call the result for what :meth:`run` yields."""
        starts = range(0, len(pictures), self.batch)
        parts = [self._begin_batch(pictures[first : first + self.batch], draw=draw) for first in starts]
        return lambda: (answer for part in parts for answer in part())

    def _begin_batch(self, part: Sequence[Pixels], *, draw: Draw[DrawnT]) -> _Begun[DrawnT]:
        """Draw one batch and begin on it."""
        pixels = np.zeros((self.batch, *self.config.shape), np.uint8)
        drawn = [draw(picture, into=pixels[row]) for row, picture in enumerate(part)]
        pending = self._runner.begin(pixels)

        def answers() -> Iterator[tuple[Pixels, DrawnT, Outputs]]:
            outputs = [output[: len(part)] for output in pending()]
            require_finite_output(*outputs, model=self.name, what=self.gives, runs_on=self.device_reason)
            for row, picture in enumerate(part):
                yield picture, drawn[row], tuple(output[row] for output in outputs)

        return answers
