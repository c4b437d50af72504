"""The type of a section of a moment's card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from touchline.goalkeeping.expected_saves import SaveModel
from touchline.goalkeeping.moments import Moment
from touchline.goalkeeping.technique import Techniques


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The reference data for moments.

    Attributes:
        model: the expected-saves model.
        techniques: the techniques of professionals.

    """

    model: SaveModel
    techniques: Techniques


@dataclass(frozen=True, slots=True)
class CardSection:
    """A part of a moment's card.

    Attributes:
        template: file in ``templates/keepers`` that shows the values.
        values: returns the values of a moment for the template; None leaves the section out.

    """

    template: str
    values: Callable[[Moment, Known], Mapping[str, object] | None]
