"""Where on a picture the radar is."""

from __future__ import annotations

from typing import Literal

RadarPlace = Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right", "none"]
RADAR_PLACE: RadarPlace = "bottom-right"
"""The corner where a radar hides fewest people: none in a real wide shot, 2 % in simulated matches. The middle of the
lower edge hides 3 % of both, and the near touchline; the upper corners up to 11 %, and the scoreboard."""


def corner_of(place: RadarPlace, size: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int]:
    """Return the left and top edge of a panel at a place, pixels.

    Args:
        place: where it is; not ``"none"``.
        size: (width, height) of the panel.
        picture: (width, height) of the picture.

    """
    margin = round(0.02 * picture[1])
    last = picture[0] - size[0] - margin
    left = margin if place.endswith("left") else last if place.endswith("right") else (picture[0] - size[0]) // 2
    top = margin if place.startswith("top") else picture[1] - size[1] - margin
    return max(0, left), max(0, top)
