"""The pictures of a moment with the detected joints, and the pose in 3-D."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from touchline.goalkeeping.moments import Moment, SeenKeeper
from touchline.media.stills import encode_still
from touchline.render.skeleton_picture import draw_pose
from touchline.report.keepers.drawings import skeleton
from touchline.report.keepers.sections.section import CardSection, Known


def _values(moment: Moment, known: Known) -> Mapping[str, object]:
    joints = moment.reading.joints
    label = "The pose in 3-D; drag to rotate it"
    return {
        "pictures": [
            {"name": seen.name, "caption": _caption(seen, moment), "jpeg": _jpeg(seen)} for seen in moment.seen
        ],
        "pose": None if joints is None else skeleton(joints, label=label, spin=True),
    }


def _caption(seen: SeenKeeper, moment: Moment) -> str:
    """Return the picture's name, unless it is the title of the card."""
    return "" if seen.name == moment.title else seen.name


def _jpeg(seen: SeenKeeper) -> str:
    """Return the picture with its joints drawn in, as base64 JPEG."""
    return base64.b64encode(encode_still(draw_pose(seen.rgb, seen.pose), suffix=".jpg")).decode("ascii")


SECTION = CardSection("looks.html", _values)
