"""A keeper's joints in pictures: the network, its input crop, and the reliability of each joint.

The ladder: :func:`keeper_crop` -> :func:`load_pose_finder` -> :meth:`PoseFinder.find` ->
:class:`~touchline.core.poses.Pose` -> :func:`doubts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Rgb
from touchline.core.errors import InputError, UsageError
from touchline.core.poses import JOINTS, MIRROR, PELVIS, Pose
from touchline.goalkeeping.hub_pose_finder import load_hub_pose_finder
from touchline.goalkeeping.movenet_pose_finder import is_movenet_name, load_movenet
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.fitting import Square, fit_in_square
from touchline.models.runtime.hub import is_hub_name
from touchline.models.runtime.runner import ModelPart, Outputs, PictureModel, make_runner
from touchline.models.specs.pose_spec import ConfidenceSpec, PoseConfig
from touchline.models.store import DEFAULT_POSE_FINDER, open_model

if TYPE_CHECKING:
    from torch import nn

MARGIN = 1.2
"""Side of a keeper's square crop over the longer side of the box; the published pictures leave a similar margin."""
PERSON = 0.5
"""Minimum probability that a crop shows a person; below it there is no pose."""
SURE = 0.5
"""Confidence above which a joint counts as known."""
_NEEDED = 8
_BATCHES = (1, 32)
_SMALLEST_PX = 8
_WIDEST_LOGIT = 8.0


class PoseFinderLike(Protocol):
    """The interface of a pose finder.

    Attributes:
        name, sha256: the model's identity, for the record.
        device_reason: the device it runs on and why.

    """

    name: str
    sha256: str
    device_reason: str

    def find(self, crops: Sequence[Rgb]) -> list[Pose]:
        """Find the joints of the one person in each crop (h, w, 3), in the crop's own pixels."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class KeeperCrop:
    """A square crop of a picture, centred on the keeper.

    Attributes:
        pixels: uint8 (side, side, 3) RGB, black beyond the edges of the picture.
        origin_px: x and y of the crop's upper left corner in the picture.

    """

    pixels: Rgb
    origin_px: tuple[int, int]

    def in_picture(self, pose: Pose) -> Pose:
        """Convert a pose found in the crop to the picture's pixels; depth is unchanged."""
        return replace(pose, joints_px=pose.joints_px + np.array(self.origin_px, np.float32))


def keeper_crop(rgb: Rgb, *, box_xyxy: Sequence[float] | None = None) -> KeeperCrop:
    """Cut out the square around a keeper.

    Args:
        rgb: uint8 (h, w, 3).
        box_xyxy: box of the keeper in pixels; None if he fills the whole picture.

    Raises:
        InputError: the picture is too small, or the box does not overlap the picture.

    """
    height, width = rgb.shape[:2]
    if min(height, width) < _SMALLEST_PX:
        raise InputError(f"a picture of {width}x{height} pixels is too small to show a keeper")
    if box_xyxy is None:
        side, centre = max(height, width), (width / 2, height / 2)
    else:
        left, top, right, bottom = (float(value) for value in box_xyxy)
        inside = min(right, width) - max(left, 0) >= 1 and min(bottom, height) - max(top, 0) >= 1
        if not (np.isfinite([left, top, right, bottom]).all() and inside):
            raise InputError(
                f"the box {left:g},{top:g},{right:g},{bottom:g} does not lie in the picture of {width}x{height} "
                "pixels; boxes are left,top,right,bottom in pixels"
            )
        side = max(_SMALLEST_PX, min(round(max(right - left, bottom - top) * MARGIN), 2 * max(height, width)))
        centre = ((left + right) / 2, (top + bottom) / 2)
    x, y = round(centre[0] - side / 2), round(centre[1] - side / 2)
    pixels = np.zeros((side, side, 3), np.uint8)
    rows, columns = slice(max(0, y), min(height, y + side)), slice(max(0, x), min(width, x + side))
    pixels[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x] = rgb[rows, columns]
    return KeeperCrop(pixels, (x, y))


class PoseFinder(PictureModel[PoseConfig]):
    """A built-in, trained or imported pose network, ready to run on crops of any size.

    Its network returns places (16, 3) as shares of the padded crop's side, the concentration of each heat map (16,),
    and the probabilities that each joint is visible and that there is a person (17,).
    """

    gives = "joint"

    def find(self, crops: Sequence[Rgb]) -> list[Pose]:
        """Find the joints of the one person in each crop.

        Args:
            crops: uint8 (h, w, 3) RGB of any sizes, mostly filled by the person; non-square crops are padded.

        Returns:
            For each crop its pose: joints in the crop's pixels, 3-D joints as shares of the padded crop's side. If no
            person is found, every confidence is 0 and ``joints_3d`` is None.

        Raises:
            ValueError: a crop is not uint8 (h, w, 3).
            ResourceError: the network's output is not finite.

        """
        answers = self.run(crops, draw=fit_in_square)
        return [
            _as_pose(places, self._confidence(shares, seen), square=square)
            for _, square, (places, shares, seen) in answers
        ]

    def look(self, crop: Rgb) -> Outputs:
        """Return the raw network output for one crop, for measurements: places, shares and visibility."""
        ((_, _, outputs),) = self.run([crop], draw=fit_in_square)
        return outputs

    def _confidence(self, share: Floats32, seen: Floats32) -> Floats32:
        if seen[-1] < PERSON:
            return np.zeros(len(share), np.float32)
        if self.config.reading == "peak":
            return np.clip(share, 0, 1).astype(np.float32)
        spec = self.config.confidence
        sure = joint_confidence(share, seen[:-1], spec=spec)
        return np.where(seen[:-1] >= spec.seen_from, sure, 0).astype(np.float32)


def joint_confidence(
    share: npt.NDArray[np.floating], seen: npt.NDArray[np.floating], *, spec: ConfidenceSpec
) -> Floats32:
    """Return the probability that each joint lies at its place, from heat map concentration and visibility.

    Args:
        share: concentration of the heat map, any shape, 0 to 1.
        seen: visibility, same shape, 0 to 1.
        spec: the model's specification.

    """
    score = spec.share * logit(share) + spec.seen * logit(seen) + spec.offset
    return (1 / (1 + np.exp(-score))).astype(np.float32)


def logit(probability: npt.NDArray[np.floating]) -> Floats32:
    """Return the log-odds; probabilities are clipped to what a float distinguishes from 0 and 1."""
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.clip(np.log(inside / (1 - inside)), -_WIDEST_LOGIT, _WIDEST_LOGIT).astype(np.float32)


def _as_pose(places: Floats32, confidence: Floats32, *, square: Square) -> Pose:
    joints_px = (places[:, :2] * square.side - np.array(square.offset, np.float32)).astype(np.float32)
    if not bool((confidence > 0).any()):
        return Pose(joints_px, confidence)
    return Pose(joints_px, confidence, (places - places[PELVIS]).astype(np.float32))


def load_pose_finder(
    name_or_path: str | None = None,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
) -> PoseFinderLike:
    """Load a pose finder by name or path; the built-in one by default.

    Args:
        name_or_path: a built-in, trained or imported model, a model file, a folder of a ``transformers`` ViTPose, or
            ``hf:OWNER/NAME`` for a model on the hub, ``movenet``, or MoveNet's ONNX file.
        device: where to run; ``"auto"`` uses a GPU if there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: number of threads for OpenVINO; all processors by default.

    Raises:
        InputError: the model does not exist, is damaged, or is not a pose finder.
        UsageError: a model with other joints, an unknown device or backend, or a missing package.
        ResourceError: the requested GPU or the backend's package is not available.

    """
    if name_or_path is not None and is_hub_name(name_or_path):
        return load_hub_pose_finder(name_or_path, device=device)
    if name_or_path is not None and is_movenet_name(name_or_path):
        return load_movenet(name_or_path, threads=threads)
    opened = open_model(name_or_path or DEFAULT_POSE_FINDER, task="pose")
    config = opened.config
    if tuple(config.labels) != JOINTS:
        raise UsageError(f"model {config.name!r} finds {config.labels}; a pose finder must find {JOINTS}")
    part = ModelPart(opened, "joints")
    runner = make_runner(part, config, batches=_BATCHES, device=device, backend=backend, threads=threads)
    return PoseFinder(config, runner=runner, sha256=opened.sha256)


def finder_of(
    network: nn.Module,
    config: PoseConfig,
    *,
    sha256: str = "",
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
) -> PoseFinder:
    """Make a pose finder from a network in memory; arguments as for :func:`load_pose_finder`."""
    from touchline.models.networks.pose_net import PeakReader, PoseReader

    reader = PeakReader if config.reading == "peak" else PoseReader
    runner = make_runner(
        reader(network, mirror=MIRROR), config, batches=_BATCHES, device=device, backend=backend, threads=threads
    )
    return PoseFinder(config, runner=runner, sha256=sha256)


def doubts(pose: Pose) -> tuple[str, ...]:
    """Return remarks on a pose: no person, upside down, or joints that are not reliable."""
    known = pose.confidence >= SURE
    if not bool((pose.confidence > 0).any()):
        return ("no person is seen: nothing can be told from this picture",)
    said = []
    if int(known.sum()) < _NEEDED:
        said.append(f"cannot tell: only {int(known.sum())} of {len(JOINTS)} joints are sure")
    unseen = [name for name, value in zip(JOINTS, pose.confidence, strict=True) if value == 0]
    if unseen:
        said.append(f"cut off or covered: {', '.join(unseen)}")
    if _upside_down(pose):
        said.append("upside down: the head is below the hips and the feet above; turn the picture")
    return tuple(said)


def _upside_down(pose: Pose) -> bool:
    y = pose.joints_px[:, 1]
    head, ankles = y[JOINTS.index("head_top")], y[[JOINTS.index("right_ankle"), JOINTS.index("left_ankle")]]
    torso = float(np.hypot(*(pose.joints_px[JOINTS.index("neck")] - pose.joints_px[PELVIS])))
    return bool(head > y[PELVIS] + 0.5 * torso and ankles.max() < y[PELVIS])
