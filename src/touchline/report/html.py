"""How every HTML page of this package is made: from templates that escape all they are given, and its own files."""

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
    """A file of ``static/``: a style sheet or a script."""
    return _PACKAGE.joinpath("static", name).read_text("utf-8")


def render(template: str, **values: object) -> str:
    """A file of ``templates/`` filled in; every value is escaped. Text that is no Unicode is written as references."""
    text = _environment().get_template(template).render(**values)
    return text.encode("utf-8", "xmlcharrefreplace").decode("utf-8")


def policy(*, style: str, script: str, more: Sequence[str] = ()) -> Markup:
    """The content security policy of a page: this script and style, ``more``, and nothing else."""
    allowed = [
        "default-src 'none'",
        f"script-src '{_sha256_source(script)}'",
        f"style-src '{_sha256_source(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return Markup("; ".join([*allowed, *more]))


def _sha256_source(text: str) -> str:
    """How a content security policy names a script or style by its content, without the quotes around it."""
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
