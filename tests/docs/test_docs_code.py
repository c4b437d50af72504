"""The Python in the pages compiles, and what it imports is there."""

from __future__ import annotations

import ast
import importlib

import pytest
from docpages import DOCS, PAGES, ROOT, fenced

import touchline

SOURCES = [*PAGES, ROOT / "README.md"]
BLOCKS = [
    pytest.param(code, id=f"{path.relative_to(ROOT)}-{number}")
    for path in SOURCES
    for number, code in enumerate(fenced(path.read_text(encoding="utf-8"), "python"), start=1)
]


def missing_names(tree: ast.Module) -> list[str]:
    """What a program imports, or takes from ``touchline``, that does not exist."""
    missing = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            missing += [f"{node.module}.{alias.name}" for alias in node.names if not hasattr(module, alias.name)]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "touchline":
            missing += [] if hasattr(touchline, node.attr) else [f"touchline.{node.attr}"]
    return missing


@pytest.mark.parametrize("code", BLOCKS)
def test_python_in_the_pages_compiles_and_its_imports_resolve(code: str) -> None:
    tree = ast.parse(code)
    compile(tree, "page", "exec")
    assert missing_names(tree) == []


def test_a_missing_name_is_found() -> None:
    code = "import touchline\nfrom touchline.core.events import Nothing\ntouchline.no_such_function()"
    assert missing_names(ast.parse(code)) == ["touchline.core.events.Nothing", "touchline.no_such_function"]


def test_pages_have_python() -> None:
    assert len(BLOCKS) > 5
    assert (DOCS / "howto" / "python.md") in SOURCES
