"""Tasks side by side over the cores: threads with bounded queues between them, the same results with any number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis.threads.crew import Channel as Channel
    from touchline.analysis.threads.crew import Crew as Crew
    from touchline.analysis.threads.crew import in_thread as in_thread
    from touchline.analysis.threads.crew import leading as leading
    from touchline.analysis.threads.side_by_side import pass_on as pass_on
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.threads.crew": ("Channel", "Crew", "in_thread", "leading"),
            "touchline.analysis.threads.side_by_side": ("pass_on",),
        },
    )
