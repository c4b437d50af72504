"""The chance of a save from everywhere on the pitch, and the best technique for this shot."""

from __future__ import annotations

from collections.abc import Mapping

from touchline.goalkeeping.maps import KeeperPlace, optimal_map
from touchline.goalkeeping.moments import Moment
from touchline.report.keepers.drawings import bars, chance_map
from touchline.report.keepers.sections.section import CardSection, Known

CELL_YD = 1.0


def _values(moment: Moment, known: Known) -> Mapping[str, object] | None:
    shot, saves = moment.shot, moment.saves
    if shot is None or saves is None:
        return None
    place = KeeperPlace(engagement=None if shot.engagement is None else round(shot.engagement, 2))
    found = optimal_map(known.model, pressure=shot.under_pressure, place=place, cell_yd=CELL_YD)
    return {
        "map": chance_map(found, shot=shot),
        "place": place.said,
        "best": bars((row.name, row.chance_best) for row in saves.techniques),
        "gain": None if saves.gain is None else 100 * saves.gain,
        "gain_shown": known.model.techniques.effect_shown,
    }


SECTION = CardSection("chance_map.html", _values)
