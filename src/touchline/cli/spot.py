"""``touchline spot``: the events of videos."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.options import SpotArguments, verb


def _run(arguments: SpotArguments, output: Output) -> int:
    """Spot the events of each video."""
    from touchline.cli.running import analyze_videos

    return analyze_videos(arguments, spotting=arguments, output=output)


command = verb(
    SpotArguments,
    _run,
    about="""Spot the events of videos.

    Writes events.json, results_spotting.json (SoccerNet layout) and scores.npz into each video's bundle.

    Examples:
      touchline spot match.mp4
      touchline spot match.mp4 --threshold PASS=0.6 --threshold DRIVE=0.4
    """,
)
