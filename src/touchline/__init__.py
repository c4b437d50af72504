"""touchline turns sports video into a timeline: what happened, when, who did it, how well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from touchline.core.events import Coverage, Event, Scores, Timeline, VideoInfo

__version__ = "0.1.0"

__all__ = ["Coverage", "Event", "Scores", "Timeline", "VideoInfo", "__version__"]


def __getattr__(name: str) -> Any:
    """Fetch a public value from its module when it is first asked for, so that ``touchline --help`` needs no NumPy."""
    if name not in __all__:
        raise AttributeError(f"module 'touchline' has no attribute {name!r}; it has {', '.join(__all__)}")
    from touchline.core import events as types

    return getattr(types, name)
