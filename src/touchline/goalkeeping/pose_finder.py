"""A keeper's joints in pictures: a network, the crop it wants, and how far each joint can be trusted.

The ladder: :func:`keeper_crop` -> :func:`load_pose_finder` -> :meth:`PoseFinder.find` ->
:class:`~touchline.core.poses.Pose` -> :func:`doubts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import nn

from touchline.core.errors import InputError, UsageError
from touchline.core.poses import JOINTS, MIRROR, PELVIS, Pose
from touchline.goalkeeping.hub_pose_finder import load_hub_pose_finder
from touchline.models.networks.pose_net import PeakReader, PoseReader
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.fitting import Rgb, Square, fit_in_square
from touchline.models.runtime.hub import is_hub_name
from touchline.models.runtime.runner import Outputs, PictureModel, make_runner
from touchline.models.specs.pose_spec import ConfidenceSpec, PoseConfig
from touchline.models.store import DEFAULT_POSE_FINDER, load_model

Floats = npt.NDArray[np.float32]

MARGIN = 1.2
"""Side of a keeper's square crop over the longer side of the box; the published pictures leave about as much."""
PERSON = 0.5
"""A crop that is less likely than this to show a person has no pose."""
SURE = 0.5
"""Confidence from which on a joint is called known."""
_NEEDED = 8
_BATCHES = (1, 32)
_SMALLEST_PX = 8
_WIDEST_LOGIT = 8.0


class PoseFinderLike(Protocol):
    """What touchline asks of a pose finder.

    Attributes:
        name, sha256: what it is, for the record.
        device_reason: where it runs and why.

    """

    name: str
    sha256: str
    device_reason: str

    def find(self, crops: Sequence[Rgb]) -> list[Pose]:
        """The joints of the one person in each crop (h, w, 3), in the crop's own pixels."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class KeeperCrop:
    """A square piece of a picture with the keeper in its middle.

    Attributes:
        pixels: uint8 (side, side, 3) RGB, black beyond the picture's edges.
        origin_px: where the crop's left upper corner lies in the picture, x and y.

    """

    pixels: Rgb
    origin_px: tuple[int, int]

    def in_picture(self, pose: Pose) -> Pose:
        """A pose found in the crop, in the picture's pixels; depth is as it was."""
        return replace(pose, joints_px=pose.joints_px + np.array(self.origin_px, np.float32))


def keeper_crop(rgb: Rgb, *, box_xyxy: Sequence[float] | None = None) -> KeeperCrop:
    """The square around a keeper.

    Args:
        rgb: uint8 (h, w, 3).
        box_xyxy: around the keeper in pixels; None where the whole picture is the keeper's.

    Raises:
        InputError: a picture of no size, or a box that does not reach into the picture.

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
    """A built-in, trained or imported pose network, ready to look at crops of any size.

    Its network gives places (16, 3) in shares of the padded crop's side, how concentrated each heat map is (16,), and
    how likely each joint is seen, then whether there is a person (17,).
    """

    gives = "joint"

    def find(self, crops: Sequence[Rgb]) -> list[Pose]:
        """Return the joints of the one person in each crop.

        Args:
            crops: uint8 (h, w, 3) RGB of any sizes, the person filling most of each; others are padded to squares.

        Returns:
            For each crop its pose, joints in the crop's pixels, joints in space in shares of the padded crop's side.
            Where nobody is seen every confidence is 0 and ``joints_3d`` is None.

        Raises:
            ValueError: a crop that is no uint8 (h, w, 3).
            ResourceError: the network gave numbers that are not finite.

        """
        answers = self.run(crops, draw=fit_in_square)
        return [
            _as_pose(places, self._confidence(shares, seen), square=square)
            for _, square, (places, shares, seen) in answers
        ]

    def look(self, crop: Rgb) -> Outputs:
        """Return what the network itself says of one crop, for measuring: places, shares and what is seen."""
        ((_, _, outputs),) = self.run([crop], draw=fit_in_square)
        return outputs

    def _confidence(self, share: Floats, seen: Floats) -> Floats:
        if seen[-1] < PERSON:
            return np.zeros(len(share), np.float32)
        if self.config.reading == "peak":
            return np.clip(share, 0, 1).astype(np.float32)
        spec = self.config.confidence
        sure = joint_confidence(share, seen[:-1], spec=spec)
        return np.where(seen[:-1] >= spec.seen_from, sure, 0).astype(np.float32)


def joint_confidence(
    share: npt.NDArray[np.floating], seen: npt.NDArray[np.floating], *, spec: ConfidenceSpec
) -> Floats:
    """Return how likely each joint lies at its place, from how concentrated its heat map is and how likely it is seen.

    Args:
        share: any shape, 0 to 1.
        seen: likewise.
        spec: of the model.

    """
    score = spec.share * logit(share) + spec.seen * logit(seen) + spec.offset
    return (1 / (1 + np.exp(-score))).astype(np.float32)


def logit(probability: npt.NDArray[np.floating]) -> Floats:
    """Log odds, never beyond what a float can tell from certain."""
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.clip(np.log(inside / (1 - inside)), -_WIDEST_LOGIT, _WIDEST_LOGIT).astype(np.float32)


def _as_pose(places: Floats, confidence: Floats, *, square: Square) -> Pose:
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
    """Load a pose finder by name or path; the built-in one where none is named.

    Args:
        name_or_path: a built-in, trained or imported model, its file, a folder of a ViTPose of ``transformers``, or
            ``hf:OWNER/NAME`` for one of the hub.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or not a pose finder.
        UsageError: a model of other joints, an unknown device or backend, or a package that is missing.
        ResourceError: a GPU, or a backend's package, was asked for and is not there.

    """
    if name_or_path is not None and is_hub_name(name_or_path):
        return load_hub_pose_finder(name_or_path, device=device)
    loaded = load_model(name_or_path or DEFAULT_POSE_FINDER, task="pose")
    config = loaded.config
    if tuple(config.labels) != JOINTS:
        raise UsageError(f"model {config.name!r} finds {config.labels}; a pose finder here has to find {JOINTS}")
    return finder_of(loaded.network, config, sha256=loaded.sha256, device=device, backend=backend, threads=threads)


def finder_of(
    network: nn.Module,
    config: PoseConfig,
    *,
    sha256: str = "",
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
) -> PoseFinder:
    """Make a pose finder of a network in memory; arguments as of :func:`load_pose_finder`."""
    reader = PeakReader if config.reading == "peak" else PoseReader
    runner = make_runner(
        reader(network, mirror=MIRROR), config, batches=_BATCHES, device=device, backend=backend, threads=threads
    )
    return PoseFinder(config, runner=runner, sha256=sha256)


def doubts(pose: Pose) -> tuple[str, ...]:
    """What a reader of a pose should know: nobody seen, upside down, or joints that cannot be told."""
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
