"""What the sub-commands of ``touchline evaluate`` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from touchline.cli.common import Output

if TYPE_CHECKING:
    from touchline.metrics.protocol import ScoringProtocol


class Scored(Protocol):
    """The result of any evaluation."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Remarks for the user on the files."""

    @property
    def protocol(self) -> ScoringProtocol:
        """The protocol that the numbers follow."""

    def record(self) -> dict[str, Any]:
        """Return the result for ``--json``; its key ``protocol`` holds the protocol's record."""


def percent(value: float) -> str:
    """A share in percent, a dash where there is none."""
    return "-" if value != value else f"{100 * value:.2f}"


def report(result: Scored, output: Output, *, table: Callable[[], list[str]]) -> None:
    """Print the result of an evaluation: warnings on stderr, then a record, or a table.

    The protocol stands in the second line of a table, below its title.
    """
    for warning in result.warnings:
        output.note(f"touchline: warning: {warning}")
    output.record(result.record())
    if not output.json:
        title, *rows = table()
        output.table("\n".join([title, result.protocol.line, *rows]))
