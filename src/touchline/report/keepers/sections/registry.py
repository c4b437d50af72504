"""The sections of a moment's card, in their order."""

from __future__ import annotations

from touchline.report.keepers.sections import chance, chance_map, looks, notes, technique
from touchline.report.keepers.sections.section import CardSection

CARD_SECTIONS: tuple[CardSection, ...] = (
    looks.SECTION,
    technique.SECTION,
    chance.SECTION,
    chance_map.SECTION,
    notes.SECTION,
)
