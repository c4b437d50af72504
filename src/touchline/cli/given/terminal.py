"""Text on a terminal: names and labels come from strangers, and must not move the cursor or reorder letters."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any, TextIO

_SPACES = "Zs"


def one_line(text: str) -> str:
    """Return the text with control characters, line breaks and marks of writing direction written out."""
    if text.isprintable():
        return text
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def lines(text: str) -> str:
    """As :func:`one_line`, with line feeds and tabs kept."""
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or _is_shown(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_shown(character: str) -> bool:
    """Return whether a terminal shows a character and does nothing else; spaces of every width count."""
    return character.isprintable() or unicodedata.category(character) == _SPACES


class SafeStream:
    """A text stream that writes out control characters of everything printed to it: also by libraries and tracebacks.

    Args:
        stream: the stream behind it.

    Attributes:
        stream: the stream behind it, for what moves the cursor on purpose.

    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text; return its length."""
        self.stream.write(lines(text))
        return len(text)

    def writelines(self, texts: Any) -> None:
        """Write several texts."""
        for text in texts:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        """Everything else is as the stream has it."""
        return getattr(self.stream, name)


def guard_streams() -> None:
    """Let nothing that is printed from now on reach the terminal with control characters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, SafeStream):
            setattr(sys, name, SafeStream(stream))


def raw_stderr() -> TextIO:
    """Return stderr for drawing: what is written there must be made by us, with names through :func:`one_line`."""
    stream: Any = sys.stderr
    return stream.stream if isinstance(stream, SafeStream) else stream
