"""Sphinx extension: put generated text where a page says ``<!-- generated: NAME -->``.

The text is made from the code while the site is built, so it cannot disagree with it. ``GENERATORS`` names each kind.
:func:`expand` needs no Sphinx: the tests use it to read a page as its reader will.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import api_reference
import catalogue
import cli_reference

GENERATORS: Mapping[str, Callable[[], str]] = {
    "cli": cli_reference.commands_page,
    "exit-codes": catalogue.exit_codes,
    "api": api_reference.api_page,
    "packages": api_reference.packages_page,
    "label-sets": catalogue.label_sets,
    "models": catalogue.models,
    "recipes": catalogue.recipes,
}
_MARK = re.compile(r"^<!-- generated: ([a-z-]+) -->$", re.MULTILINE)


def expand(text: str) -> str:
    """Replace each mark of a page by what its generator writes.

    Raises:
        ValueError: a mark names no generator.

    """

    def generate(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in GENERATORS:
            raise ValueError(f"a page asks for generated text {name!r}; there are {', '.join(GENERATORS)}")
        return GENERATORS[name]()

    return _MARK.sub(generate, text)


def setup(app: Any) -> dict[str, Any]:
    """Hook into Sphinx: pages are expanded as they are read."""
    app.connect("source-read", _on_source_read)
    app.connect("env-get-outdated", _generated_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _on_source_read(app: Any, name: str, source: list[str]) -> None:
    source[0] = expand(source[0])


def _generated_pages(app: Any, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Pages with generated text are read in every build: what they are made from lies outside ``docs``."""
    return [name for name in env.found_docs if _MARK.search(env.doc2path(name).read_text(encoding="utf-8"))]
