"""Colours in words: the name of the nearest of a few dozen known colours, as an eye would judge.

Distances are taken in CIELAB, where equal steps look about equally large; see CIE 15:2018.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

_KNOWN = {
    "white": ("#ffffff", "#f0f0f0", "#e2e4e6"),
    "light grey": ("#c4c6c8",),
    "grey": ("#9a9a9a", "#808080"),
    "dark grey": ("#5a5a5a", "#484a4c"),
    "black": ("#000000", "#141414", "#262626", "#101820"),
    "red": ("#e01010", "#c8102e", "#ff2a2a", "#d83838", "#b81414"),
    "dark red": ("#7a0c1c", "#6b1525", "#8c1a1a"),
    "pink": ("#ffb0c8", "#ff7fb0", "#e85fa0"),
    "orange": ("#ff7f0f", "#f08a24", "#e86a10"),
    "brown": ("#7b4a22", "#5c3a1e"),
    "yellow": ("#ffe600", "#f4d838", "#e6c81e", "#fff27a"),
    "light green": ("#90ee70", "#a8f0a0", "#c0f040"),
    "green": ("#18a038", "#2f9a50", "#0f8a2a"),
    "dark green": ("#0c4a20", "#1c4a30"),
    "turquoise": ("#20c0b8", "#3cc8d0"),
    "light blue": ("#8cc4f0", "#6ab0e8", "#a0c8ff"),
    "blue": ("#1048d0", "#1e5ac8", "#0a50ff", "#2f6fd8", "#08459a"),
    "dark blue": ("#0a1a50", "#14265c", "#1c2c6c"),
    "light purple": ("#c09ae0", "#b088d8"),
    "purple": ("#6a1fa0", "#7a3ab0", "#55207a"),
}
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def colour_name(colour: str) -> str:
    """Return the name of a colour ``#rrggbb``: "white", "dark blue", "light green".

    Raises:
        ValueError: it is not a colour of that form.

    """
    names, known = zip(*((name, one) for name, ones in _KNOWN.items() for one in ones), strict=True)
    apart = np.linalg.norm(lab(np.array([_rgb(one) for one in known])) - lab(_rgb(colour)[None]), axis=1)
    return str(names[int(apart.argmin())])


def colours_apart(one: str, other: str) -> float:
    """Return how different two colours ``#rrggbb`` look: their distance in CIELAB; 2 is just seen, 100 the most."""
    first, second = lab(np.array([_rgb(one), _rgb(other)]))
    return float(np.linalg.norm(first - second))


def kit_names(kits: Mapping[str, str]) -> dict[str, str]:
    """Return the colour of each kit in words; kits of one and the same name are told apart as lighter and darker."""
    names = {team: colour_name(colour) for team, colour in kits.items()}
    if len(names) == 2 and len(set(names.values())) == 1:
        lightness = {team: float(lab(_rgb(colour)[None])[0, 0]) for team, colour in kits.items()}
        lighter = max(sorted(lightness), key=lightness.__getitem__)
        return {team: f"{'lighter' if team == lighter else 'darker'} {name}" for team, name in names.items()}
    return names


def team_title(team: str, kits: Mapping[str, str]) -> str:
    """Return how a team is shown that nobody has named: "Team A (white)", or "Team A" if its kit is unknown."""
    name = kit_names(kits).get(team)
    return f"Team {team}" if name is None else f"Team {team} ({name})"


def lab(rgb: npt.NDArray[np.uint8]) -> Floats64:
    """Return sRGB colours (n, 3), 0 to 255, in CIELAB under daylight (D65)."""
    values = np.asarray(rgb, np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def _rgb(colour: str) -> npt.NDArray[np.uint8]:
    digits = colour.removeprefix("#")
    try:
        if len(digits) != 6 or not colour.startswith("#"):
            raise ValueError
        return np.frombuffer(bytes.fromhex(digits), np.uint8)
    except ValueError:
        raise ValueError(f"colour={colour!r} must have the form #rrggbb, with hexadecimal digits") from None
