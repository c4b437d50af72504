"""A goalkeeper located in a picture, and the pose found there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.core.arrays import Rgb
from touchline.core.poses import Pose
from touchline.goalkeeping.pose_finder import PoseFinderLike, doubts, keeper_crop

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FoundKeeper:
    """The location of the keeper in a picture.

    Attributes:
        box_xyxy: pixels of the picture; None for the whole picture.
        note: remark for the reader; empty if there is none.

    """

    box_xyxy: Box | None
    note: str = ""


def find_pose(rgb: Rgb, finder: PoseFinderLike, *, keeper: FoundKeeper) -> tuple[Pose, Box, str]:
    """Find the keeper's pose in picture pixels; also return the square that was cropped, and a remark for the reader.

    Raises:
        InputError: the picture is too small, or the box does not lie in it.

    """
    crop = keeper_crop(rgb, box_xyxy=keeper.box_xyxy)
    pose = crop.in_picture(finder.find([crop.pixels])[0])
    x, y = crop.origin_px
    side = crop.pixels.shape[0]
    notes: Sequence[str] = [note for note in (keeper.note, *doubts(pose)) if note]
    return pose, (float(x), float(y), float(x + side), float(y + side)), "; ".join(notes)
