"""What the sub-commands of ``touchline evaluate`` share."""

from __future__ import annotations

from collections.abc import Sequence

from touchline.cli.common import Output


def percent(value: float) -> str:
    """A share in percent, a dash where there is none."""
    return "-" if value != value else f"{100 * value:.2f}"


def warn(warnings: Sequence[str], output: Output) -> None:
    """Print what a user should know of the files on stderr."""
    for warning in warnings:
        output.note(f"touchline: warning: {warning}")
