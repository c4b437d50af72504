"""``touchline analyze``: every task on videos, with a report for each."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.options import AnalyzeArguments, verb


def _run(arguments: AnalyzeArguments, output: Output) -> int:
    """Run all tasks on each video."""
    from touchline.cli.running import analyze_videos, events_from, wants_tracks

    tracking = arguments if wants_tracks(arguments, output=output) else None
    return analyze_videos(
        arguments,
        spotting=arguments,
        tracking=tracking,
        sound=True,
        events=events_from(arguments, tracked=tracking is not None),
        clock=arguments.clock,
        report=True,
        output=output,
    )


command = verb(
    AnalyzeArguments,
    _run,
    about="""Spot events, track players and write a report.

    Each video is decoded once. Its bundle, the folder VIDEO.touchline, gets events, tracks and report.html; and the
    match clock of a broadcast, if a reader of text is installed.

    Examples:
      touchline analyze match.mp4
      touchline analyze first-half.mp4 second-half.mp4 --out results
    """,
)
