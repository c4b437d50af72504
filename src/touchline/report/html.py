"""Rendering of every HTML page of this package, from templates with autoescape and from its static files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

_PACKAGE = files("touchline.report")


def static_text(name: str) -> str:
    """Read a style sheet or script from ``static/``."""
    return _PACKAGE.joinpath("static", name).read_text("utf-8")


def render(template: str, **values: object) -> str:
    """Render a file of ``templates/``; every value is escaped, and characters not valid in UTF-8 become references."""
    text = _environment().get_template(template).render(**values)
    return text.encode("utf-8", "xmlcharrefreplace").decode("utf-8")


PAGE_MARKS = ('<meta name="generator" content="touchline">', "content=\"default-src 'none'")
"""Texts, one of which is in the head of every page made here."""


def policy(*, style: str, script: str, more: Sequence[str] = ()) -> Markup:
    """Return the content security policy of a page: it allows this script and style, ``more``, and nothing else."""
    allowed = [
        "default-src 'none'",
        f"script-src '{inline_source(script)}'",
        f"style-src '{inline_source(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return Markup("; ".join([*allowed, *more]))


def inline_source(text: str) -> str:
    """Return the content security policy's hash of a script or style, without the surrounding quotes."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _template(name: str) -> str | None:
    path = _PACKAGE.joinpath("templates", *name.split("/"))
    return path.read_text("utf-8") if path.is_file() else None
