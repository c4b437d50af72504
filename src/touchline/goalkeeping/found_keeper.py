"""A keeper found in a picture, and the pose there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.poses import Pose
from touchline.goalkeeping.pose_finder import PoseFinderLike, doubts, keeper_crop

Rgb = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FoundKeeper:
    """Where the keeper is.

    Attributes:
        box_xyxy: pixels of the picture; None where the whole picture is taken.
        note: what a reader should know; empty where nothing.

    """

    box_xyxy: Box | None
    note: str = ""


def find_pose(rgb: Rgb, finder: PoseFinderLike, *, keeper: FoundKeeper) -> tuple[Pose, Box, str]:
    """The keeper's pose in a picture's pixels, the square that was looked at, and what a reader should know.

    Raises:
        InputError: the picture is too small, or the box does not lie in it.

    """
    crop = keeper_crop(rgb, box_xyxy=keeper.box_xyxy)
    pose = crop.in_picture(finder.find([crop.pixels])[0])
    x, y = crop.origin_px
    side = crop.pixels.shape[0]
    notes: Sequence[str] = [note for note in (keeper.note, *doubts(pose)) if note]
    return pose, (float(x), float(y), float(x + side), float(y + side)), "; ".join(notes)
