"""``touchline track``: players, goalkeepers, officials and the ball of videos."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.options import TrackArguments, verb


def _run(arguments: TrackArguments, output: Output) -> int:
    """Follow everyone in each video."""
    from touchline.cli.batch import analyze_videos

    return analyze_videos(arguments, tracking=arguments, output=output)


command = verb(
    TrackArguments,
    _run,
    about="""Follow players, officials and the ball, each through its shot, with team and place on the pitch.

    Writes tracks.parquet and tracks.txt (MOT layout, frames from 1) into VIDEO's bundle.
    """,
)
