"""People and the ball in single pictures: a network, the size it wants, and what of its answers is kept.

The ladder: :func:`load_detector` -> :meth:`Detector.detect` -> :class:`~touchline.core.tracks.Detections`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch

from touchline.core.errors import UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections
from touchline.models.networks.detector import PeakFinder
from touchline.models.runtime.running import ArrayGraph, available_threads, openvino_graph, pick_device
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_DETECTOR, load_model
from touchline.tracking.detections import MIN_CONFIDENCE, DetectorLike, Rgb
from touchline.tracking.hub_detector import is_hub_name, load_hub_detector

BackendName = Literal["auto", "torch", "openvino"]

_SAME_CLASS_IOU = 0.6
_SAME_PERSON_IOU = 0.75
_GPU_BATCH = 8


class Detector:
    """A built-in or trained detector, ready to look at pictures of any size.

    Args:
        config: of the model file.
        sha256: of the model file.
        graph: runs the network: pixels uint8 (b, h, w, 3) to scores and boxes.
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

    @property
    def thresholds(self) -> dict[str, float]:
        """Confidence from which on a label is worth showing."""
        return {label: self.config.thresholds.get(label, 0.4) for label in self.config.labels}

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """What is in each picture.

        Args:
            pictures: uint8 (h, w, 3) RGB, of any sizes.

        Returns:
            For each picture its detections from ``MIN_CONFIDENCE`` on, strongest first.

        Raises:
            ResourceError: the network gave numbers that are not finite.

        """
        found: list[Detections] = []
        for first in range(0, len(pictures), self.batch):
            found += self._detect_batch(pictures[first : first + self.batch])
        return found

    def _detect_batch(self, pictures: Sequence[Rgb]) -> list[Detections]:
        size = self.config.picture
        pixels = np.zeros((self.batch, size.height, size.width, 3), np.uint8)
        scales = [fit_picture(picture, into=pixels[row]) for row, picture in enumerate(pictures)]
        scores, boxes = (answer[: len(pictures)] for answer in self._graph(pixels))
        require_finite_output(scores, boxes, model=self.name, what="detection", runs_on=self.device_reason)
        return [
            select(scores[row], boxes[row] / scale, size=(picture.shape[1], picture.shape[0]))
            for row, (picture, scale) in enumerate(zip(pictures, scales, strict=True))
        ]


def load_detector(
    name_or_path: str | None = None,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    backend: BackendName = "auto",
    threads: int | None = None,
) -> DetectorLike:
    """A detector by name or path; the built-in one where none is named.

    Args:
        name_or_path: a built-in or imported model, its file, a folder of a ``transformers`` detector, or
            ``hf:OWNER/NAME`` for one of the hub.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or not a detector.
        UsageError: a device or backend that is not to be had.

    """
    if name_or_path is not None and is_hub_name(name_or_path):
        return load_hub_detector(name_or_path, device=device)
    network, config, sha256 = load_model(name_or_path or DEFAULT_DETECTOR, task="detect")
    where, reason = pick_device(device)
    if tuple(config.labels) != DETECTION_LABELS:
        raise UsageError(f"model {config.name!r} finds {config.labels}; a detector here has to find {DETECTION_LABELS}")
    batch = _GPU_BATCH if where.type == "cuda" else 1
    finder = PeakFinder(network).eval()
    if where.type == "cuda" or backend == "torch":
        graph: ArrayGraph = _torch_graph(finder, device=where)
    else:
        shape = (batch, config.picture.height, config.picture.width, 3)
        graph = openvino_graph(finder, shape=shape, precision=config.precision, threads=threads or available_threads())
    return Detector(config, sha256=sha256, graph=graph, device_reason=reason, batch=batch)


def _torch_graph(finder: PeakFinder, *, device: torch.device) -> ArrayGraph:
    """Torch as it is on a CPU; bfloat16 on a GPU."""
    network = finder.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            outputs = network(torch.from_numpy(pixels).to(device, non_blocking=True))
        return tuple(output.float().cpu().numpy() for output in outputs)

    return run


def fit_picture(picture: Rgb, *, into: Rgb) -> float:
    """Scale a picture (h, w, 3) to fit, its corner at the corner, and draw it into a black one; return the scale."""
    height, width = into.shape[:2]
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    if size != (picture.shape[1], picture.shape[0]):
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    into[: size[1], : size[0]] = picture
    return scale


def select(scores: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32], *, size: tuple[int, int]) -> Detections:
    """The detections among candidates, strongest first, each person once.

    Args:
        scores: (classes, k).
        boxes: (classes, k, 4) in the picture's pixels.
        size: width and height of the picture; boxes are clipped to it.

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
    """Greedy suppression: a box goes where a stronger one of its class, or of any person, covers the same place."""
    if len(boxes) == 0:
        return np.zeros(0, bool)
    overlap = pair_iou(boxes, boxes)
    same = classes[:, None] == classes[None]
    people = (classes[:, None] != BALL) & (classes[None] != BALL)
    rival = (same & (overlap > _SAME_CLASS_IOU)) | (people & (overlap > _SAME_PERSON_IOU))
    keep = np.ones(len(boxes), bool)
    for row in range(1, len(boxes)):
        keep[row] = not (rival[row, :row] & keep[:row]).any()
    return keep


def pair_iou(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Intersection over union (n, m) of boxes (n, 4) and (m, 4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.clip(high - low, 0.0, None).prod(2)
    area_a, area_b = ((x[:, 2:] - x[:, :2]).prod(1) for x in (a, b))
    return inner / np.maximum(area_a[:, None] + area_b[None] - inner, 1e-9)
