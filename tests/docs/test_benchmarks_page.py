"""The page of published comparisons names every protocol that a score can follow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import touchline
from touchline.analysis.evaluate.protocols import CHALLENGES

SOURCE = Path(touchline.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"


def protocol_names() -> list[str]:
    """The names of all protocols in the package, from its source."""
    names = [name for name, _ in CHALLENGES.values()]
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ScoringProtocol"
            )
            if called and isinstance(node.args[0], ast.Constant):
                names.append(str(node.args[0].value))
    return sorted(names)


@pytest.mark.parametrize("name", protocol_names())
def test_every_protocol_is_on_the_page(name: str) -> None:
    assert name in PAGE.read_text(encoding="utf-8")
