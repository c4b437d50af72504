"""Remarks on a moment for the reader."""

from __future__ import annotations

from collections.abc import Mapping

from touchline.goalkeeping.moments import Moment
from touchline.report.keepers.sections.section import CardSection, Known


def _values(moment: Moment, known: Known) -> Mapping[str, object] | None:
    notes = [*moment.notes, *(f"{one.name}: {one.note.replace('_', ' ')}" for one in moment.seen if one.note)]
    return {"notes": notes} if notes else None


SECTION = CardSection("notes.html", _values)
