"""ViTPose of the ``transformers`` library: from a folder, or from the hub when asked.

It knows COCO's seventeen points in the picture and no depth; pelvis, neck and thorax are put midway between hips and
shoulders, the top of the head beyond the ears. ``pip install touchline[hub]`` brings what this needs. Nothing is
fetched unless the name says ``hf:``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.errors import InputError, NetworkError, UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.poses import JOINTS, Pose
from touchline.models.runtime.running import pick_device

HUB_PREFIX = "hf:"
Floats = npt.NDArray[np.float32]

COCO_POINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist") for side in ("left", "right")),
    *(f"{side}_{part}" for part in ("hip", "knee", "ankle") for side in ("left", "right")),
)
"""The order of ViTPose's points."""

_COCO_EXPERT = 0
"""ViTPose+ was trained on several sets of points at once; this is COCO's number among them."""
_HEAD_OVER_EARS = 1.75
"""How far the top of the head lies from the neck, over how far the ears do."""


def is_hub_name(name: str) -> bool:
    """Whether a name means a model of ``transformers``: ``hf:OWNER/NAME`` or a folder with its config."""
    return name.startswith(HUB_PREFIX) or (Path(name) / "config.json").is_file()


def joints_of_coco(points: Floats, confidence: Floats) -> tuple[Floats, Floats]:
    """The sixteen joints (16, 2) and their confidence (16,) from COCO's points (17, 2) and theirs (17,)."""
    place = {name: number for number, name in enumerate(COCO_POINTS)}

    def middle(*names: str) -> tuple[Floats, float]:
        rows = [place[name] for name in names]
        return points[rows].mean(axis=0), float(confidence[rows].min())

    found = {name: (points[place[name]], float(confidence[place[name]])) for name in JOINTS if name in place}
    found["pelvis"] = middle("left_hip", "right_hip")
    found["neck"] = found["thorax"] = middle("left_shoulder", "right_shoulder")
    ears, sure = middle("left_ear", "right_ear")
    neck, neck_sure = found["neck"]
    found["head_top"] = (neck + (ears - neck) * _HEAD_OVER_EARS, min(sure, neck_sure))
    joints = np.stack([found[name][0] for name in JOINTS]).astype(np.float32)
    return joints, np.array([found[name][1] for name in JOINTS], np.float32)


class HubPoseFinder:
    """A ViTPose behind touchline's interface.

    Args:
        model: gives points for what its processor makes of pictures.
        processor: of the same folder.
        name, sha256, device_reason: for the record.
        device: where the model lies.

    """

    def __init__(
        self, model: Any, processor: Any, *, name: str, sha256: str, device: torch.device, device_reason: str
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self.device_reason = device_reason
        self._device = device
        self._model = model.eval().to(device)
        self._processor = processor
        many = getattr(model.config.backbone_config, "num_experts", 1) > 1
        self._experts = {"dataset_index": torch.tensor([_COCO_EXPERT], device=device)} if many else {}

    @torch.inference_mode()
    def find(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Pose]:
        """The joints of the one person in each crop (h, w, 3), without depth."""
        return [self._find(crop) for crop in crops]

    def _find(self, crop: npt.NDArray[np.uint8]) -> Pose:
        box = [[0.0, 0.0, float(crop.shape[1]), float(crop.shape[0])]]
        inputs = self._processor([crop], boxes=[box], return_tensors="pt").to(self._device)
        outputs = self._model(**inputs, **self._experts)
        heat = outputs.heatmaps.float().cpu().numpy()
        require_finite_output(heat, model=self.name, what="joint", runs_on=self.device_reason)
        answer = self._processor.post_process_pose_estimation(outputs, boxes=[box])[0][0]
        points = answer["keypoints"].float().cpu().numpy().astype(np.float32)
        scores = answer["scores"].float().cpu().numpy().astype(np.float32)
        if points.shape != (len(COCO_POINTS), 2):
            raise UsageError(f"pose finder {self.name!r} gives {len(points)} points; ViTPose of COCO has 17")
        joints, confidence = joints_of_coco(points, np.clip(scores, 0, 1))
        return Pose(joints, confidence)


def load_hub_pose_finder(name: str, *, device: Literal["auto", "cpu", "cuda"] = "auto") -> HubPoseFinder:
    """A ViTPose from a folder, or from the hub as ``hf:OWNER/NAME`` or ``hf:OWNER/NAME@REVISION``.

    Raises:
        UsageError: ``transformers`` is not installed.
        InputError: the folder holds no such model.
        NetworkError: the hub cannot be reached or has no such model.

    """
    try:
        from transformers import AutoImageProcessor, VitPoseForPoseEstimation
    except ImportError as error:
        raise UsageError(f"pose finder {name!r} needs transformers: pip install 'touchline[hub]'") from error
    folder = _fetch(name.removeprefix(HUB_PREFIX)) if name.startswith(HUB_PREFIX) else Path(name)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise InputError(f"{folder}: holds no .safetensors weights; only these are loaded, as they cannot run code")
    where, reason = pick_device(device)
    try:
        model = VitPoseForPoseEstimation.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"{folder}: not a ViTPose that transformers can load ({error})") from error
    digest = hashlib.sha256()
    for path in weights:
        digest.update(path.read_bytes())
    return HubPoseFinder(model, processor, name=name, sha256=digest.hexdigest(), device=where, device_reason=reason)


def _fetch(name: str) -> Path:
    """The folder of a hub model, fetched once into the hub's own cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repo, _, revision = name.partition("@")
    wanted = ["config.json", "preprocessor_config.json", "*.safetensors"]
    try:
        folder = snapshot_download(repo, revision=revision or None, allow_patterns=wanted)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise NetworkError(f"{HUB_PREFIX}{name}: cannot be fetched ({error}); give a folder that holds it") from error
    except HFValidationError as error:
        raise UsageError(f"{HUB_PREFIX}{name}: not a name on the hub ({error}); write hf:OWNER/NAME") from error
    return Path(folder)
