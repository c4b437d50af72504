"""Detectors of the ``transformers`` library (RT-DETR, D-FINE, DETR, ...), from a folder or, on request, from the hub.

They are trained on everyday images, so every person counts as a player; teams and roles then come from kits alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from touchline.core.arrays import Rgb
from touchline.core.errors import UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.tracks import BALL, PLAYER, Detections
from touchline.models.runtime.hub import HubModel, load_hub_model
from touchline.tracking.detections import MIN_CONFIDENCE

_CLASSES = {"person": PLAYER, "sports ball": BALL, "player": PLAYER, "ball": BALL}
_BATCH = 4


class HubDetector:
    """A ``transformers`` detector behind touchline's detector interface."""

    batch = _BATCH

    def __init__(self, model: HubModel) -> None:
        self.name, self.sha256, self.device_reason = model.name, model.sha256, model.device_reason
        self._model = model
        self._classes = _class_map(model.network.config.id2label, name=model.name)

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """Detect people and balls in images uint8 (h, w, 3) RGB, strongest first."""
        import torch

        found: list[Detections] = []
        for first in range(0, len(pictures), self.batch):
            part = list(pictures[first : first + self.batch])
            inputs = self._model.processor(images=part, return_tensors="pt").to(self._model.device)
            with torch.inference_mode():
                outputs = self._model.network(**inputs)
            given = (outputs.logits.float().cpu().numpy(), outputs.pred_boxes.float().cpu().numpy())
            require_finite_output(*given, model=self.name, what="detection", runs_on=self.device_reason)
            sizes = [(picture.shape[0], picture.shape[1]) for picture in part]
            answers = self._model.processor.post_process_object_detection(
                outputs, threshold=MIN_CONFIDENCE, target_sizes=sizes
            )
            found += [self._detections(answer, size) for answer, size in zip(answers, sizes, strict=True)]
        return found

    def _detections(self, answer: Mapping[str, Any], size: tuple[int, int]) -> Detections:
        labels = answer["labels"].cpu().numpy()
        known = np.array([int(label) in self._classes for label in labels], bool)
        confidence = answer["scores"].float().cpu().numpy()[known]
        corners = np.array([size[1], size[0], size[1], size[0]], np.float32)
        boxes = np.clip(answer["boxes"].float().cpu().numpy()[known], 0.0, corners)
        boxes[:, 2:] = np.maximum(boxes[:, :2], boxes[:, 2:])
        classes = np.array([self._classes[int(label)] for label in labels[known]], np.int64)
        order = np.argsort(-confidence, kind="stable")
        return Detections(boxes[order], confidence[order], classes[order])


def load_hub_detector(name: str, *, device: str = "auto") -> HubDetector:
    """Load a detector from a folder or from the hub.

    Raises the errors of :func:`~touchline.models.runtime.hub.load_hub_model`.

    Raises:
        UsageError: also when the model has no class for people.

    """
    return HubDetector(load_hub_model(name, model_class="AutoModelForObjectDetection", what="detector", device=device))


def _class_map(id2label: Mapping[int, str], *, name: str) -> dict[int, int]:
    """Map the model's class indices to ours, for classes that mean a person or a ball."""
    classes = {int(i): _CLASSES[label.lower()] for i, label in id2label.items() if label.lower() in _CLASSES}
    if PLAYER not in classes.values():
        raise UsageError(f"detector {name!r} has no class 'person'; its classes: {sorted(set(id2label.values()))[:20]}")
    return classes
