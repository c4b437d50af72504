"""Shots at a goalkeeper who is alone with the shooter: where from, how far the keeper had come, how it ended.

Places are StatsBomb's: yards, x from 0 to 120 along the pitch towards the goal that is shot at, y from 0 to 80 across,
the goal's middle at (120, 40) and its posts at y = 36 and 44. *Engagement* (GKEM in Wear et al., 2022) is the distance
from keeper to shooter over the distance from goal to shooter: about 1 on the line, near 0 at the shooter's feet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LENGTH_YD = 120.0
WIDTH_YD = 80.0
GOAL_YD = (120.0, 40.0)
POSTS_YD = (36.0, 44.0)
MOST_ENGAGEMENT = 3.0
"""Above this a keeper would be behind the goal or a column is not what it is taken for; the tables reach 1.414."""

SAVED = "Saved"
GOAL = "Goal"


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot.

    Attributes:
        x_yd: of the shooter, 0 to 120.
        y_yd: of the shooter, 0 to 80.
        under_pressure: whether a defender is closing the shooter down.
        keeper_yd: where the keeper stands, or None.
        engagement: keeper to shooter over goal to shooter; worked out where ``keeper_yd`` is known; None for unknown.
        id: a name for it, such as its picture's.
        keeper: the keeper's name, or None.
        outcome: StatsBomb's name (``"Saved"``, ``"Goal"``, ``"Off T"``, ...), or None.
        technique: what the keeper did, one of the techniques, or None.

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
            raise ValueError("the shooter is in the middle of the goal; no shot comes from there")
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
        """From the goal's middle."""
        return math.dist((self.x_yd, self.y_yd), GOAL_YD)

    @property
    def angle_deg(self) -> float:
        """Off the goal's axis, 0 to 90."""
        return math.degrees(math.atan2(abs(self.y_yd - GOAL_YD[1]), GOAL_YD[0] - self.x_yd))

    @property
    def on_target(self) -> bool:
        """Whether it is known to have been saved or a goal."""
        return self.outcome in (SAVED, GOAL)


def _check_place(who: str, x_yd: float, y_yd: float) -> None:
    if math.isfinite(x_yd) and math.isfinite(y_yd) and 0 <= x_yd <= LENGTH_YD and 0 <= y_yd <= WIDTH_YD:
        return
    swapped = math.isfinite(x_yd) and 0 <= x_yd <= WIDTH_YD < y_yd <= LENGTH_YD
    hint = "; x and y look swapped (x runs along the pitch)" if swapped else ""
    raise ValueError(f"{who} at x={x_yd:g}, y={y_yd:g} yd is outside the pitch of 120 x 80 yd{hint}")
