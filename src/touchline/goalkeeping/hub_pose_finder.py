"""ViTPose of the ``transformers`` library, from a folder or, on request, from the hub.

It finds COCO's seventeen points in the image, without depth; pelvis, neck and thorax are placed midway between the hips
and the shoulders, the top of the head beyond the ears.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.errors import UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.poses import JOINTS, Pose
from touchline.models.runtime.hub import HubModel, load_hub_model

COCO_POINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist") for side in ("left", "right")),
    *(f"{side}_{part}" for part in ("hip", "knee", "ankle") for side in ("left", "right")),
)
"""The order of ViTPose's points."""

_COCO_EXPERT = 0
"""ViTPose+ was trained on several keypoint sets at once; this is the index of COCO."""
_HEAD_OVER_EARS = 1.75
"""Distance of the top of the head from the neck, relative to that of the ears."""


def joints_of_coco(points: Floats32, confidence: Floats32) -> tuple[Floats32, Floats32]:
    """Convert COCO's points (17, 2) and confidences (17,) to the sixteen joints (16, 2) and their confidences (16,)."""
    place = {name: number for number, name in enumerate(COCO_POINTS)}

    def middle(*names: str) -> tuple[Floats32, float]:
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
    """A ViTPose model behind touchline's pose finder interface."""

    def __init__(self, model: HubModel) -> None:
        self.name, self.sha256, self.device_reason = model.name, model.sha256, model.device_reason
        self._model = model
        self._many = getattr(model.network.config.backbone_config, "num_experts", 1) > 1

    def find(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Pose]:
        """Find the joints of the one person in each crop (h, w, 3), without depth."""
        import torch

        experts = {"dataset_index": torch.tensor([_COCO_EXPERT], device=self._model.device)} if self._many else {}
        with torch.inference_mode():
            return [self._find(crop, experts) for crop in crops]

    def _find(self, crop: npt.NDArray[np.uint8], experts: Mapping[str, Any]) -> Pose:
        box = [[0.0, 0.0, float(crop.shape[1]), float(crop.shape[0])]]
        inputs = self._model.processor([crop], boxes=[box], return_tensors="pt").to(self._model.device)
        outputs = self._model.network(**inputs, **experts)
        heat = outputs.heatmaps.float().cpu().numpy()
        require_finite_output(heat, model=self.name, what="joint", runs_on=self.device_reason)
        answer = self._model.processor.post_process_pose_estimation(outputs, boxes=[box])[0][0]
        points = answer["keypoints"].float().cpu().numpy().astype(np.float32)
        scores = answer["scores"].float().cpu().numpy().astype(np.float32)
        if points.shape != (len(COCO_POINTS), 2):
            raise UsageError(f"pose finder {self.name!r} returns {len(points)} points; expected the 17 of COCO")
        joints, confidence = joints_of_coco(points, np.clip(scores, 0, 1))
        return Pose(joints, confidence)


def load_hub_pose_finder(name: str, *, device: str = "auto") -> HubPoseFinder:
    """Load a ViTPose model from a folder or from the hub.

    Raises the errors of :func:`~touchline.models.runtime.hub.load_hub_model`.
    """
    return HubPoseFinder(
        load_hub_model(name, model_class="VitPoseForPoseEstimation", what="pose finder", device=device)
    )
