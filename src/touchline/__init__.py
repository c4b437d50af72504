"""touchline turns sports video into a timeline: what happened, when, who did it, how well."""

from touchline.types import Coverage, Event, Scores, Timeline, VideoInfo

__version__ = "0.1.0"

__all__ = ["Coverage", "Event", "Scores", "Timeline", "VideoInfo", "__version__"]
