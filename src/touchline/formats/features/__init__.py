"""Feature files in SoccerNet's layout, sets of them, and published reductions."""
