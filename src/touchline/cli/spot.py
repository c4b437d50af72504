"""``touchline spot``: the events of videos."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.options import SpotArguments, verb


def _run(arguments: SpotArguments, output: Output) -> int:
    """Find the events of each video."""
    from touchline.cli.batch import analyze_videos

    return analyze_videos(arguments, spotting=arguments, output=output)


command = verb(
    SpotArguments,
    _run,
    about="Find the events of videos: events.json, results_spotting.json and scores.npz in VIDEO's bundle.",
)
