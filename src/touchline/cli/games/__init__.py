"""``touchline spot --games``: SoccerNet games from their videos to results and a submission."""
