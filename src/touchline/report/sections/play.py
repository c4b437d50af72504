"""When the ball was in play."""

from __future__ import annotations

from collections.abc import Mapping

from touchline.report.sections.section import Section
from touchline.report.values import BundleValues


def _data(values: BundleValues) -> Mapping[str, object]:
    play = values.play
    if play is None:
        return {"play": None}
    return {"play": [[span.start_us, span.end_us, span.in_play, round(span.confidence, 3)] for span in play.spans]}


SECTION = Section(_data)
