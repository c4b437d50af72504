"""A text in a video file that says how the file was made."""

from __future__ import annotations

from pathlib import Path

import av

from touchline.media.isolation import apart


@apart
def comment_of(path: Path) -> str:
    """Return the comment in a media file's metadata; "" if there is none, or the file cannot be read."""
    try:
        with av.open(str(path)) as container:
            return next((value for key, value in container.metadata.items() if key.lower() == "comment"), "")
    except (OSError, av.FFmpegError):
        return ""
