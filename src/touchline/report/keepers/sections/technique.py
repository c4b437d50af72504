"""The technique shown by a moment's pose, and the professionals with the nearest poses."""

from __future__ import annotations

from collections.abc import Mapping

from touchline.goalkeeping.moments import Moment
from touchline.goalkeeping.unclear import measured_reliability, two_likeliest, what_would_help
from touchline.report.keepers.drawings import bars, pose_map, skeleton
from touchline.report.keepers.sections.section import CardSection, Known

_OUTCOMES = {"Off T": "off target", "Wayward": "far off target", "Post": "hit the post"}
"""StatsBomb's names of outcomes that do not explain themselves, in words."""


def _values(moment: Moment, known: Known) -> Mapping[str, object]:
    reading, techniques = moment.reading, known.techniques
    nearest = [
        {
            "pose": skeleton(example.joints[:, :2], label="A professional"),
            "words": f"{techniques.names[example.technique]}, {_in_words(example.outcome)}",
        }
        for example in moment.nearest
    ]
    return {
        "name": reading.name,
        "reason": reading.reason,
        "confidence": reading.confidence,
        "likeliest": two_likeliest(reading),
        "reliability": measured_reliability(techniques),
        "would_help": what_would_help([(one.rgb, one.pose) for one in moment.seen]) if reading.name is None else (),
        "bars": bars(reading.probabilities.items()),
        "nearest": nearest,
        "pose_map": None if reading.joints is None or not nearest else pose_map(techniques, reading.joints),
    }


def _in_words(outcome: str) -> str:
    return _OUTCOMES.get(outcome, outcome.lower())


SECTION = CardSection("technique.html", _values)
