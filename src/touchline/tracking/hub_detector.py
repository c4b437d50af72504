"""Detectors of the ``transformers`` library (RT-DETR, D-FINE, DETR, ...): from a folder, or from the hub when asked.

They are trained on everyday pictures, so every person is a player to them; teams and roles are then told by kits alone.
``pip install touchline[hub]`` brings what this needs. Nothing is fetched unless the name says ``hf:``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from touchline.core.errors import InputError, NetworkError, UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.tracks import BALL, PLAYER, Detections
from touchline.models.runtime.running import pick_device
from touchline.tracking.detections import MIN_CONFIDENCE, Rgb

HUB_PREFIX = "hf:"
_CLASSES = {"person": PLAYER, "sports ball": BALL, "player": PLAYER, "ball": BALL}
_BATCH = 4


def is_hub_name(name: str) -> bool:
    """Whether a detector's name means a model of ``transformers``: ``hf:OWNER/NAME`` or a folder with its config."""
    return name.startswith(HUB_PREFIX) or (Path(name) / "config.json").is_file()


class HubDetector:
    """A detector of ``transformers`` behind touchline's interface.

    Args:
        model: gives boxes for what its processor makes of pictures.
        processor: of the same folder.
        name, sha256, device_reason: for the record.
        device: where the model lies.

    """

    batch = _BATCH

    def __init__(
        self, model: Any, processor: Any, *, name: str, sha256: str, device: torch.device, device_reason: str
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self.device_reason = device_reason
        self._device = device
        self._model = model.eval().to(device)
        self._processor = processor
        self._classes = _class_map(model.config.id2label, name=name)

    @torch.inference_mode()
    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        """People and balls in pictures uint8 (h, w, 3) RGB, strongest first."""
        found: list[Detections] = []
        for first in range(0, len(pictures), self.batch):
            part = list(pictures[first : first + self.batch])
            inputs = self._processor(images=part, return_tensors="pt").to(self._device)
            outputs = self._model(**inputs)
            given = (outputs.logits.float().cpu().numpy(), outputs.pred_boxes.float().cpu().numpy())
            require_finite_output(*given, model=self.name, what="detection", runs_on=self.device_reason)
            sizes = [(picture.shape[0], picture.shape[1]) for picture in part]
            answers = self._processor.post_process_object_detection(
                outputs, threshold=MIN_CONFIDENCE, target_sizes=sizes
            )
            found += [self._detections(answer, size) for answer, size in zip(answers, sizes, strict=True)]
        return found

    def _detections(self, answer: Mapping[str, torch.Tensor], size: tuple[int, int]) -> Detections:
        labels = answer["labels"].cpu().numpy()
        known = np.array([int(label) in self._classes for label in labels], bool)
        confidence = answer["scores"].float().cpu().numpy()[known]
        corners = np.array([size[1], size[0], size[1], size[0]], np.float32)
        boxes = np.clip(answer["boxes"].float().cpu().numpy()[known], 0.0, corners)
        boxes[:, 2:] = np.maximum(boxes[:, :2], boxes[:, 2:])
        classes = np.array([self._classes[int(label)] for label in labels[known]], np.int64)
        order = np.argsort(-confidence, kind="stable")
        return Detections(boxes[order], confidence[order], classes[order])


def load_hub_detector(name: str, *, device: Literal["auto", "cpu", "cuda"] = "auto") -> HubDetector:
    """A detector from a folder, or from the hub as ``hf:OWNER/NAME`` or ``hf:OWNER/NAME@REVISION``.

    Raises:
        UsageError: ``transformers`` is not installed, or the model knows neither people nor balls.
        InputError: the folder holds no such model.
        NetworkError: the hub cannot be reached or has no such model.

    """
    try:
        from transformers import AutoImageProcessor, AutoModelForObjectDetection
    except ImportError as error:
        raise UsageError(f"detector {name!r} needs transformers: pip install 'touchline[hub]'") from error
    folder = _fetch(name.removeprefix(HUB_PREFIX)) if name.startswith(HUB_PREFIX) else Path(name)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise InputError(f"{folder}: holds no .safetensors weights; only these are loaded, as they cannot run code")
    where, reason = pick_device(device)
    try:
        model = AutoModelForObjectDetection.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"{folder}: not a detector that transformers can load ({error})") from error
    digest = hashlib.sha256()
    for path in weights:
        digest.update(path.read_bytes())
    return HubDetector(model, processor, name=name, sha256=digest.hexdigest(), device=where, device_reason=reason)


def _fetch(name: str) -> Path:
    """The folder of a hub model, fetched once into the hub's own cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repo, _, revision = name.partition("@")
    try:
        folder = snapshot_download(
            repo, revision=revision or None, allow_patterns=["config.json", "preprocessor_config.json", "*.safetensors"]
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise NetworkError(f"{HUB_PREFIX}{name}: cannot be fetched ({error}); give a folder that holds it") from error
    except HFValidationError as error:
        raise UsageError(f"{HUB_PREFIX}{name}: not a name on the hub ({error}); write hf:OWNER/NAME") from error
    return Path(folder)


def _class_map(id2label: Mapping[int, str], *, name: str) -> dict[int, int]:
    """The model's class indices -> ours, for those that mean a person or a ball."""
    classes = {int(i): _CLASSES[label.lower()] for i, label in id2label.items() if label.lower() in _CLASSES}
    if PLAYER not in classes.values():
        raise UsageError(f"detector {name!r} knows no class 'person'; it finds {sorted(set(id2label.values()))[:20]}")
    return classes
