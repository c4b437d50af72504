"""A picture and the pose found in it, as the pose tables list them."""

from __future__ import annotations

from dataclasses import dataclass

from touchline.core.poses import Pose


@dataclass(frozen=True, slots=True, eq=False)
class PosedPicture:
    """The pose found in a picture.

    Attributes:
        file: the picture, as named by the user.
        pose: pose of the keeper.
        note: remark for the user; empty if there is none.

    """

    file: str
    pose: Pose
    note: str = ""
