"""What the tests of the documentation share: its pages as a reader sees them, and the commands of the program."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
if str(DOCS / "_ext") not in sys.path:
    sys.path.insert(0, str(DOCS / "_ext"))

PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def page(name: str) -> str:
    """A page with its generated text, by its path below ``docs``."""
    from generated_pages import expand

    return expand((DOCS / name).read_text(encoding="utf-8"))


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level; empty where there is no such heading."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def fenced(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [code for name, code in FENCE.findall(text) if name == language]


@cache
def commands() -> dict[str, frozenset[str]]:
    """Every command that can be run, in full ("touchline keeper pose"), with its options."""
    from typer.main import get_command

    from touchline.cli.main import app

    return dict(_walk(get_command(app), "touchline"))


def _walk(command: Any, name: str) -> Iterator[tuple[str, frozenset[str]]]:
    if not hasattr(command, "list_commands"):
        yield name, frozenset(option for each in command.params for option in (*each.opts, *each.secondary_opts))
        return
    for child in command.list_commands(None):
        yield from _walk(command.get_command(None, child), f"{name} {child}")
