"""The one runner of models of pictures, crops and clips: device, backend, threads and batches.

A model is a configuration, a runner, and what it makes of the outputs; all are a
:class:`PictureModel`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.finite_output import require_finite_output
from touchline.models.runtime.backends import PICTURE_BACKENDS, choose_backend
from touchline.models.runtime.device import available_threads, choose_device
from touchline.models.runtime.graphs import ArrayGraph, openvino_graph, torch_graph
from touchline.models.specs.spec import PixelConfig

Pixels = npt.NDArray[np.uint8]
ConfigT = TypeVar("ConfigT", bound=PixelConfig)
DrawnT = TypeVar("DrawnT")
DrawnT_co = TypeVar("DrawnT_co", covariant=True)
Outputs = tuple[npt.NDArray[np.float32], ...]
"""Of one picture: what the network gives, without the axis of the batch."""


class Draw(Protocol[DrawnT_co]):
    """Draws a picture of any size into a black one of the network's size."""

    def __call__(self, picture: Pixels, /, *, into: Pixels) -> DrawnT_co:
        """Return what is needed to read the outputs, such as the scale."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Runner:
    """A network on its device, which takes so many pictures at once.

    Attributes:
        graph: pixels uint8 (batch, ...) to the network's outputs.
        batch: how many pictures the graph takes.
        device_reason: where it runs and why.
        arithmetic: what computes and how precisely, for the record.

    """

    graph: ArrayGraph
    batch: int
    device_reason: str
    arithmetic: str = "torch f32"


def make_runner(
    module: nn.Module,
    config: PixelConfig,
    *,
    batches: tuple[int, int],
    device: str = "auto",
    backend: str = "auto",
    threads: int | None = None,
    when_needed: bool = False,
) -> Runner:
    """Return the runner of a module whose one input is 8-bit pixels.

    Args:
        module: the network, with what makes its input of pixels and reads its outputs.
        config: of the model; it says how large pictures are, and the precision of OpenVINO's arithmetic.
        batches: how many go through at once on a CPU, and on a GPU.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.
        when_needed: compile with the first pictures: it takes seconds, and there may be nothing to do.

    Raises:
        UsageError: an unknown device or backend, or a combination that does not exist.
        ResourceError: a GPU, or a backend's package, was asked for and is not there.

    """
    where, reason = choose_device(device)
    chosen = choose_backend(backend, device=where, among=PICTURE_BACKENDS)
    batch = batches[1] if where.type == "cuda" else batches[0]
    module, shape, precision = module.eval(), config.shape, config.precision
    if chosen == "torch":
        graph = torch_graph(module, device=where, channels_last=len(shape) == 3)
        return Runner(graph, batch, reason, f"torch {'bf16' if where.type == 'cuda' else 'f32'}")

    def compiled() -> ArrayGraph:
        example = torch.zeros((batch, *shape), dtype=torch.uint8)
        return openvino_graph(module, example=example, precision=precision, threads=threads or available_threads())

    return Runner(_later(compiled) if when_needed else compiled(), batch, reason, f"openvino {precision}")


def _later(build: Callable[[], ArrayGraph]) -> ArrayGraph:
    """Return a graph that is built with its first pictures."""
    built: list[ArrayGraph] = []

    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        if not built:
            built.append(build())
        return built[0](pixels)

    return run


class PictureModel(Generic[ConfigT]):
    """A model that looks at pictures, crops or clips, ready to run.

    Args:
        config: of the model file.
        runner: of its network.
        sha256: of the model file; empty for a network that is of none.

    Attributes:
        gives: what it finds, in an error's words.

    """

    gives: ClassVar[str]

    def __init__(self, config: ConfigT, *, runner: Runner, sha256: str = "") -> None:
        self.config = config
        self.name = config.name
        self.sha256 = sha256
        self.device_reason = runner.device_reason
        self.batch = runner.batch
        self._runner = runner

    def run(self, pictures: Sequence[Pixels], *, draw: Draw[DrawnT]) -> Iterator[tuple[Pixels, DrawnT, Outputs]]:
        """Yield each picture, what drawing it gave, and the network's outputs for it.

        Args:
            pictures: any number of any sizes.
            draw: draws a picture into a black one of the network's size; what it returns comes back with the outputs.

        Raises:
            ResourceError: the network gave numbers that are not finite.

        """
        for first in range(0, len(pictures), self.batch):
            part = pictures[first : first + self.batch]
            pixels = np.zeros((self.batch, *self.config.shape), np.uint8)
            drawn = [draw(picture, into=pixels[row]) for row, picture in enumerate(part)]
            outputs = [output[: len(part)] for output in self._runner.graph(pixels)]
            require_finite_output(*outputs, model=self.name, what=self.gives, runs_on=self.device_reason)
            for row, picture in enumerate(part):
                yield picture, drawn[row], tuple(output[row] for output in outputs)
