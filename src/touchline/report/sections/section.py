"""The type of a section of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from touchline.report.values import BundleValues

Facts = list[tuple[str, str]]
"""Pairs of term and value, as text."""


def _no_facts(values: BundleValues) -> Facts:
    return []


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page, made from a bundle's values.

    Attributes:
        data: returns JSON values by name, for the page's scripts.
        facts: returns terms and values to show in the line under the title.

    """

    data: Callable[[BundleValues], Mapping[str, object]]
    facts: Callable[[BundleValues], Facts] = _no_facts
