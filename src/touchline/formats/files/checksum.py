"""Checksums of files."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; read in blocks."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
