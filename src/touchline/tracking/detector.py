"""People and the ball in single pictures: a network, the size it wants, and what of its answers is kept.

The ladder: :func:`load_detector` -> :meth:`Detector.detect` -> :class:`~touchline.core.tracks.Detections`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.errors import UsageError
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections
from touchline.models.networks.detector import PeakFinder
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.runtime.hub import is_hub_name
from touchline.models.runtime.runner import PictureModel, make_runner
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_DETECTOR, load_model
from touchline.tracking.detections import MIN_CONFIDENCE, PeopleDetector, Rgb
from touchline.tracking.hub_detector import load_hub_detector

_SAME_CLASS_IOU = 0.6
_SAME_PERSON_IOU = 0.75
_BATCHES = (1, 8)


class Detector(PictureModel[PictureConfig]):
    """A built-in or trained detector, ready to look at pictures of any size; its network gives scores and boxes."""

    gives = "detection"

    @property
    def thresholds(self) -> dict[str, float]:
        """Confidence from which on a label is worth showing."""
        return {label: self.config.thresholds.get(label, 0.4) for label in self.config.labels}

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """Return what is in each picture.

        Args:
            pictures: uint8 (h, w, 3) RGB, of any sizes.

        Returns:
            For each picture its detections from ``MIN_CONFIDENCE`` on, strongest first.

        Raises:
            ResourceError: the network gave numbers that are not finite.

        """
        answers = self.run(pictures, draw=fit_at_corner)
        return [
            select(scores, boxes / scale, size=(picture.shape[1], picture.shape[0]))
            for picture, scale, (scores, boxes) in answers
        ]


def load_detector(
    name_or_path: str | None = None,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
) -> PeopleDetector:
    """Load a detector by name or path; the built-in one where none is named.

    Args:
        name_or_path: a built-in or imported model, its file, a folder of a ``transformers`` detector, or
            ``hf:OWNER/NAME`` for one of the hub.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or not a detector.
        UsageError: an unknown device or backend, a combination that does not exist, or a model of other labels.
        ResourceError: a GPU, or a backend's package, was asked for and is not there.

    """
    if name_or_path is not None and is_hub_name(name_or_path):
        return load_hub_detector(name_or_path, device=device)
    loaded = load_model(name_or_path or DEFAULT_DETECTOR, task="detect")
    config = loaded.config
    if tuple(config.labels) != DETECTION_LABELS:
        raise UsageError(f"model {config.name!r} finds {config.labels}; a detector here has to find {DETECTION_LABELS}")
    runner = make_runner(
        PeakFinder(loaded.network), config, batches=_BATCHES, device=device, backend=backend, threads=threads
    )
    return Detector(config, runner=runner, sha256=loaded.sha256)


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
