"""Where the models behind the page were measured, and where they were not, from their cards."""

from __future__ import annotations

from dataclasses import dataclass

from touchline.models.cards import ModelCard, find_card
from touchline.report.values import BundleValues


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known of how far the models can be trusted.

    Attributes:
        measured: what was measured, by model.
        not_measured: what was not, by model; a model without a card is one of these.
        cards: the cards themselves.

    """

    measured: tuple[str, ...]
    not_measured: tuple[str, ...]
    cards: tuple[ModelCard, ...]


def trust_of(values: BundleValues) -> Trust:
    """Return what the cards of the bundle's models say."""
    used = dict.fromkeys((model["name"], model["sha256"]) for model in values.manifest.models)
    found = {name: find_card(name, sha256=sha256) for name, sha256 in used}
    unknown = [f"{name}, which has no card" for name, card in found.items() if card is None]
    cards = tuple(card for card in found.values() if card is not None)
    return Trust(
        measured=tuple(card.measured for card in cards if card.measured),
        not_measured=(*(card.not_measured for card in cards if card.not_measured), *unknown),
        cards=cards,
    )
