"""The journal of corrections, ``corrections.jsonl`` in a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.corrections.journal import Journal as Journal
    from touchline.formats.corrections.journal import read_journal as read_journal
    from touchline.formats.corrections.writer import JournalWriter as JournalWriter
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.corrections.journal": ("Journal", "read_journal"),
            "touchline.formats.corrections.writer": ("JournalWriter",),
        },
    )
