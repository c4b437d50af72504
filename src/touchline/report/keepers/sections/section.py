"""What a section of a moment's card is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from touchline.goalkeeping.expected_saves import SaveModel
from touchline.goalkeeping.moments import Moment
from touchline.goalkeeping.technique import Techniques


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What moments are compared with.

    Attributes:
        model: of expected saves.
        techniques: of professionals.

    """

    model: SaveModel
    techniques: Techniques


@dataclass(frozen=True, slots=True)
class CardSection:
    """A part of a moment's card.

    Attributes:
        template: shows the values; a file of ``templates/keepers``.
        values: what the template shows of a moment; None leaves the section out.

    """

    template: str
    values: Callable[[Moment, Known], Mapping[str, object] | None]
