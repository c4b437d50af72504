"""``touchline spot``: the events of videos, of whole games, or of saved scores."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.options import verb
from touchline.cli.scores.options import SpotScoresArguments, refuse_scores_options


def _run(arguments: SpotScoresArguments, output: Output) -> int:
    """Spot the events of each video, of each game, or of saved scores."""
    if arguments.scores:
        from touchline.cli.scores.blending import blend_scores

        return blend_scores(arguments, arguments.scores, output=output)
    refuse_scores_options(arguments)
    if arguments.games is not None:
        from touchline.cli.games.spot_games import spot_games

        return spot_games(arguments, arguments.games, output=output)
    from touchline.cli.games.choice import refuse_games_options
    from touchline.cli.running import analyze_videos

    refuse_games_options(arguments)
    return analyze_videos(arguments, spotting=arguments, output=output)


command = verb(
    SpotScoresArguments,
    _run,
    about="""Spot the events of videos.

    Writes events.json, results_spotting.json (SoccerNet layout) and scores.npz into each video's bundle. With --games,
    each game also gets one results_spotting.json with both halves and every candidate, in its folder or below --out;
    a stopped run continues where it left off. With --scores, saved scores of several models are averaged instead.

    Examples:
      touchline spot match.mp4 --threshold PASS=0.6 --threshold DRIVE=0.4
      touchline spot --games SoccerNet/ --split test --out results/ --zip results.zip
    """,
)
