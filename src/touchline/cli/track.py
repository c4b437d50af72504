"""``touchline track``: players, goalkeepers, officials and the ball of videos."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.options import TrackArguments, verb


def _run(arguments: TrackArguments, output: Output) -> int:
    """Track everyone in each video."""
    from touchline.cli.running import analyze_videos

    return analyze_videos(arguments, tracking=arguments, output=output)


command = verb(
    TrackArguments,
    _run,
    about="""Track players, officials and the ball.

    People are tracked within each camera shot, with role, team and position on the pitch. Writes tracks.parquet and
    tracks.txt (MOT layout, frames counted from 1) into each video's bundle.

    Examples:
      touchline track match.mp4 --overlay
    """,
)
