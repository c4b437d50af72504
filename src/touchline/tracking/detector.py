"""Detection of people and the ball in single images: the network, its input size, and the selection of its boxes.

The ladder: :func:`load_detector` -> :meth:`Detector.detect` -> :class:`~touchline.core.tracks.Detections`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.errors import UsageError
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.runtime.graph_file import graph_path, size_variant
from touchline.models.runtime.hub import is_hub_name
from touchline.models.runtime.runner import ModelPart, PictureModel, make_runner
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_DETECTOR, OpenedModel, open_model
from touchline.tracking.detections import MIN_CONFIDENCE, PeopleDetector
from touchline.tracking.hub_detector import load_hub_detector

if TYPE_CHECKING:
    from torch import nn

_SAME_CLASS_IOU = 0.6
_SAME_PERSON_IOU = 0.75
_BATCHES = (1, 8)


class Detector(PictureModel[PictureConfig]):
    """A built-in or trained detector, ready to run on images of any size; its network returns scores and boxes."""

    gives = "detection"

    @property
    def thresholds(self) -> dict[str, float]:
        """Confidence threshold for each label, above which a detection is worth showing."""
        return {label: self.config.thresholds.get(label, 0.4) for label in self.config.labels}

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """Detect people and the ball in each image.

        Args:
            pictures: uint8 (h, w, 3) RGB, of any sizes.

        Returns:
            The detections of each image with at least ``MIN_CONFIDENCE``, strongest first.

        Raises:
            ResourceError: the network's output is not finite.

        """
        return list(map(_selected, self.run(pictures, draw=fit_at_corner)))

    def begin(self, pictures: Sequence[Rgb]) -> Callable[[], list[Detections]]:
        """Begin on a few images; call the result once for what :meth:`detect` returns."""
        answers = self.begin_run(pictures, draw=fit_at_corner)
        return lambda: list(map(_selected, answers()))


def load_detector(
    name_or_path: str | None = None,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
    size: tuple[int, int] | None = None,
) -> PeopleDetector:
    """Load a detector by name or path; the built-in one by default.

    Args:
        name_or_path: a built-in or imported model, a model file, a folder of a ``transformers`` detector, or
            ``hf:OWNER/NAME`` for a model on the hub.
        device: where to run; ``"auto"`` uses a GPU if there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: number of threads for OpenVINO; all processors by default.
        size: width and height of the network's input, multiples of 32; the model's own by default. Models on the hub
            keep theirs.

    Raises:
        InputError: the model does not exist, is damaged, or is not a detector.
        UsageError: unknown device or backend, an unsupported combination, or a model with other labels.
        ResourceError: the requested GPU or the backend's package is not available.

    """
    if name_or_path is not None and is_hub_name(name_or_path):
        return load_hub_detector(name_or_path, device=device)
    opened = open_model(name_or_path or DEFAULT_DETECTOR, task="detect")
    config = opened.config
    if tuple(config.labels) != DETECTION_LABELS:
        raise UsageError(f"model {config.name!r} detects {config.labels}; a detector must detect {DETECTION_LABELS}")
    network: ModelPart | nn.Module = ModelPart(opened, "people")
    if size is not None and size != (config.picture.width, config.picture.height):
        config = config.of_size(size)
        network = _of_size(opened, size)
    runner = make_runner(network, config, batches=_BATCHES, device=device, backend=backend, threads=threads)
    return Detector(config, runner=runner, sha256=opened.sha256)


def _of_size(opened: OpenedModel[PictureConfig], size: tuple[int, int]) -> ModelPart | nn.Module:
    """Return a detector's network for another input size: from the graph of that size beside it, or made with torch."""
    variant = size_variant(size)
    if graph_path(opened.path, variant=variant).is_file():
        return ModelPart(opened, "people", variant=variant)
    return ModelPart(opened, "people").module()


def _selected(answer: tuple[Rgb, float, tuple[npt.NDArray[np.float32], ...]]) -> Detections:
    """Return the detections in an image, from the network's answer."""
    picture, scale, (scores, boxes) = answer
    return select(scores, boxes / scale, size=(picture.shape[1], picture.shape[0]))


def select(scores: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32], *, size: tuple[int, int]) -> Detections:
    """Select detections from the candidates, strongest first, each person once.

    Args:
        scores: (classes, k).
        boxes: (classes, k, 4), pixels.
        size: width and height of the image; boxes are clipped to it.

    """
    classes, column = np.nonzero(scores >= MIN_CONFIDENCE)
    confidence = scores[classes, column]
    order = np.argsort(-confidence, kind="stable")
    classes, confidence = classes[order], confidence[order]
    clipped = np.clip(boxes[classes, column[order]], 0.0, np.array([*size, *size], np.float32)).astype(np.float32)
    whole = (clipped[:, 2:] - clipped[:, :2] > 0.5).all(1)
    keep = _keep(clipped, classes) & whole
    return Detections(clipped[keep], confidence[keep].astype(np.float32), classes[keep].astype(np.int64))


def _keep(boxes: npt.NDArray[np.float32], classes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Greedy suppression: drop a box if a stronger one of the same class, or of any person, covers the same place."""
    if len(boxes) == 0:
        return np.zeros(0, bool)
    overlap = pair_iou(boxes, boxes)
    same = classes[:, None] == classes[None]
    people = classes != BALL
    rival = (same & (overlap > _SAME_CLASS_IOU)) | (people[:, None] & people & (overlap > _SAME_PERSON_IOU))
    keep = np.ones(len(boxes), bool)
    for row in np.flatnonzero(np.tril(rival, -1).any(axis=1)).tolist():
        keep[row] = not (rival[row, :row] & keep[:row]).any()
    return keep


def pair_iou(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the intersection over union (n, m) of boxes (n, 4) and (m, 4)."""
    across, down = (
        np.minimum(a[:, None, axis + 2], b[:, axis + 2]) - np.maximum(a[:, None, axis], b[:, axis]) for axis in (0, 1)
    )
    inner = np.maximum(across, 0) * np.maximum(down, 0)
    area_a, area_b = ((x[:, 2:] - x[:, :2]).prod(1) for x in (a, b))
    return inner / np.maximum(area_a[:, None] + area_b - inner, 1e-9)
