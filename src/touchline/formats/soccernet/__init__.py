"""SoccerNet's files: events as its evaluator reads them, games in folders and zips, and how to get what is missing."""
