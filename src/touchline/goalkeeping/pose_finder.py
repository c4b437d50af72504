"""A keeper's joints in pictures: a network, the crop it wants, and how far each joint can be trusted.

The ladder: :func:`keeper_crop` -> :func:`load_pose_finder` -> :meth:`PoseFinder.find` ->
:class:`~touchline.core.poses.Pose` -> :func:`doubts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.errors import InputError, UsageError
from touchline.core.finite_output import require_finite_output
from touchline.core.poses import JOINTS, MIRROR, PELVIS, Pose
from touchline.models.networks.pose_net import PeakReader, PoseReader
from touchline.models.runtime.running import ArrayGraph, available_threads, openvino_graph, pick_device
from touchline.models.specs.pose_spec import ConfidenceSpec, PoseConfig
from touchline.models.store import DEFAULT_POSE_FINDER, load_model

Rgb = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
BackendName = Literal["auto", "torch", "openvino"]

MARGIN = 1.2
"""Side of a keeper's square crop over the longer side of the box; the published pictures leave about as much."""
PERSON = 0.5
"""A crop that is less likely than this to show a person has no pose."""
SURE = 0.5
"""Confidence from which on a joint is called known."""
_NEEDED = 8
_GPU_BATCH = 32
_SMALLEST_PX = 8
_WIDEST_LOGIT = 8.0
_SHRUNK = 0.7


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


class PoseFinder:
    """A built-in, trained or imported pose network, ready to look at crops of any size.

    Args:
        config: of the model file.
        sha256: of the model file.
        graph: runs the network: pixels uint8 (b, side, side, 3) to places, shares and what is seen.
        device_reason: where it runs and why.
        batch: how many crops the graph takes.

    """

    def __init__(self, config: PoseConfig, *, sha256: str, graph: ArrayGraph, device_reason: str, batch: int) -> None:
        self.config = config
        self.name = config.name
        self.sha256 = sha256
        self.device_reason = device_reason
        self.batch = batch
        self._graph = graph

    def find(self, crops: Sequence[Rgb]) -> list[Pose]:
        """The joints of the one person in each crop.

        Args:
            crops: uint8 (h, w, 3) RGB of any sizes, the person filling most of each; others are padded to squares.

        Returns:
            For each crop its pose, joints in the crop's pixels, joints in space in shares of the padded crop's side.
            Where nobody is seen every confidence is 0 and ``joints_3d`` is None.

        Raises:
            ValueError: a crop that is no uint8 (h, w, 3).
            ResourceError: the network gave numbers that are not finite.

        """
        found: list[Pose] = []
        for first in range(0, len(crops), self.batch):
            found += self._find_batch(crops[first : first + self.batch])
        return found

    def _find_batch(self, crops: Sequence[Rgb]) -> list[Pose]:
        places, shares, seen = self.look(crops)
        return [
            _as_pose(places[row], self._confidence(shares[row], seen[row]), _Square(*crop.shape[:2]))
            for row, crop in enumerate(crops)
        ]

    def look(self, crops: Sequence[Rgb]) -> tuple[Floats, Floats, Floats]:
        """What the network itself says of at most ``batch`` crops, for measuring.

        Returns:
            Places (n, 16, 3) in shares of the padded crop, how concentrated each heat map is (n, 16), and how likely
            each joint is seen, then whether there is a person (n, 17).

        """
        side = self.config.picture.width
        pixels = np.zeros((self.batch, side, side, 3), np.uint8)
        for row, crop in enumerate(crops):
            square_crop(crop, into=pixels[row])
        places, shares, seen = (answer[: len(crops)] for answer in self._graph(pixels))
        require_finite_output(places, shares, seen, model=self.name, what="joint", runs_on=self.device_reason)
        return places, shares, seen

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
    """How likely each joint lies where it is said to, from how concentrated its heat map is and how likely it is seen.

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


@dataclass(frozen=True, slots=True)
class _Square:
    """How a crop of (height, width) lies in its square."""

    height: int
    width: int

    @property
    def side(self) -> int:
        return max(self.height, self.width)

    @property
    def offset(self) -> tuple[float, float]:
        return (self.side - self.width) / 2, (self.side - self.height) / 2


def square_crop(crop: Rgb, *, into: Rgb) -> None:
    """Draw a crop (h, w, 3) into the middle of a black square, as large as it fits.

    Raises:
        ValueError: it is no uint8 (h, w, 3).

    """
    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3 or crop.size == 0:
        raise ValueError(f"a crop is {crop.dtype} {crop.shape}, not uint8 (h, w, 3)")
    square = _Square(*crop.shape[:2])
    scale = into.shape[0] / square.side
    if scale < _SHRUNK:
        small = (max(1, round(square.width * scale)), max(1, round(square.height * scale)))
        left, top = (into.shape[1] - small[0]) // 2, (into.shape[0] - small[1]) // 2
        into[top : top + small[1], left : left + small[0]] = cv2.resize(crop, small, interpolation=cv2.INTER_AREA)
        return
    shift = scale * np.array(square.offset) + (scale - 1) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    cv2.warpAffine(crop, matrix, (into.shape[1], into.shape[0]), dst=into, flags=cv2.INTER_LINEAR)


def _as_pose(places: Floats, confidence: Floats, square: _Square) -> Pose:
    joints_px = (places[:, :2] * square.side - np.array(square.offset, np.float32)).astype(np.float32)
    if not bool((confidence > 0).any()):
        return Pose(joints_px, confidence)
    return Pose(joints_px, confidence, (places - places[PELVIS]).astype(np.float32))


def load_pose_finder(
    name_or_path: str | None = None,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    backend: BackendName = "auto",
    threads: int | None = None,
) -> PoseFinderLike:
    """A pose finder by name or path; the built-in one where none is named.

    Args:
        name_or_path: a built-in, trained or imported model, its file, a folder of a ViTPose of ``transformers``, or
            ``hf:OWNER/NAME`` for one of the hub.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or not a pose finder.
        UsageError: a model of other joints, or a device or package that is not to be had.

    """
    from touchline.goalkeeping.hub_pose_finder import is_hub_name, load_hub_pose_finder

    if name_or_path is not None and is_hub_name(name_or_path):
        return load_hub_pose_finder(name_or_path, device=device)
    network, config, sha256 = load_model(name_or_path or DEFAULT_POSE_FINDER, task="pose")
    if tuple(config.labels) != JOINTS:
        raise UsageError(f"model {config.name!r} finds {config.labels}; a pose finder here has to find {JOINTS}")
    return finder_of(network, config, sha256=sha256, device=device, backend=backend, threads=threads)


def finder_of(
    network: nn.Module,
    config: PoseConfig,
    *,
    sha256: str = "",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    backend: BackendName = "auto",
    threads: int | None = None,
) -> PoseFinder:
    """A pose finder around a network in memory; arguments as of :func:`load_pose_finder`."""
    where, reason = pick_device(device)
    batch = _GPU_BATCH if where.type == "cuda" else 1
    reader = reader_of(network, config)
    if where.type == "cuda" or backend == "torch":
        graph = _torch_graph(reader, device=where)
    else:
        shape = (batch, config.picture.height, config.picture.width, 3)
        graph = openvino_graph(reader, shape=shape, precision=config.precision, threads=threads or available_threads())
    return PoseFinder(config, sha256=sha256, graph=graph, device_reason=reason, batch=batch)


def reader_of(network: nn.Module, config: PoseConfig) -> nn.Module:
    """The network with its decoding, as its file asks for."""
    if config.reading == "peak":
        return PeakReader(network, mirror=MIRROR).eval()
    return PoseReader(network, mirror=MIRROR).eval()


def _torch_graph(reader: nn.Module, *, device: torch.device) -> ArrayGraph:
    """Torch as it is on a CPU; bfloat16 on a GPU."""
    network = reader.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            outputs = network(torch.from_numpy(pixels).to(device, non_blocking=True))
        return tuple(output.float().cpu().numpy() for output in outputs)

    return run


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
