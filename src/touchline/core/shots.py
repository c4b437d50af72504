"""Shots in one-on-one situations: where the shot was taken, how far the keeper had advanced, and the outcome.

Positions are StatsBomb's: yards, x from 0 to 120 along the pitch towards the attacked goal, y from 0 to 80 across, the
centre of the goal at (120, 40) and its posts at y = 36 and 44. *Engagement* (GKEM in Wear et al., 2022) is the distance
from keeper to shooter divided by that from goal to shooter: about 1 on the line, near 0 at the shooter's feet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LENGTH_YD = 120.0
WIDTH_YD = 80.0
GOAL_YD = (120.0, 40.0)
POSTS_YD = (36.0, 44.0)
MOST_ENGAGEMENT = 3.0
"""Largest plausible engagement: above it the keeper is behind the goal or the column is wrong; the data reach 1.414."""

SAVED = "Saved"
GOAL = "Goal"
SAVED_TO_POST = "Saved to Post"
SAVES = (SAVED, SAVED_TO_POST)
"""Outcomes that are saves of shots on target; a shot "Saved Off Target" would have missed."""

OUTCOMES = (SAVED, GOAL, SAVED_TO_POST, "Saved Off Target", "Off T", "Blocked", "Wayward", "Post")
"""StatsBomb's names of outcomes."""

_SPELLINGS = {name.casefold(): name for name in OUTCOMES} | {"off target": "Off T"}


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot at goal.

    Attributes:
        x_yd: position of the shooter along the pitch, 0 to 120 yards.
        y_yd: position of the shooter across the pitch, 0 to 80 yards.
        under_pressure: whether a defender is closing the shooter down.
        keeper_yd: position of the keeper in yards, or None.
        engagement: keeper to shooter over goal to shooter; computed if ``keeper_yd`` is given; None if unknown.
        id: identifier, such as the name of its picture.
        keeper: name of the keeper, or None.
        outcome: StatsBomb's name (``"Saved"``, ``"Goal"``, ``"Off T"``, ...), or None.
        technique: save technique of the keeper, or None.

    """

    x_yd: float
    y_yd: float
    under_pressure: bool = False
    keeper_yd: tuple[float, float] | None = None
    engagement: float | None = None
    id: str = ""
    keeper: str | None = None
    outcome: str | None = None
    technique: str | None = None

    def __post_init__(self) -> None:
        _check_place("the shooter", self.x_yd, self.y_yd)
        if (self.x_yd, self.y_yd) == GOAL_YD:
            raise ValueError("the shooter is at the centre of the goal; no shot can come from there")
        if self.keeper_yd is not None:
            _check_place("the keeper", *self.keeper_yd)
            if self.engagement is None:
                apart = math.dist(self.keeper_yd, (self.x_yd, self.y_yd))
                object.__setattr__(self, "engagement", apart / self.distance_yd)
        if self.engagement is not None and not 0 <= self.engagement <= MOST_ENGAGEMENT:
            raise ValueError(
                f"engagement {self.engagement:.3g} is outside 0 to {MOST_ENGAGEMENT:g}: it is the distance from keeper "
                "to shooter over the distance from goal to shooter"
            )

    @property
    def distance_yd(self) -> float:
        """Distance to the centre of the goal, yards."""
        return math.dist((self.x_yd, self.y_yd), GOAL_YD)

    @property
    def angle_deg(self) -> float:
        """Angle off the goal's axis, 0 to 90 degrees."""
        return math.degrees(math.atan2(abs(self.y_yd - GOAL_YD[1]), GOAL_YD[0] - self.x_yd))

    @property
    def on_target(self) -> bool:
        """Whether the shot is known to be saved or a goal."""
        return self.saved or self.outcome == GOAL

    @property
    def saved(self) -> bool:
        """Whether the shot was on target and saved, to the post or otherwise."""
        return self.outcome in SAVES


def outcome_named(text: str) -> str:
    """Return StatsBomb's spelling of an outcome, whatever the case; other names as they are."""
    return _SPELLINGS.get(" ".join(text.split()).casefold(), text)


def _check_place(who: str, x_yd: float, y_yd: float) -> None:
    if math.isfinite(x_yd) and math.isfinite(y_yd) and 0 <= x_yd <= LENGTH_YD and 0 <= y_yd <= WIDTH_YD:
        return
    swapped = math.isfinite(x_yd) and 0 <= x_yd <= WIDTH_YD < y_yd <= LENGTH_YD
    hint = "; x and y look swapped (x runs along the pitch)" if swapped else ""
    raise ValueError(f"{who} at x={x_yd:g}, y={y_yd:g} yd is outside the pitch of 120 x 80 yd{hint}")
