"""What FFmpeg's decoders write into their log about damage: the only trace of pictures that they painted over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import av

HARMLESS = (
    "mmco: unref short failure",
    "co located pocs unavailable",
    "number of reference frames",
    "no frame!",
    "sei type",
    "unknown sei",
    "invalid sei",
    "skipping invalid undecodable nalu",
    "application provided",
    "deprecated pixel format",
    "first frame is no keyframe",
    "increasing reorder buffer",
    "data partitioning",
    "unsupported",
    "not implemented",
)
"""Beginnings or parts of messages that decoders also write of healthy videos, in lower case."""
SPEAKING = ("concealing", "corrupt", "damaged", "overread", "invalid", "missing", "mismatching")
"""Words by which a message below the level of an error is about damage."""


@contextmanager
def listening() -> Iterator[list[tuple[int, str, str]]]:
    """Collect the messages that FFmpeg logs in this thread: (level, name, text), filled while the context lasts.

    FFmpeg's log is one for the process: from the first use on it is sent to Python's logging as "libav", which stays
    silent unless the program asks for it.
    """
    if av.logging.get_level() is None:
        av.logging.set_level(av.logging.INFO)
        logging.getLogger("libav").setLevel(logging.CRITICAL + 1)
    av.logging.set_skip_repeated(False)
    with av.logging.Capture() as messages:
        yield messages


def complaint(messages: list[tuple[int, str, str]]) -> str:
    """Return the first message that is about damage; empty if there is none."""
    return next((text.strip() for level, _, text in messages if _about_damage(level, text.lower())), "")


def _about_damage(level: int, text: str) -> bool:
    """Return whether a message, in lower case, is about damage."""
    if any(known in text for known in HARMLESS):
        return False
    return level <= av.logging.ERROR or any(word in text for word in SPEAKING)
