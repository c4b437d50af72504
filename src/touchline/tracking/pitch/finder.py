"""The pitch's keypoints in single pictures: a network, the size it wants, and how its answers become points.

The ladder: :func:`load_pitch_finder` -> :meth:`PitchFinder.find` -> keypoints, from which
:mod:`touchline.tracking.pitch.homography` places the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.errors import UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.pitch import KEYPOINT_NAMES
from touchline.models.networks.pitch_net import STRIDE, PitchReader
from touchline.models.runtime.running import ArrayGraph, available_threads, openvino_graph, pick_device
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_PITCH_FINDER, load_model
from touchline.tracking.detector import BackendName, fit_picture

Rgb = npt.NDArray[np.uint8]
Keypoints = npt.NDArray[np.float32]

_GPU_BATCH = 16
_REACH = 2
"""Cells around the highest one that count as the same place."""


class PitchFinder:
    """A built-in or trained pitch finder, ready to look at pictures of any size.

    Args:
        config: of the model file.
        sha256: of the model file.
        graph: runs the network: pixels uint8 (b, h, w, 3) to probabilities (b, 32, h/4, w/4).
        device_reason: where it runs and why.
        batch: how many pictures the graph takes.

    """

    def __init__(
        self, config: PictureConfig, *, sha256: str, graph: ArrayGraph, device_reason: str, batch: int
    ) -> None:
        self.config = config
        self.name = config.name
        self.sha256 = sha256
        self.device_reason = device_reason
        self.batch = batch
        self._graph = graph

    def find(self, pictures: Sequence[Rgb]) -> list[Keypoints]:
        """Where the 32 points of :mod:`touchline.core.pitch` are in each picture.

        Args:
            pictures: uint8 (h, w, 3) RGB, of any sizes.

        Returns:
            For each picture float32 (32, 3): x, y in its own pixels, and how likely the point is there, 0 to 1. A point
            that is not in the picture has a confidence near 0, and its x, y mean nothing.

        Raises:
            ResourceError: the network gave numbers that are not finite.

        """
        found: list[Keypoints] = []
        for first in range(0, len(pictures), self.batch):
            found += self._find_batch(pictures[first : first + self.batch])
        return found

    def _find_batch(self, pictures: Sequence[Rgb]) -> list[Keypoints]:
        size = self.config.picture
        pixels = np.zeros((self.batch, size.height, size.width, 3), np.uint8)
        scales = [fit_picture(picture, into=pixels[row]) for row, picture in enumerate(pictures)]
        probabilities = self._graph(pixels)[0][: len(pictures)]
        require_finite_output(probabilities, model=self.name, what="keypoint", runs_on=self.device_reason)
        found = []
        for row, scale in enumerate(scales):
            points = read_keypoints(probabilities[row])
            points[:, :2] /= scale
            found.append(points)
        return found


def load_pitch_finder(
    name: str | None = None,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    backend: BackendName = "auto",
    threads: int | None = None,
) -> PitchFinder:
    """A pitch finder by name or path; the built-in one where none is named.

    Args:
        name: a built-in or imported model, or its file.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or no pitch finder.
        UsageError: a model of other keypoints, or a device that is not to be had.

    """
    network, config, sha256 = load_model(name or DEFAULT_PITCH_FINDER, task="pitch")
    if tuple(config.labels) != KEYPOINT_NAMES:
        raise UsageError(
            f"model {config.name!r} does not find the {len(KEYPOINT_NAMES)} keypoints of touchline.core.pitch"
        )
    where, reason = pick_device(device)
    batch = _GPU_BATCH if where.type == "cuda" else 1
    reader = PitchReader(network).eval()
    if where.type == "cuda" or backend == "torch":
        graph = _torch_graph(reader, device=where)
    else:
        shape = (batch, config.picture.height, config.picture.width, 3)
        graph = openvino_graph(reader, shape=shape, precision=config.precision, threads=threads or available_threads())
    return PitchFinder(config, sha256=sha256, graph=graph, device_reason=reason, batch=batch)


def _torch_graph(reader: PitchReader, *, device: torch.device) -> ArrayGraph:
    """Torch as it is on a CPU; bfloat16 on a GPU."""
    network = reader.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            probabilities = network(torch.from_numpy(pixels).to(device, non_blocking=True))
        return (probabilities.float().cpu().numpy(),)

    return run


def read_keypoints(probabilities: npt.NDArray[np.float32]) -> Keypoints:
    """Keypoints of one picture from the distributions the network gives.

    Args:
        probabilities: of each point lying in each cell, (points, h, w), a point's sum at most 1.

    Returns:
        float32 (points, 3): x, y in pixels of the network's picture, and how likely the point lies within ten pixels of
        there, 0 to 1.

    """
    points, _, width = probabilities.shape
    best = probabilities.reshape(points, -1).argmax(1)
    row, column = np.divmod(best, width)
    padded = np.pad(probabilities, ((0, 0), (_REACH, _REACH), (_REACH, _REACH)))
    span = np.arange(2 * _REACH + 1)
    window = padded[np.arange(points)[:, None, None], row[:, None, None] + span[:, None], column[:, None, None] + span]
    mass = window.sum((1, 2))
    share = window / np.maximum(mass, 1e-12)[:, None, None]
    x = (share.sum(1) * (span - _REACH)).sum(1) + column
    y = (share.sum(2) * (span - _REACH)).sum(1) + row
    return np.stack([(x + 0.5) * STRIDE, (y + 0.5) * STRIDE, mass], 1).astype(np.float32)
