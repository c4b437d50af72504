"""What a section of the report's page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from touchline.report.values import BundleValues

Facts = list[tuple[str, str]]
"""Terms and what they are, as text."""


def _no_facts(values: BundleValues) -> Facts:
    return []


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page, made of a bundle's values.

    Attributes:
        data: JSON values by name, for the page's scripts.
        facts: shown in the line under the title, as text.

    """

    data: Callable[[BundleValues], Mapping[str, object]]
    facts: Callable[[BundleValues], Facts] = _no_facts
