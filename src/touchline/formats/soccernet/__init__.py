"""SoccerNet's label files, result files, folders and zips."""
