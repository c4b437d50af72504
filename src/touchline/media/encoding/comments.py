"""A text in a video file that says how the file was made."""

from __future__ import annotations

from pathlib import Path

from touchline.core.errors import InputError, UsageError
from touchline.media.isolation import apart
from touchline.media.source import open_media


@apart
def comment_of(path: Path) -> str:
    """Return the comment in a media file's metadata; "" if there is none, or the file cannot be read."""
    try:
        with open_media(path) as container:
            return next((value for key, value in container.metadata.items() if key.lower() == "comment"), "")
    except (InputError, UsageError):
        return ""
