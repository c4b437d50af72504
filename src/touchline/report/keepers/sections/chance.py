"""The chance that a shot is saved, and the techniques of professionals against such shots."""

from __future__ import annotations

from collections.abc import Mapping

from touchline.core.shots import Shot
from touchline.goalkeeping.moments import Moment
from touchline.report.keepers.drawings import bars
from touchline.report.keepers.sections.section import CardSection, Known


def _values(moment: Moment, known: Known) -> Mapping[str, object] | None:
    saves = moment.saves
    if moment.shot is None or saves is None:
        return None
    return {
        "p": saves.p,
        "low": saves.low,
        "high": saves.high,
        "facts": _facts(moment.shot),
        "enough": saves.enough,
        "usual": bars((row.name, row.share) for row in saves.techniques),
    }


def _facts(shot: Shot) -> str:
    """Describe the origin of a shot and the keeper's position."""
    facts = f"{shot.distance_yd:.1f} yd from goal, {shot.angle_deg:.0f}° off its axis"
    facts += ", under pressure" if shot.under_pressure else ""
    at = shot.engagement
    return facts if at is None else f"{facts}; keeper at {at:.2f} of the way from shooter to goal"


SECTION = CardSection("chance.html", _values)
