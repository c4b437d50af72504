"""A recogniser of clips, ready to run: the ladder is :func:`load_recogniser` -> :meth:`ClipRecogniser.scores`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.errors import InputError
from touchline.core.finite_output import require_finite_output
from touchline.models.runtime.running import ArrayGraph, available_threads, openvino_graph, pick_device
from touchline.models.specs.clip_input import ClipClassifier
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import list_models, load_model

Clip = npt.NDArray[np.uint8]
BackendName = Literal["auto", "torch", "openvino"]

_CPU_BATCH = 1
"""Four at once take no less time than four one by one, and a batch that is not full would be filled up for nothing."""

_GPU_BATCH = 32


class ClipRecogniser:
    """Names what happens in clips.

    Args:
        config: of the model file.
        sha256: of the model file.
        graph: runs the network: pixels uint8 (b, t, h, w, 3) to probabilities (b, classes).
        device_reason: where it runs and why.
        batch: how many clips the graph takes.

    """

    def __init__(self, config: ClipConfig, *, sha256: str, graph: ArrayGraph, device_reason: str, batch: int) -> None:
        self.config = config
        self.name = config.name
        self.sha256 = sha256
        self.device_reason = device_reason
        self.batch = batch
        self._graph = graph

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the scores' columns."""
        return self.config.labels

    @property
    def spec(self) -> ClipSpec:
        """The clips it wants."""
        return self.config.clip

    def scores(self, clips: Sequence[Clip]) -> npt.NDArray[np.float32]:
        """Probabilities float32 (n, classes) of clips, each uint8 (frames, height, width, 3) RGB as ``spec`` says.

        Raises:
            ValueError: a clip of another shape; :func:`touchline.recognition.prepare.sample_clip` makes them fit.
            ResourceError: the network gave numbers that are not finite.

        """
        shape = (self.spec.frames, self.spec.height, self.spec.width, 3)
        wrong = next((clip.shape for clip in clips if clip.shape != shape), None)
        if wrong is not None:
            raise ValueError(f"a clip of shape {wrong} does not fit the recogniser's {shape}")
        rows = [np.zeros((0, len(self.labels)), np.float32)]
        for first in range(0, len(clips), self.batch):
            part = clips[first : first + self.batch]
            pixels = np.zeros((self.batch, *shape), np.uint8)
            pixels[: len(part)] = part
            (scores,) = self._graph(pixels)
            rows.append(scores[: len(part)])
        found = np.concatenate(rows)
        require_finite_output(found, model=self.name, what="score", runs_on=self.device_reason)
        return found


def load_recogniser(
    name_or_path: str | None = None,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    backend: BackendName = "auto",
    batch: int | None = None,
    threads: int | None = None,
) -> ClipRecogniser:
    """A recogniser by name or path; the only one there is where none is named.

    Args:
        name_or_path: a built-in or imported model, or its file.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        batch: clips at once; 1 on a CPU and 32 on a GPU where nothing is said.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, no recogniser of clips, or not trained yet; or none is named and
            there is not exactly one.
        ResourceError: a GPU was asked for and there is none.

    """
    network, config, sha256 = load_model(name_or_path or _only_recogniser(), task="recognize")
    if config.untrained:
        raise InputError(
            f"model {config.name!r}: its {', '.join(config.untrained)} has fresh weights, so that it says nothing yet; "
            f"train it first, in a recipe with model.weights={config.name}"
        )
    where, reason = pick_device(device)
    size = batch or (_GPU_BATCH if where.type == "cuda" else _CPU_BATCH)
    whole = ClipClassifier(network, spec=config.clip, temperature=config.temperature).eval()
    if where.type == "cuda" or backend == "torch":
        graph: ArrayGraph = _torch_graph(whole, device=where)
    else:
        shape = (size, config.clip.frames, config.clip.height, config.clip.width, 3)
        graph = openvino_graph(whole, shape=shape, precision=config.precision, threads=threads or available_threads())
    return ClipRecogniser(config, sha256=sha256, graph=graph, device_reason=reason, batch=size)


def _only_recogniser() -> str:
    names = [model.path.stem for model in list_models() if model.config.task == "recognize"]
    if len(names) != 1:
        there = f"there are {names}" if names else "none ships with touchline, as none was good enough"
        raise InputError(
            f"name a recogniser of clips with --model: {there}. `touchline train recipes/recognise-clips.yaml` trains "
            "one on clips of yours, `touchline models import` takes over published weights"
        )
    return names[0]


def _torch_graph(whole: ClipClassifier, *, device: torch.device) -> ArrayGraph:
    """Torch as it is on a CPU; bfloat16 on a GPU."""
    network = whole.to(device)

    @torch.inference_mode()
    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            return (network(torch.from_numpy(pixels).to(device, non_blocking=True)).float().cpu().numpy(),)

    return run
