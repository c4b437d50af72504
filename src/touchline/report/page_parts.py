"""What every HTML page of this package is made of: its own files, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files


def static_text(name: str) -> str:
    """A file that ships with the pages."""
    return files("touchline.report").joinpath("static", name).read_text("utf-8")


def sha256_source(text: str) -> str:
    """How a content security policy names a script or style by its content, without the quotes around it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
